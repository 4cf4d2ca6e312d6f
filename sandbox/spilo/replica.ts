import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { listBackups, runProgram, type Backup } from "./backup-list.ts";
import { reasonAgainst } from "./replica-choice.ts";

/**
 * Stands in for Spilo's wale_restore.sh: makes a replica from the newest base backup, unless copying the leader costs less.
 * Patroni then tries its next method, which is that copy. Usage: node replica.ts --datadir=… --connstring=… …
 *
 * Source: postgres-appliance/scripts/wale_restore.sh of zalando/spilo 3.3-p3.
 */
async function replicate(parameters: string[]): Promise<void> {
  const { values } = parseArgs({
    args: parameters,
    options: {
      scope: { type: "string" },
      role: { type: "string" },
      datadir: { type: "string" },
      connstring: { type: "string", default: "" },
      retries: { type: "string", default: "2" },
      no_master: { type: "string" },
      threshold_megabytes: { type: "string", default: "10240" },
      threshold_backup_size_percentage: { type: "string", default: "30" },
    },
  });
  if (values.datadir === undefined) throw new Error("--datadir is missing");
  if (process.env["USE_WALG_RESTORE"] !== "true") throw new Error("wal-e: not found");
  const newest = await newestBackup();
  const leader = values.connstring === "" ? undefined : await askLeader(values.connstring, newest);
  if (leader === undefined && values.no_master === undefined) throw new Error("Failed to reach master");
  const reason =
    leader &&
    reasonAgainst({
      ...leader,
      megabytes: Number(values.threshold_megabytes),
      percentage: Number(values.threshold_backup_size_percentage),
    });
  if (reason !== undefined) throw new Error(`not restoring from backup because of amount of generated wals ${reason}`);
  await fetchBackup(values.datadir, Number(values.retries));
}

async function newestBackup(): Promise<Backup> {
  const backups = await listBackups(process.env).catch(() => []);
  const newest = backups.toSorted((one, other) => one.modified.getTime() - other.modified.getTime()).at(-1);
  if (newest === undefined) throw new Error("Can not find any backups");
  return newest;
}

/** Sizes in bytes, or undefined if the leader does not answer. */
async function askLeader(
  connection: string,
  backup: Backup,
): Promise<{ walSinceBackup: number; cluster: number } | undefined> {
  const start = `${backup.walFile.slice(8, 16)}/${backup.walFile.slice(22, 24)}000000`;
  const query = `SELECT pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '${start}'), (SELECT sum(pg_database_size(datname)) FROM pg_database)`;
  const { exitCode, output } = await runProgram("psql", ["-XtA", "-F", " ", "-d", connection, "-c", query]);
  if (exitCode !== 0) return undefined;
  const [walSinceBackup = Number.NaN, cluster = Number.NaN] = output.trim().split(" ").map(Number);
  return { walSinceBackup, cluster };
}

async function fetchBackup(directory: string, retries: number): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { exitCode } = await runProgram("wal-g", ["backup-fetch", directory, "LATEST"]);
    if (exitCode === 0) break;
    if (attempt === retries) throw new Error(`wal-g backup-fetch exited with exit code ${exitCode}`);
    await rm(directory, { recursive: true, force: true });
    await sleep(1000);
  }
  await mkdir(join(directory, "pg_wal"), { recursive: true });
}

try {
  await replicate(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
