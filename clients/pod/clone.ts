import { containerOf } from "../../domain/kubernetes/container.ts";
import { readDump, type DumpAnswer } from "../../domain/drill/dumps.ts";
import { spiloContainer, type DatabasePod } from "../../domain/harbor/objects.ts";
import type { Exec } from "../kubernetes/exec.ts";

/**
 * Prints the names of what Spilo and WAL-G would write backups with: variables, and the folder of variables that Spilo
 * makes for WAL-G. The values stay in the Pod.
 */
const writersScript = `
env | sed -n 's/^\\(WAL_S3_BUCKET\\|WAL_GS_BUCKET\\|WAL_GCS_BUCKET\\|WALG_[A-Z0-9]*_PREFIX\\|WALE_[A-Z0-9]*_PREFIX\\|USE_WALG_BACKUP\\|BACKUP_SCHEDULE\\)=.*/\\1/p'
[ ! -e "\${RW_DIR:-/run}/etc/wal-e.d/env" ] || echo wal-e.d/env`;

/** Names of what the Pod could write backups with; empty when there is nothing. */
export async function backupWriters(
  exec: Exec,
  pod: DatabasePod,
  signal: AbortSignal,
): Promise<{ readonly found: string[] } | { readonly failed: string }> {
  const argv = ["sh", "-c", writersScript];
  const result = await exec(containerOf(pod.metadata, spiloContainer), argv, { deadlineSeconds: 30, signal });
  if (result.end !== "exited") return { failed: result.message };
  if (result.code !== 0) return { failed: `exit code ${result.code}` };
  return { found: result.stdout.split("\n").filter((name) => name !== "") };
}

/** A pipe hides the exit code of its first command, so that is printed to the script's own output. */
const dumpScript = (command: string): string => `
PATH="/usr/lib/postgresql/\${PGVERSION:-12}/bin:$PATH"
{ { ${command}; echo "exit $?" >&3; } | wc -c | sed 's/^ */bytes /'; } 3>&1`;

const oneDatabase = dumpScript(
  `timeout -k 10 "$1" pg_dump --lock-wait-timeout=60000 -w -U "\${PGUSER_SUPERUSER:-postgres}" -d "$2"`,
);
const roles = dumpScript(
  `timeout -k 10 "$1" pg_dumpall --globals-only --no-role-passwords -w -U "\${PGUSER_SUPERUSER:-postgres}"`,
);

/**
 * Dumps one database inside of the Pod, and keeps nothing of it.
 *
 * @param database undefined: the roles and tablespaces, which belong to no database.
 */
export async function dumpToNowhere(
  exec: Exec,
  pod: DatabasePod,
  { database, seconds }: { readonly database: string | undefined; readonly seconds: number },
  signal: AbortSignal,
): Promise<DumpAnswer> {
  const argv =
    database === undefined
      ? ["sh", "-c", roles, "sh", String(seconds)]
      : ["sh", "-c", oneDatabase, "sh", String(seconds), `postgresql:///${encodeURIComponent(database)}`];
  const container = containerOf(pod.metadata, spiloContainer);
  const result = await exec(container, argv, { deadlineSeconds: seconds + 30, signal });
  if (result.end !== "exited") return { dump: "unread", message: result.message };
  return readDump(result.stdout, result.stderr);
}
