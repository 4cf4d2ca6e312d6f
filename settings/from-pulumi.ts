import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { z } from "zod";
import type { DatabaseKeys } from "../domain/aws/access-keys.ts";
import type { Settings } from "./schema.ts";
import { parseSettings, SettingsError, type PlaceOf, type StackConfig } from "./settings.ts";

/** The settings. Their secret part is a Pulumi secret: encrypted in the state, masked in the output. */
export type PulumiSettings = Omit<Settings, "harborSecrets"> & { readonly harborSecrets: pulumi.Output<DatabaseKeys> };

/**
 * The settings of the stack that Pulumi is running.
 *
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, that lists everything wrong at once.
 */
export async function settingsFromPulumi(): Promise<PulumiSettings> {
  const config = stackConfig();
  try {
    const { harborSecrets = {}, ...plain } = parseSettings(config);
    return { ...plain, harborSecrets: pulumi.secret(harborSecrets) };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new pulumi.RunError(`[${error.code}] ${error.textWithPlaces(await placeOf(config))}`);
  }
}

function stackConfig(): StackConfig {
  const prefix = `${pulumi.getProject()}:`;
  // The SDK has no public function that says which keys hold secrets. The language host passes the list in this variable.
  const secretKeys = z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
  const ownKeys = (keys: readonly string[]): string[] =>
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const config = allConfig();
  return {
    stack: pulumi.getStack(),
    values: new Map(ownKeys(Object.keys(config)).map((key) => [key, config[prefix + key] ?? ""])),
    secretKeys: new Set(ownKeys(secretKeys)),
    otherKeys: Object.keys(config).filter((key) => !key.startsWith(prefix)),
  };
}

async function placeOf({ stack, values }: StackConfig): Promise<PlaceOf> {
  const name = `Pulumi.${stack}.yaml`;
  const text = await readFile(name, "utf8").catch(() => undefined);
  if (text === undefined) return () => undefined;
  // Loaded only for an error: it takes as long as a tenth of a preview.
  const { placesIn, readStackFile } = await import("./stack-file.ts");
  return placesIn(readStackFile(text, pulumi.getProject()), { name, values });
}
