import { z } from "zod";
import { secretKeys, settingsSchema } from "./schema.ts";

/**
 * The JSON Schema of a stack file, for editors: the keys of this project, and anything for other keys.
 * `npm run docs` writes it to settings/stack.schema.json.
 */
export function stackFileSchema(): Record<string, unknown> {
  const properties = Object.fromEntries(
    Object.entries(settingsSchema.shape).map(([key, schema]) => {
      // In the file a secret is Pulumi's ciphertext, whole or leaf by leaf.
      if (secretKeys.includes(key))
        return [`postgres-recovery:${key}`, { type: "object", description: schema.description ?? "" }];
      const jsonSchema = Object.entries(z.toJSONSchema(schema, { io: "input" })).filter(
        ([keyword]) => keyword !== "$schema",
      );
      return [`postgres-recovery:${key}`, Object.fromEntries(jsonSchema)];
    }),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Stack file of postgres-recovery",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties,
        required: ["postgres-recovery:kubernetes"],
        patternProperties: { "^(?!postgres-recovery:)": {} },
        additionalProperties: false,
      },
    },
    required: ["config"],
  };
}
