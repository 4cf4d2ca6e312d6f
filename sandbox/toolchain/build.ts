import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { runCommand } from "../host/command.ts";
import { withLock } from "../host/lock.ts";

/** How one tool is built. */
export interface Recipe {
  /** The folder of its Go module beside this file. */
  module: string;
  /** The arguments of `go build`, without the output. */
  arguments: string[];
  /** Folders of the module whose own source is part of the tool. */
  sources: string[];
  /** How long the first build takes with two cores. */
  coldBuild: string;
  /** Files from Go modules that the tool needs beside it. */
  assets?: Asset[];
}

/** A file from a Go module that the tool's own module requires. It is stored beside the tool under its base name. */
interface Asset {
  module: string;
  file: string;
}

const heartbeatMilliseconds = 30_000;
const buildEnvironment = { CGO_ENABLED: "0", GOTOOLCHAIN: "local" };

/** The path of the tool in the cache. Builds it there if necessary. */
export async function buildTool(
  tool: string,
  recipe: Recipe,
  cache: string,
  progress: (line: string) => void,
): Promise<string> {
  const module = join(import.meta.dirname, recipe.module);
  const goVersion = await checkedGoVersion(tool, module);
  const folder = join(cache, `${tool}-${contentKey(module, recipe, goVersion)}`);
  const path = join(folder, tool);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  await withLock(join(folder, "lock"), `the build of ${tool}`, progress, async () => {
    // Another run may have built the tool while this one waited.
    if (!existsSync(path)) await build(tool, recipe, module, path, progress);
  });
  return path;
}

async function build(
  tool: string,
  recipe: Recipe,
  module: string,
  path: string,
  progress: (line: string) => void,
): Promise<void> {
  const start = Date.now();
  progress(`building ${tool}: about ${recipe.coldBuild} the first time`);
  const heartbeat = setInterval(() => {
    progress(`still building ${tool}: ${duration(start)}`);
  }, heartbeatMilliseconds);
  const partial = `${path}.${process.pid}.partial`;
  try {
    // Before the tool, so that all of them exist if the tool does.
    for (const asset of recipe.assets ?? []) await placeAsset(asset, module, dirname(path));
    await runCommand("go", ["build", "-trimpath", "-o", partial, ...recipe.arguments], {
      cwd: module,
      env: buildEnvironment,
    });
    renameSync(partial, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`building ${tool} failed after ${duration(start)}: ${reason}`, { cause: error });
  } finally {
    clearInterval(heartbeat);
    rmSync(partial, { force: true });
  }
  progress(`built ${tool} in ${duration(start)}`);
}

const downloaded = z.object({ Dir: z.string() });

async function placeAsset(asset: Asset, module: string, folder: string): Promise<void> {
  // Uses the version in go.mod and verifies it against go.sum.
  const { stdout } = await execa("go", ["mod", "download", "-json", asset.module], {
    cwd: module,
    env: buildEnvironment,
  });
  const { Dir } = downloaded.parse(JSON.parse(stdout));
  writeFileSync(join(folder, basename(asset.file)), readFileSync(join(Dir, asset.file)));
}

async function checkedGoVersion(tool: string, module: string): Promise<string> {
  const needed = /^go (\S+)$/m.exec(readFileSync(join(module, "go.mod"), "utf8"))?.[1] ?? "1";
  const get = `${tool} is built from source with Go ${needed} or newer: install it from https://go.dev/dl/ and put its bin folder on PATH`;
  // Runs outside the module, because inside it an older Go fails with its own message.
  const { stdout, exitCode } = await execa("go", ["env", "GOVERSION"], {
    reject: false,
    cwd: "/",
    env: buildEnvironment,
  });
  if (exitCode !== 0) throw new Error(`Go is missing. ${get}`);
  const found = stdout.replace(/^go/, "");
  if (found.localeCompare(needed, "en", { numeric: true }) < 0) throw new Error(`Go ${found} is too old. ${get}`);
  return stdout;
}

/** Changes with everything that the tool depends on: modules, own source, build command and compiler. */
function contentKey(module: string, recipe: Recipe, goVersion: string): string {
  const sources = recipe.sources.flatMap((folder) =>
    readdirSync(join(module, folder)).map((file) => join(folder, file)),
  );
  const hash = createHash("sha256");
  const assets = (recipe.assets ?? []).map((asset) => `${asset.module}/${asset.file}`);
  for (const part of [goVersion, process.arch, ...recipe.arguments, ...assets]) hash.update(`${part}\0`);
  for (const file of ["go.mod", "go.sum", ...sources.sort()])
    hash.update(`${file}\0`).update(readFileSync(join(module, file)));
  return hash.digest("hex").slice(0, 16);
}

function duration(start: number): string {
  const seconds = Math.round((Date.now() - start) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
