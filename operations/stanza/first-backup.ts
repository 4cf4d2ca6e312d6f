import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { clusterNameOf, type PostgresCluster } from "../../domain/stanza/postgres-cluster.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { backupProgress, orderedBackup, takesFirstBackupItself } from "../../domain/stanza/first-backup.ts";
import type { OkayStatus, StanzaStatus } from "../../domain/stanza/status.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";

/** Seconds between two looks at the repository; the last pause repeats. */
const pauses = [2, 5, 10];

/** What is needed to take a first backup. */
export interface FirstBackupOptions {
  /** For the whole backup, from the order until the repository shows it. */
  readonly limit: Duration;
  /** Reads the PostgresCluster again; throws when it was recreated. */
  readonly cluster: () => Promise<PostgresCluster>;
  /** Asks pgBackRest. */
  readonly status: () => Promise<StanzaStatus>;
}

/**
 * Has PGO take a backup, and waits until `pgbackrest info` shows one that was not there before.
 *
 * If PGO takes its first backup by itself, or somebody has ordered one already, that one is waited for. Otherwise PGO's
 * annotation orders one.
 *
 * @param before the stanza's status before the backup.
 * @returns the stanza's status with the backup.
 * @throws RecoveryError `first-backup-failed` or `first-backup-timeout`; the stanza exists in either case.
 */
export async function takeFirstBackup(
  client: KubernetesClient,
  before: OkayStatus,
  options: FirstBackupOptions,
  surroundings: Surroundings,
): Promise<OkayStatus> {
  const wait = new Wait({ limit: options.limit, pauses }, surroundings);
  let cluster = await options.cluster();
  const name = formatObjectName(clusterNameOf(cluster));
  const id = await order(client, cluster, surroundings);
  do {
    const status = await options.status();
    if (status.status === "okay" && status.backups.count > before.backups.count) {
      surroundings.progress("the repository holds a backup");
      return status;
    }
    cluster = await options.cluster();
    if (id !== undefined && backupProgress(cluster, id) === "failed")
      throw new RecoveryError(
        "first-backup-failed",
        `${name}: the stanza exists, but PGO's backup failed (status.pgbackrest.manualBackup, id ${id})`,
        { next: "read the log of the backup Job's Pods, then run again" },
      );
  } while (await wait.pause());
  throw new RecoveryError(
    "first-backup-timeout",
    `${name}: the stanza exists, but there was no backup within ${formatDuration(options.limit)}: ${progressText(cluster, id)}`,
    { next: "see the backup Job's state, or allow more time, then run again" },
  );
}

/** The id of the manual backup that is waited for; undefined when PGO takes one by itself. */
async function order(
  client: KubernetesClient,
  cluster: PostgresCluster,
  surroundings: Surroundings,
): Promise<string | undefined> {
  if (takesFirstBackupItself(cluster)) {
    surroundings.progress("waiting for the first backup, which PGO takes by itself");
    return undefined;
  }
  const ordered = orderedBackup(cluster);
  if (ordered !== undefined) {
    surroundings.progress(`waiting for the backup that is already ordered (${ordered})`);
    return ordered;
  }
  const id = `postgres-recovery-${surroundings.now().toISOString()}`;
  await client.orderBackup(cluster, id);
  surroundings.progress(`ordered a backup from PGO (${id}): waiting for it`);
  return id;
}

function progressText(cluster: PostgresCluster, id: string | undefined): string {
  if (id === undefined) return "PGO was to take one by itself";
  switch (backupProgress(cluster, id)) {
    case "not-begun":
      return `PGO has not begun the backup that was ordered (${id})`;
    case "running":
      return `the backup that was ordered (${id}) is still running`;
    case "succeeded":
      return `PGO says that the backup ${id} succeeded, but pgbackrest info does not show it`;
    case "failed":
      return `the backup that was ordered (${id}) failed`;
  }
}
