import { z } from "zod";
import { RecoveryError } from "../errors.ts";

/** What a list of stanzas needs to know of a stack. */
export interface StackTargets {
  readonly stack: string;
  readonly context: string;
  readonly kubeconfig?: string | undefined;
  /** The targets, also those on hold, as NAMESPACE/CLUSTER. */
  readonly targets: readonly string[];
}

const value = <T extends z.ZodType>(schema: T) => z.object({ objectValue: schema });
const configSchema = z.object({
  kubernetes: value(z.object({ context: z.string(), kubeconfig: z.string().optional() })),
  stanza: value(z.object({ targets: z.array(z.object({ cluster: z.string() })).default([]) })).prefault({
    objectValue: {},
  }),
});

/**
 * The targets in what `pulumi config --json` prints.
 *
 * @throws RecoveryError `usage` when it is not the configuration of this project.
 */
export function stackTargets(stack: string, config: unknown): StackTargets {
  const keys = z.record(z.string(), z.unknown()).catch({}).parse(config);
  // The prefix of a key is the name of the project.
  const plain = Object.fromEntries(Object.entries(keys).map(([key, each]) => [key.slice(key.indexOf(":") + 1), each]));
  const { data } = configSchema.safeParse(plain);
  if (data === undefined) {
    throw new RecoveryError("stack-unreadable", `Pulumi.${stack}.yaml does not have the settings of this project`, {
      next: `see what is wrong: pulumi preview --stack ${stack}`,
    });
  }
  const { kubernetes, stanza } = data;
  return { stack, ...kubernetes.objectValue, targets: stanza.objectValue.targets.map(({ cluster }) => cluster) };
}
