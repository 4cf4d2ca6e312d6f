import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listBackups, runProgram, type Backup } from "./backup-list.ts";

/**
 * Stands in for Spilo's clone_with_wale.py: looks for the backup by Spilo's rules and fetches it with the `wal-g` on PATH.
 * Its environment is the clone's envdir. Usage: node clone.ts --scope=… --datadir=… --recovery-target-time=…
 *
 * Source: postgres-appliance/bootstrap/clone_with_wale.py of zalando/spilo 3.3-p3.
 */

/** Where to look: the variable's value, as written in the envdir afterwards. */
const prefixName = "WALG_S3_PREFIX";

async function clone(parameters: string[]): Promise<void> {
  const { values } = parseArgs({
    args: parameters,
    options: {
      scope: { type: "string" },
      datadir: { type: "string" },
      "recovery-target-time": { type: "string", default: "" },
    },
  });
  if (values.datadir === undefined) throw new Error("the following arguments are required: --datadir");
  if (process.env["USE_WALG_RESTORE"] !== "true") throw new Error("[Errno 2] No such file or directory: 'wal-e'");
  const found = await findBackup(targetTime(values["recovery-target-time"]));
  console.log(`INFO: cloning cluster ${values.scope ?? ""} using wal-g backup-fetch ${values.datadir} ${found.backup}`);
  const environment = { ...process.env, [prefixName]: found.prefix };
  const { exitCode } = await runProgram("wal-g", ["backup-fetch", values.datadir, found.backup], environment);
  if (exitCode !== 0) throw new Error(`wal-e backup-fetch exited with exit code ${exitCode}`);
  const envdir = process.env["SANDBOX_ENVDIR"];
  // The restore command reads the envdir, so it must find the WAL beside the chosen backup.
  if (envdir !== undefined && found.prefix !== process.env[prefixName])
    await writeFile(join(envdir, prefixName), found.prefix);
}

/** @throws Error without an offset from UTC, or for a text that is no time. A name such as CET counts as none. */
function targetTime(text: string): Date | undefined {
  if (text === "") return undefined;
  const time = new Date(text.replace(/ ?UTC$/, "Z"));
  if (Number.isNaN(time.getTime())) throw new Error(`Unknown string format: ${text}`);
  if (!/(Z|UTC|[+-]\d\d:?\d\d)$/.test(text)) throw new Error("recovery target time must contain a timezone");
  return time;
}

async function findBackup(target: Date | undefined): Promise<{ backup: string; prefix: string }> {
  for (const prefix of prefixes()) {
    console.log(`INFO: Trying ${prefix} for clone`);
    const backups = await listBackups({ ...process.env, [prefixName]: prefix });
    if (backups.length === 0) continue;
    // Spilo assumes that the newest version's folder has the newest backup.
    if (target === undefined) return { backup: "LATEST", prefix };
    const chosen = newestBefore(backups, target);
    if (chosen !== undefined) return { backup: chosen.name, prefix };
  }
  const before = target === undefined ? "" : ` prior to the point in time ${target.toISOString()}`;
  throw new Error(`Could not find any backups${before}`);
}

/** A path without a version is tried with each version whose programs the image has, up to the database's own. */
function prefixes(): string[] {
  const others = Object.keys(process.env).filter((name) => /^WALG_.+_PREFIX$/.test(name));
  if (others.length !== 1)
    throw new Error(`Found find ${others.length} WALG_*_PREFIX environment variables, expected 1`);
  const given = process.env[prefixName] ?? "";
  const path = given.replace(/\/+$/, "");
  const computed = path.includes("/spilo/") && path.endsWith("/wal");
  return [...(computed ? [`${path}/12/`] : []), given];
}

/** Among backups of the same second it is the first. */
function newestBefore(backups: readonly Backup[], target: Date): Backup | undefined {
  let chosen: Backup | undefined;
  for (const backup of backups)
    if (backup.modified < target && (chosen === undefined || backup.modified > chosen.modified)) chosen = backup;
  return chosen;
}

try {
  await clone(process.argv.slice(2));
} catch (error) {
  console.error(`ERROR: Clone failed\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
