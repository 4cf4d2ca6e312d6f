import { z } from "zod";
import { settingsSchema, type Settings } from "./schema.ts";

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
 * @throws Error that lists everything wrong in every key at once. Values are not quoted, but for the names of clusters.
 */
export function parseSettings({ stack, values, secretKeys }: StackConfig): Settings {
  const result = settingsSchema.safeParse(Object.fromEntries([...values].map(([key, text]) => [key, parsedValue(text)])));
  const misplaced = [...secretKeys].filter((key) => Object.hasOwn(settingsSchema.shape, key));
  const problems = [
    ...(result.success ? [] : [z.prettifyError(result.error)]),
    // Pulumi decrypts a secret inside a plain object without a warning, and it would end up in outputs and logs.
    ...misplaced.map((key) => `✖ a secret value inside the key ${key}, which is not secret\n  → at ${key}`),
  ];
  if (!result.success || problems.length > 0) {
    throw new Error(`Pulumi.${stack}.yaml has wrong values under postgres-recovery:\n${problems.join("\n")}`);
  }
  return result.data;
}


/** Pulumi hands objects and lists over as JSON, everything else as plain text. */
function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
