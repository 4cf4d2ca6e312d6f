import { existsSync } from "node:fs";
import { chmod, copyFile, link, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { ensurePostgres12 } from "./postgres.ts";

/** The programs of Spilo's container, in a folder that the databases' user may read. The checkout and the cache may be root's alone. */
export interface SpiloPrograms {
  /** The folder with `wal-g`, the stand-in. */
  readonly walg: string;
  /** The folder with `initdb`, `pg_ctl` and `postgres` of PostgreSQL 12. */
  readonly postgres: string;
}

/** Puts the programs into the folder unless they are there already. */
export async function installSpiloPrograms(folder: string, progress: (line: string) => void): Promise<SpiloPrograms> {
  const walg = join(folder, "bin");
  const postgres = join(folder, "postgres-12", "bin");
  if (!existsSync(postgres)) {
    const installed = await ensurePostgres12(progress);
    await mkdir(walg, { recursive: true });
    for (const path of [folder, walg]) await chmod(path, 0o755);
    await Promise.all([installWalg(walg), linkTree(dirname(installed), dirname(postgres))]);
  }
  return { walg, postgres };
}

async function installWalg(folder: string): Promise<void> {
  const node = join(folder, "node");
  const bundle = join(folder, "wal-g.mjs");
  await rm(node, { force: true });
  // A link costs nothing, but works only within one file system.
  await link(process.execPath, node).catch(() => copyFile(process.execPath, node));
  await build({
    entryPoints: [join(import.meta.dirname, "..", "walg", "main.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    // Some packages still call require().
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  await chmod(bundle, 0o644);
  const program = join(folder, "wal-g");
  await writeFile(program, `#!/bin/sh\nexec '${node}' '${bundle}' "$@"\n`);
  await chmod(program, 0o755);
}

async function linkTree(from: string, to: string): Promise<void> {
  const copied = await execa("cp", ["-al", from, to], { reject: false });
  if (!copied.failed) return;
  await rm(to, { recursive: true, force: true });
  await execa("cp", ["-a", from, to]);
}
