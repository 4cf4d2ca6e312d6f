import { z } from "zod";
import { RecoveryError } from "../domain/errors.ts";
import { objectNamePattern } from "../domain/kubernetes/object-name.ts";
import { explainIssue, missing, oneProblemText, problemsIn, type SchemaProblem } from "../domain/problems.ts";
import { secretKeys as secretKeysOfSchema, settingsSchema, type Settings } from "./schema.ts";

/** A stack's configuration values of this project: key without the project's name, and the raw text that Pulumi holds. */
export interface StackConfig {
  readonly stack: string;
  readonly values: ReadonlyMap<string, string>;
  /** Keys that hold a `secure:` value anywhere. */
  readonly secretKeys: ReadonlySet<string>;
  /** Keys of other projects and of providers, with their prefix. Default: none. */
  readonly otherKeys?: readonly string[];
  /** Paths of encrypted values, about whose content nothing is said. Default: none; Pulumi passes on decrypted values. */
  readonly encrypted?: readonly (readonly PropertyKey[])[];
}

/** One thing that is wrong in a stack's settings. */
export interface SettingsProblem extends SchemaProblem {
  /** The cluster of the target that is meant; absent elsewhere. */
  readonly cluster?: string | undefined;
  /** Whether a required value is missing. */
  readonly isMissing: boolean;
}

/** Settings that cannot be used, with everything that is wrong with them. It quotes no values except the names of clusters. */
export class SettingsError extends RecoveryError {
  readonly #stack: string;
  readonly problems: readonly SettingsProblem[];

  constructor(stack: string, problems: readonly SettingsProblem[]) {
    super(
      "settings-invalid",
      settingsText(stack, problems, () => undefined),
    );
    this.#stack = stack;
    this.problems = problems;
  }

  /** The same text, in which each problem also has its place in the stack file. */
  textWithPlaces(placeOf: PlaceOf): string {
    return settingsText(this.#stack, this.problems, placeOf);
  }
}

/** Where a problem is in the stack file, such as `Pulumi.dev.yaml:9:5`; undefined when that is not known. */
export type PlaceOf = (problem: SettingsProblem) => string | undefined;

function settingsText(stack: string, problems: readonly SettingsProblem[], placeOf: PlaceOf): string {
  const texts = problems.map((problem) =>
    oneProblemText(problem, { cluster: problem.cluster, place: placeOf(problem) }),
  );
  return `Pulumi.${stack}.yaml has wrong values under postgres-recovery:\n${texts.join("\n")}`;
}

/**
 * The typed settings of a stack, with every default filled in.
 *
 * @throws SettingsError that lists everything wrong in every key at once.
 */
export function parseSettings(config: StackConfig): Settings {
  const { problems, settings } = checkSettings(config);
  if (settings === undefined || problems.length > 0) throw new SettingsError(config.stack, problems);
  return settings;
}

/** Everything that is wrong with the settings of a stack. The settings are absent when the schema refuses them. */
export function checkSettings({ values, secretKeys, otherKeys = [], encrypted = [] }: StackConfig): {
  readonly settings: Settings | undefined;
  readonly problems: readonly SettingsProblem[];
} {
  const raw = Object.fromEntries([...values].map(([key, text]) => [key, parsedValue(text)]));
  const result = settingsSchema.safeParse(raw, { error: explainIssue });
  const inContent = [...(result.success ? [] : problemsIn(result.error)), ...missingSecrets(raw)];
  const problems = [
    ...inContent.filter(({ path }) => !encrypted.some((hidden) => hidden.every((part, index) => part === path[index]))),
    ...misplacedSecrets([...values.keys()], secretKeys),
    ...mistakenPrefixes(otherKeys),
  ];
  return {
    settings: result.data,
    problems: problems.map((problem) => ({
      ...problem,
      cluster: clusterAt(raw, problem.path),
      isMissing: problem.message === missing,
    })),
  };
}

const targetsOf = z.looseObject({ stanza: z.looseObject({ targets: z.array(z.unknown()) }) });
const targetCluster = z.looseObject({ cluster: z.string().regex(objectNamePattern) });

/** The cluster of the target that a path leads into; undefined when it leads elsewhere, or when the target names none. */
function clusterAt(raw: unknown, [key, list, index]: readonly PropertyKey[]): string | undefined {
  if (key !== "stanza" || list !== "targets" || typeof index !== "number") return undefined;
  const target = targetsOf.safeParse(raw).data?.stanza.targets[index];
  return targetCluster.safeParse(target).data?.cluster;
}

function misplacedSecrets(keys: readonly string[], secretKeys: ReadonlySet<string>): SchemaProblem[] {
  return keys
    .filter(
      (key) => Object.hasOwn(settingsSchema.shape, key) && secretKeys.has(key) !== secretKeysOfSchema.includes(key),
    )
    .map((key) => ({
      path: [key],
      message: secretKeys.has(key)
        ? // Pulumi decrypts a secret inside a plain object without a warning, and it would end up in outputs and logs.
          `a secret value inside the key ${key}, which is not secret`
        : `the key ${key} holds secrets in plain text: set it with \`pulumi config set --secret\``,
    }));
}

const withCredentials = z.looseObject({ credentials: z.unknown() }).optional().catch(undefined);
const credentialsOf = z.looseObject({ backup: withCredentials, restore: withCredentials }).optional().catch(undefined);
const keysOf = z.looseObject({ backup: z.unknown(), restore: z.unknown() }).partial().optional().catch(undefined);

/** Problems where credentials are `secret` but no keys are given. Only their presence is checked. */
function missingSecrets(raw: Readonly<Record<string, unknown>>): SchemaProblem[] {
  const harbor = credentialsOf.parse(raw["harbor"]);
  const keys = keysOf.parse(raw["harborSecrets"]);
  return (["backup", "restore"] as const)
    .filter((use) => harbor?.[use]?.credentials === "secret" && keys?.[use] === undefined)
    .map((use) => ({
      path: ["harborSecrets", use],
      message: `must be given, because harbor.${use}.credentials is secret`,
    }));
}

/** Keys that Pulumi gives to no one, because their prefix is not the project's name. */
function mistakenPrefixes(otherKeys: readonly string[]): SchemaProblem[] {
  return otherKeys.flatMap((key) => {
    const name = key.slice(key.lastIndexOf(":") + 1);
    if (!Object.hasOwn(settingsSchema.shape, name)) return [];
    const message = `the key ${key} is not read: its prefix must be the project's name, such as postgres-recovery:${name}`;
    return [{ path: [], key, message }];
  });
}

/** Pulumi passes objects and lists as JSON, and everything else as plain text. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
