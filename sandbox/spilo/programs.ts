import { existsSync } from "node:fs";
import { chmod, copyFile, link, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { createFile, createFolder, type Account } from "../host/account.ts";
import { postgresBin } from "../host/packages.ts";
import type { Envdir } from "./envdir.ts";
import { ensurePostgres12 } from "./postgres.ts";

/** The programs of Spilo's container, in a folder that the databases' user may read. The checkout and the cache may be root's alone. */
export interface SpiloPrograms {
  /** The folder with the stand-ins for `wal-g`, `envdir` and Spilo's scripts. */
  readonly bin: string;
  /** The folder with `initdb`, `pg_ctl` and `postgres` of PostgreSQL 12, and Debian's newer programs for what else Patroni runs. */
  readonly postgres: string;
}

/** PostgreSQL 15's programs that work with a server of version 12. Its `pg_rewind` and `pg_waldump` do not. */
const newerPrograms = ["pg_basebackup", "pg_controldata", "pg_dump", "pg_dumpall", "pg_isready", "psql"];

/** Puts the programs into the folder unless they are there already. */
export async function installSpiloPrograms(folder: string, progress: (line: string) => void): Promise<SpiloPrograms> {
  const bin = join(folder, "bin");
  const postgres = join(folder, "postgres-12", "bin");
  const complete = join(folder, "complete");
  if (!existsSync(complete)) {
    const installed = await ensurePostgres12(progress);
    await mkdir(bin, { recursive: true });
    for (const path of [folder, bin]) await chmod(path, 0o755);
    await Promise.all([installStandIns(bin), linkTree(dirname(installed), dirname(postgres))]);
    await Promise.all(newerPrograms.map((name) => symlink(join(postgresBin, name), join(postgres, name))));
    await writeFile(complete, "");
  }
  return { bin, postgres };
}

async function installStandIns(folder: string): Promise<void> {
  const node = join(folder, "node");
  await rm(node, { force: true });
  // A link costs nothing, but works only within one file system.
  await link(process.execPath, node).catch(() => copyFile(process.execPath, node));
  const sources = {
    "wal-g": "walg/main.ts",
    "clone-with-walg": "spilo/clone.ts",
    "postgres-backup": "spilo/backup.ts",
    "replica-from-backup": "spilo/replica.ts",
  };
  await build({
    entryPoints: Object.entries(sources).map(([out, source]) => ({ out, in: join(import.meta.dirname, "..", source) })),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    // Some packages still call require().
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "warning",
  });
  for (const name of Object.keys(sources)) {
    await chmod(join(folder, `${name}.mjs`), 0o644);
    await writeProgram(join(folder, name), `exec '${node}' '${folder}/${name}.mjs' "$@"`);
  }
  await writeProgram(join(folder, "envdir"), envdirScript);
  await writeProgram(join(folder, "restore-command"), restoreScript);
  await writeProgram(join(folder, "post-init"), postInitScript);
}

/** Runs a command with the variables of a folder's files. Paths below /run are those of the Pod, which has no file system of its own. */
const envdirScript = `folder=$1
shift
case $folder in /run/*) folder="\${RW_DIR:-/run}\${folder#/run}" ;; esac
for file in "$folder"/*; do
  [ -f "$file" ] && export "$(basename "$file")=$(cat "$file")"
done
export SANDBOX_ENVDIR="$folder"
exec "$@"`;

/** Spilo's restore_command.sh. WAL-E is not here, as in Spilo 4.1. */
const restoreScript = `[ "$USE_WALG_RESTORE" = true ] && exec wal-g wal-fetch "$1" "$2"
echo "wal-e: not found" >&2
exit 127`;

/**
 * Spilo's post_init.sh, without its extensions and monitoring functions, which are not installed here. The schema `public`
 * is needed in each database: in the first for the table of the log, in all for extensions. The first error ends it.
 *
 * Source: postgres-appliance/scripts/post_init.sh of zalando/spilo 3.2-p3 and 3.3-p3.
 */
const postInitScript = `export PGOPTIONS="-c synchronous_commit=local -c search_path=pg_catalog"
{
  printf '%s\\n' '\\set ON_ERROR_STOP on'
  for role in admin cron_admin "$1" robot_zmon; do
    printf '%s\\n' "select 'create role $role' where to_regrole('$role') is null \\gexec"
  done
  echo 'alter role admin createdb; grant cron_admin to admin;'
  echo 'create table if not exists public.postgres_log (log_time timestamptz(3), message text);'
  echo 'grant select on public.postgres_log to admin;'
  psql -d "$2" -tAc 'select quote_ident(datname) from pg_database where datallowconn' | while read -r name; do
    printf '%s\\n' "\\connect $name"
    echo 'create schema if not exists user_management; grant usage on schema user_management to admin;'
    echo "select 'public'::regnamespace;"
  done
} | psql -Xqd "$2" >/dev/null`;

/** A command of Spilo's configuration, with the stand-ins for its scripts. */
export function withStandIns(command: string): string {
  return command
    .replace("python3 /scripts/clone_with_wale.py", "clone-with-walg")
    .replace("bash /scripts/wale_restore.sh", "replica-from-backup")
    .replace("/scripts/postgres_backup.sh", "postgres-backup")
    .replace("/scripts/post_init.sh", "post-init")
    .replace("/scripts/restore_command.sh", "restore-command");
}

/** Writes the folders of variables, which only the account may read. */
export async function writeEnvdirs(envdirs: readonly Envdir[], account: Account): Promise<void> {
  for (const { path, variables } of envdirs) {
    await createFolder(path, account);
    for (const [name, value] of Object.entries(variables)) await createFile(join(path, name), value, account);
  }
}

async function writeProgram(path: string, commands: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${commands}\n`);
  await chmod(path, 0o755);
}

async function linkTree(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  const copied = await execa("cp", ["-al", from, to], { reject: false });
  if (!copied.failed) return;
  await rm(to, { recursive: true, force: true });
  await execa("cp", ["-a", from, to]);
}
