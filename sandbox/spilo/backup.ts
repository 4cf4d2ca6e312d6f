import { listBackups, runProgram } from "./backup-list.ts";
import { oldestToKeep } from "./retention.ts";

/**
 * Stands in for Spilo's postgres_backup.sh: on the leader, deletes old base backups and makes a new one with the `wal-g` on
 * PATH. Its environment is the envdir of the database's own backups. Usage: node backup.ts DATA-DIRECTORY
 *
 * Source: postgres-appliance/scripts/postgres_backup.sh of zalando/spilo 3.3-p3.
 */
async function backUp([directory]: readonly string[]): Promise<number> {
  if (directory === undefined) throw new Error("Usage: backup.ts DATA-DIRECTORY");
  const fromReplica = process.env["WALG_BACKUP_FROM_REPLICA"] === "true";
  if ((await isInRecovery()) !== fromReplica) {
    console.log(`Cluster is ${fromReplica ? "not " : ""}in recovery, not running backup`);
    return 0;
  }
  if (process.env["USE_WALG_BACKUP"] !== "true") throw new Error("wal-e: not found");
  await deleteOld();
  console.log("producing a new backup");
  return exitCodeOf("wal-g", ["backup-push", directory]);
}

/** @throws Error if Postgres does not answer. */
async function isInRecovery(): Promise<boolean> {
  const { output } = await runProgram("psql", ["-tXqAc", "select pg_catalog.pg_is_in_recovery()"]);
  const answer = output.trim();
  if (answer !== "t" && answer !== "f") throw new Error(`Recovery state unknown: ${answer}`);
  return answer === "t";
}

/** As with Spilo, a failed list or deletion does not prevent the backup. */
async function deleteOld(): Promise<void> {
  const backups = await listBackups(process.env).catch(() => []);
  const oldest = oldestToKeep(backups, Number(process.env["BACKUP_NUM_TO_RETAIN"]), new Date());
  if (oldest !== undefined) await exitCodeOf("wal-g", ["delete", "before", "FIND_FULL", oldest.name, "--confirm"]);
}

async function exitCodeOf(program: string, parameters: readonly string[]): Promise<number> {
  const { exitCode, output } = await runProgram(program, parameters);
  process.stdout.write(output);
  return exitCode ?? 1;
}

try {
  process.exitCode = await backUp(process.argv.slice(2));
} catch (error) {
  console.error(`ERROR: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
