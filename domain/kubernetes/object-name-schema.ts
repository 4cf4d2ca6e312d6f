import { z } from "zod";
import { formatObjectName, objectNamePattern, parseObjectName, type ObjectName } from "./object-name.ts";

// Separate from object-name.ts, so that `--help` does not load zod.

/** The parsed name of a cluster: the output of {@link clusterNameSchema}. */
export const objectNameSchema = z.object({ namespace: z.string(), name: z.string() }).readonly();

/** The name of a cluster: `NAMESPACE/NAME` in JSON and YAML, an {@link ObjectName} in the code. */
export function clusterNameSchema(form: "NAMESPACE/CLUSTER" | "NAMESPACE/NAME") {
  const problem = `must be ${form}, each of a-z, 0-9 and -, at most 63 characters`;
  return z.codec(z.string().regex(objectNamePattern, problem), objectNameSchema, {
    decode: (text, context): ObjectName => {
      const name = parseObjectName(text);
      if (name !== undefined) return name;
      context.issues.push({ code: "custom", input: text, message: problem });
      return z.NEVER;
    },
    encode: formatObjectName,
  });
}
