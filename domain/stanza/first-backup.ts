import { annotations, repositoryNames, type PostgresCluster } from "./postgres-cluster.ts";

/**
 * Whether PGO takes the first backup by itself.
 *
 * Once per cluster it takes a backup for new replicas into the first repository, as soon as the stanza exists, and notes
 * that in `replicaCreateBackupComplete`. The note stays true when the repository is lost. Then PGO takes no such backup
 * again (CrunchyData/postgres-operator v5.7.9 and v6.0.3, reconcileReplicaCreateBackup in
 * internal/controller/postgrescluster/pgbackrest.go).
 */
export function takesFirstBackupItself(cluster: PostgresCluster): boolean {
  if (cluster.spec.paused === true) return false;
  const [first] = repositoryNames(cluster);
  const status = cluster.status?.pgbackrest?.repos?.find(({ name }) => name === first);
  return status !== undefined && status.replicaCreateBackupComplete !== true;
}

/**
 * Why PGO would not take a backup now, neither by itself nor on order; empty when it would. PGO ignores the order without
 * an event while `spec.backups.pgbackrest.manual` is not set (reconcileManualBackup, at the same place).
 */
export function backupObstacles(cluster: PostgresCluster): string[] {
  const obstacles: string[] = [];
  if (cluster.spec.paused === true) obstacles.push("PGO is paused for this cluster (spec.paused)");
  const manual = cluster.spec.backups?.pgbackrest?.manual?.repoName;
  if (takesFirstBackupItself(cluster)) return obstacles;
  if (manual === undefined) obstacles.push("spec.backups.pgbackrest.manual.repoName is not set");
  else if (!repositoryNames(cluster).includes(manual))
    obstacles.push(`spec.backups.pgbackrest.manual.repoName is ${manual}, which is no repository of this cluster`);
  return obstacles;
}

/** The value of the annotation that ordered a manual backup which PGO has not finished; undefined when there is none. */
export function orderedBackup(cluster: PostgresCluster): string | undefined {
  const ordered = cluster.metadata.annotations?.[annotations.backup];
  if (ordered === undefined || ordered === "") return undefined;
  const status = cluster.status?.pgbackrest?.manualBackup;
  return status?.id === ordered && status.finished ? undefined : ordered;
}

/** How far PGO is with the manual backup that was ordered with this value of the annotation. */
export type BackupProgress = "not-begun" | "running" | "succeeded" | "failed";

/** What PGO's status says about the manual backup with this id. */
export function backupProgress(cluster: PostgresCluster, id: string): BackupProgress {
  const status = cluster.status?.pgbackrest?.manualBackup;
  if (status?.id !== id) return "not-begun";
  if (!status.finished) return "running";
  return (status.succeeded ?? 0) > 0 ? "succeeded" : "failed";
}
