import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { z } from "zod";
import { messageOf } from "../domain/errors.ts";
import type { Settings } from "./schema.ts";
import { parseSettings } from "./settings.ts";

/**
 * The settings of the stack that Pulumi is running.
 *
 * @throws pulumi.RunError, which Pulumi prints without a stack trace, that lists everything wrong at once.
 */
export function settingsFromPulumi(): Settings {
  const prefix = `${pulumi.getProject()}:`;
  // The SDK has no public way to ask which keys hold secrets; the language host hands the list over in this variable.
  const secretKeys = z.array(z.string()).parse(JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]"));
  const ownKeys = (keys: readonly string[]): string[] =>
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const config = allConfig();
  try {
    return parseSettings({
      stack: pulumi.getStack(),
      values: new Map(ownKeys(Object.keys(config)).map((key) => [key, config[prefix + key] ?? ""])),
      secretKeys: new Set(ownKeys(secretKeys)),
    });
  } catch (error) {
    throw new pulumi.RunError(messageOf(error));
  }
}
