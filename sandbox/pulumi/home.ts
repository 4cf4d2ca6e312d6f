import { copyFile, link, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { pluginCommand } from "./plugins.ts";
import { pulumiVersions } from "./versions.ts";

/** Matches the `encryptionsalt` of the checked-in stack files. Not a secret, because it protects only the sandbox. */
const sandboxPassphrase = "sandbox";

export interface PulumiHomeOptions {
  /** The folder that becomes PULUMI_HOME; created if it is missing. */
  home: string;
  /** The engine's binary. */
  pulumi: string;
  /** The Node binary that runs the stand-ins and the programs. */
  node: string;
}

/**
 * Creates a PULUMI_HOME in which the npm package `pulumi` finds the engine, and the engine finds the language host and the
 * providers, all without a download: stand-ins, or the vendor's own programs where variables name them (plugins.ts). Calling it again repairs the folder and keeps the state.
 *
 * @returns the environment in which `npx pulumi` uses that folder.
 */
export async function layPulumiHome(options: PulumiHomeOptions): Promise<Record<string, string>> {
  const { home, pulumi, node } = options;
  const programs = join(home, "versions", pulumiVersions.engine, "bin");
  const state = join(home, "state");
  await mkdir(state, { recursive: true });
  await placeEngine(pulumi, join(programs, "pulumi"));
  await placeLauncher(join(programs, "pulumi-language-nodejs"), pluginCommand("language-host", node));
  await installProvider(home, {
    name: "command",
    version: pulumiVersions.command,
    command: pluginCommand("command-provider", node),
  });
  await installProvider(home, {
    name: "aws",
    version: pulumiVersions.aws,
    command: [node, join(import.meta.dirname, "aws-provider.ts")],
  });
  return {
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: pathToFileURL(state).href,
    PULUMI_CONFIG_PASSPHRASE: sandboxPassphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Otherwise the engine would prefer a vendor's plugin on PATH to a stand-in, with a warning.
    PULUMI_IGNORE_AMBIENT_PLUGINS: "true",
  };
}

/** A resource provider, and the command that runs it. */
export interface Provider {
  name: string;
  /** The npm package's version, by which the engine looks for the provider. */
  version: string;
  command: [string, ...string[]];
}

/** Puts a provider where the engine looks for it. It stays there when {@link layPulumiHome} runs again. */
export async function installProvider(home: string, { name, version, command }: Provider): Promise<void> {
  await placeLauncher(join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`), command);
}

/** Places a hard link or a copy. With a symbolic link, the engine would look for the language host beside the link's target. */
async function placeEngine(source: string, target: string): Promise<void> {
  if (await upToDate(source, target)) return;
  await place(target, async (partial) => {
    await link(source, partial).catch(() => copyFile(source, partial));
  });
}

async function placeLauncher(target: string, command: [string, ...string[]]): Promise<void> {
  const text = `#!/bin/sh\nexec ${command.map(shellQuoted).join(" ")} "$@"\n`;
  await place(target, (partial) => writeFile(partial, text, { mode: 0o755 }));
}

/** Writes the file completely or not at all, and never into a file that a running process has open. */
async function place(target: string, write: (partial: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const partial = join(dirname(target), `.${basename(target)}.partial`);
  await rm(partial, { force: true });
  await write(partial);
  await rename(partial, target);
}

async function upToDate(source: string, target: string): Promise<boolean> {
  const [wanted, present] = await Promise.all([stat(source), stat(target).catch(() => undefined)]);
  return present?.size === wanted.size && present.mtimeMs >= wanted.mtimeMs;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
