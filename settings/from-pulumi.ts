import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { z } from "zod";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import type { DatabaseKeys } from "../domain/aws/access-keys.ts";
import type { Settings } from "./schema.ts";
import { parseSettings } from "./settings.ts";

/** The settings. Their secret part is a Pulumi secret: encrypted in the state, masked in the output. */
export type PulumiSettings = Omit<Settings, "harborSecrets"> & { readonly harborSecrets: pulumi.Output<DatabaseKeys> };

/**
 * The settings of the stack that Pulumi is running.
 *
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, that lists everything wrong at once.
 */
export function settingsFromPulumi(): PulumiSettings {
  const prefix = `${pulumi.getProject()}:`;
  // The SDK has no public function that says which keys hold secrets. The language host passes the list in this variable.
  const secretKeys = z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
  const ownKeys = (keys: readonly string[]): string[] =>
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const config = allConfig();
  try {
    const { harborSecrets = {}, ...plain } = parseSettings({
      stack: pulumi.getStack(),
      values: new Map(ownKeys(Object.keys(config)).map((key) => [key, config[prefix + key] ?? ""])),
      secretKeys: new Set(ownKeys(secretKeys)),
    });
    return { ...plain, harborSecrets: pulumi.secret(harborSecrets) };
  } catch (error) {
    const code = error instanceof RecoveryError ? `[${error.code}] ` : "";
    throw new pulumi.RunError(`${code}${messageOf(error)}`);
  }
}
