import { existsSync } from "node:fs";
import { join } from "node:path";

/** The plugins of Pulumi that the sandbox has stand-ins for, and that the vendor's own programs can replace. */
export type ReplaceablePlugin = "command-provider" | "language-host";

const variables: Record<ReplaceablePlugin, string> = {
  "command-provider": "POSTGRES_RECOVERY_COMMAND_PROVIDER",
  "language-host": "POSTGRES_RECOVERY_LANGUAGE_HOST",
};

/**
 * Path of the vendor's own `pulumi-resource-command` or `pulumi-language-nodejs`, if a variable names it.
 *
 * @throws if there is no such file.
 */
export function vendorsPlugin(plugin: ReplaceablePlugin): string | undefined {
  const variable = variables[plugin];
  const path = process.env[variable] ?? "";
  if (path === "") return undefined;
  if (!existsSync(path)) throw new Error(`${variable} names ${path}, which does not exist`);
  return path;
}

/** The command that starts the plugin: the vendor's own program, or else the stand-in, which the given Node runs. */
export function pluginCommand(plugin: ReplaceablePlugin, node: string): [string, ...string[]] {
  const vendors = vendorsPlugin(plugin);
  return vendors === undefined ? [node, join(import.meta.dirname, `${plugin}.ts`)] : [vendors];
}
