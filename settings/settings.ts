import { z } from "zod";
import { RecoveryError } from "../domain/errors.ts";
import { objectNamePattern } from "../domain/kubernetes/object-name.ts";
import { explainIssue, problemText } from "../domain/problems.ts";
import { secretKeys as secretKeysOfSchema, settingsSchema, type Settings } from "./schema.ts";

/** A stack's configuration values of this project: key without the project's name, and the raw text that Pulumi holds. */
export interface StackConfig {
  readonly stack: string;
  readonly values: ReadonlyMap<string, string>;
  /** Keys that hold a `secure:` value anywhere. */
  readonly secretKeys: ReadonlySet<string>;
}

/**
 * The typed settings of a stack, with every default filled in.
 *
 * @throws RecoveryError that lists everything wrong in every key at once. It quotes no values except the names of clusters.
 */
export function parseSettings({ stack, values, secretKeys }: StackConfig): Settings {
  const raw = Object.fromEntries([...values].map(([key, text]) => [key, parsedValue(text)]));
  const result = settingsSchema.safeParse(raw, { error: explainIssue });
  const problems = [
    ...(result.success ? [] : [problemText(result.error, (path) => clusterAt(raw, path))]),
    ...misplacedSecrets([...values.keys()], secretKeys),
    ...missingSecrets(raw),
  ];
  if (!result.success || problems.length > 0) {
    throw new RecoveryError(
      "settings-invalid",
      `Pulumi.${stack}.yaml has wrong values under postgres-recovery:\n${problems.join("\n")}`,
    );
  }
  return result.data;
}

const targetsOf = z.looseObject({ stanza: z.looseObject({ targets: z.array(z.unknown()) }) });
const targetCluster = z.looseObject({ cluster: z.string().regex(objectNamePattern) });

/** The cluster of the target that a path leads into; undefined when it leads elsewhere, or when the target names none. */
function clusterAt(raw: unknown, [key, list, index]: readonly PropertyKey[]): string | undefined {
  if (key !== "stanza" || list !== "targets" || typeof index !== "number") return undefined;
  const target = targetsOf.safeParse(raw).data?.stanza.targets[index];
  return targetCluster.safeParse(target).data?.cluster;
}

function misplacedSecrets(keys: readonly string[], secretKeys: ReadonlySet<string>): string[] {
  return keys
    .filter(
      (key) => Object.hasOwn(settingsSchema.shape, key) && secretKeys.has(key) !== secretKeysOfSchema.includes(key),
    )
    .map((key) =>
      secretKeys.has(key)
        ? // Pulumi decrypts a secret inside a plain object without a warning, and it would end up in outputs and logs.
          `✖ a secret value inside the key ${key}, which is not secret\n  → at ${key}`
        : `✖ the key ${key} holds secrets in plain text: set it with \`pulumi config set --secret\`\n  → at ${key}`,
    );
}

const withCredentials = z.looseObject({ credentials: z.unknown() }).optional().catch(undefined);
const credentialsOf = z.looseObject({ backup: withCredentials, restore: withCredentials }).optional().catch(undefined);
const keysOf = z.looseObject({ backup: z.unknown(), restore: z.unknown() }).partial().optional().catch(undefined);

/** Problems where credentials are `secret` but no keys are given. Only their presence is checked. */
function missingSecrets(raw: Readonly<Record<string, unknown>>): string[] {
  const harbor = credentialsOf.parse(raw["harbor"]);
  const keys = keysOf.parse(raw["harborSecrets"]);
  return (["backup", "restore"] as const)
    .filter((use) => harbor?.[use]?.credentials === "secret" && keys?.[use] === undefined)
    .map((use) => `✖ must be given, because harbor.${use}.credentials is secret\n  → at harborSecrets.${use}`);
}

/** Pulumi passes objects and lists as JSON, and everything else as plain text. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
