import { z } from "zod";
import { RecoveryError } from "../errors.ts";
import { parsed } from "./reading.ts";
import type { RelatedResource } from "./resource.ts";
import { redacted } from "./unknown-value.ts";

const resourceSchema = z.object({
  urn: z.string(),
  type: z.string(),
  /** Set while a replaced resource waits to be deleted. */
  delete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).default({}),
  outputs: z.record(z.string(), z.unknown()).default({}),
  dependencies: z.array(z.string()).nullish(),
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullable()).nullish(),
  /** In seconds. */
  customTimeouts: z.object({ create: z.number().optional() }).nullish(),
});
const exportedSchema = z.object({
  deployment: z.object({ resources: z.array(resourceSchema).nullish() }),
});
type StateResource = z.infer<typeof resourceSchema>;

/**
 * The resources of an exported state, with their inputs, commands also with their report, and the stack itself with its
 * outputs. What is encrypted counts as not known.
 *
 * @param exported what `pulumi stack export` has written, parsed.
 * @throws RecoveryError `stack-unreadable` when it is something else.
 */
export function resourcesOfState(exported: unknown): RelatedResource[] {
  const { data } = exportedSchema.safeParse(exported);
  if (data === undefined) {
    throw new RecoveryError("stack-unreadable", "the file is not what `pulumi stack export` writes", {
      next: "export the state: pulumi stack export --stack NAME --file FILE",
    });
  }
  const kept = (data.deployment.resources ?? []).filter((resource) => resource.delete !== true);
  const byUrn = new Map(kept.map((resource) => [resource.urn, { ...plainResource(resource), ...noRelations() }]));
  const named = (urns: readonly string[]): RelatedResource[] => urns.flatMap((urn) => byUrn.get(urn) ?? []);
  for (const { dependencies, propertyDependencies, urn } of kept) {
    const resource = byUrn.get(urn);
    resource?.dependencies.push(...named(dependencies ?? []));
    for (const [property, urns] of Object.entries(propertyDependencies ?? {}))
      if (resource !== undefined) resource.propertyDependencies[property] = named(urns ?? []);
  }
  return [...byUrn.values()];
}

function plainResource({ customTimeouts, inputs, outputs, type, urn }: StateResource) {
  const report = "stdout" in outputs ? { stdout: outputs["stdout"] } : {};
  // The state marks secret outputs of the stack. They are encrypted, so they are nobody's to read.
  const values = type === rootStack ? withoutSecrets(outputs) : { ...inputs, ...report };
  return {
    type,
    urn,
    name: urn.slice(urn.lastIndexOf("::") + 2),
    props: z.record(z.string(), z.unknown()).parse(withoutMarks(values)),
    opts: { customTimeouts: { createSeconds: customTimeouts?.create ?? 0 } },
  };
}

function noRelations(): { dependencies: RelatedResource[]; propertyDependencies: Record<string, RelatedResource[]> } {
  return { dependencies: [], propertyDependencies: {} };
}

const rootStack = "pulumi:pulumi:Stack";

/** Pulumi's mark of an object that is not what it looks like, and the mark of a secret (pulumi sdk/go/common/resource/sig). */
const mark = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";
const markedSecret = z.object({ [mark]: z.literal(secretMark), plaintext: z.string().optional() });

/** The same without what is marked as a secret. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  if (markedSecret.safeParse(value).success) return null;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each)]));
}

/** Secrets as their values where the state has them in plain text, else as {@link redacted}. */
function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== "object" || value === null) return value;
  const secret = markedSecret.safeParse(value).data;
  if (secret !== undefined) return secret.plaintext === undefined ? redacted : withoutMarks(parsed(secret.plaintext));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMarks(each)]));
}
