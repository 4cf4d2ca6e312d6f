import { z } from "zod";
import type { ObjectName } from "../kubernetes/object-name.ts";

/**
 * Names of Crunchy PGO, the same in v5.7, v5.8 and v6.0
 * (CrunchyData/postgres-operator internal/naming/labels.go, names.go, annotations.go).
 */
export const postgresClusterApi = {
  group: "postgres-operator.crunchydata.com",
  // v6 serves v1 too, but v1beta1 is the storage version and the only one of v5.
  version: "v1beta1",
  plural: "postgresclusters",
} as const;
export const labels = {
  cluster: "postgres-operator.crunchydata.com/cluster",
  instance: "postgres-operator.crunchydata.com/instance",
  /** On repo hosts and backup jobs, and on no instance. */
  pgbackrest: "postgres-operator.crunchydata.com/pgbackrest",
  role: "postgres-operator.crunchydata.com/role",
} as const;
export const annotations = {
  /** Orders a manual backup; each new value orders one more. */
  backup: "postgres-operator.crunchydata.com/pgbackrest-backup",
  /** With the value `true`, PGO removes the repositories of a cluster whose `spec.backups` was removed. */
  authorizeBackupRemoval: "postgres-operator.crunchydata.com/authorizeBackupRemoval",
} as const;
export const databaseContainer = "database";
/** PGO configures one stanza in every cluster, and this is its name. */
export const stanzaName = "db";

const metadataSchema = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** Cron schedules by backup type. PGO makes a CronJob of each. */
const schedulesSchema = z.object({
  full: z.string().optional(),
  differential: z.string().optional(),
  incremental: z.string().optional(),
});
export type BackupSchedules = z.infer<typeof schedulesSchema>;

const repositorySchema = z.object({
  name: z.string(),
  schedules: schedulesSchema.optional(),
  // Exactly one of these is set. PGO runs a repo host only when there is a volume.
  volume: z.unknown().optional(),
  s3: z.unknown().optional(),
  gcs: z.unknown().optional(),
  azure: z.unknown().optional(),
});

const specSchema = z.object({
  shutdown: z.boolean().optional(),
  paused: z.boolean().optional(),
  standby: z.object({ enabled: z.boolean().optional() }).optional(),
  dataSource: z.unknown().optional(),
  backups: z
    .object({
      pgbackrest: z
        .object({
          repos: z.array(repositorySchema).optional(),
          manual: z.object({ repoName: z.string() }).optional(),
        })
        .optional(),
    })
    .optional(),
});

const repositoryStatus = z.object({
  name: z.string(),
  stanzaCreated: z.boolean().optional(),
  /** Whether PGO has taken the backup that it needs for new replicas: the first one of a cluster. */
  replicaCreateBackupComplete: z.boolean().optional(),
});

/** PGO's status of the manual backup that was ordered last; `id` is the annotation's value. */
const manualBackupStatus = z.object({
  id: z.string(),
  finished: z.boolean().default(false),
  active: z.int().optional(),
  succeeded: z.int().optional(),
  failed: z.int().optional(),
});

const statusSchema = z.object({
  patroni: z.object({ systemIdentifier: z.string().optional() }).optional(),
  pgbackrest: z
    .object({ repos: z.array(repositoryStatus).optional(), manualBackup: manualBackupStatus.optional() })
    .optional(),
  conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
});

/** The parts of a PostgresCluster that the stanza runbook reads. */
export interface PostgresCluster {
  readonly metadata: z.infer<typeof metadataSchema>;
  readonly spec: z.infer<typeof specSchema>;
  readonly status?: z.infer<typeof statusSchema> | undefined;
  /** What is wrong with the resource; then spec and status are empty. PGO's CRD admits a resource without a spec. */
  readonly unreadable?: string;
}

/** Reads a PostgresCluster. A malformed one is `unreadable` instead of an error, so that one resource cannot hide the others. */
export const postgresClusterSchema = z
  .object({ metadata: metadataSchema, spec: z.unknown().optional(), status: z.unknown().optional() })
  .transform(({ metadata, spec, status }): PostgresCluster => {
    const { data, error } = z
      .object({ spec: specSchema, status: statusSchema.optional() })
      .safeParse({ spec, ...(status !== undefined && { status }) });
    if (data !== undefined) return { metadata, ...data };
    const [issue] = error.issues;
    return { metadata, spec: {}, unreadable: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}` };
  });

/** The cluster's namespace and name. */
export function clusterNameOf(cluster: PostgresCluster): ObjectName {
  return { namespace: cluster.metadata.namespace, name: cluster.metadata.name };
}

/** Names of the pgBackRest repositories in the PostgresCluster's spec (`repo1` … `repo4`). */
export function repositoryNames(cluster: PostgresCluster): string[] {
  return cluster.spec.backups?.pgbackrest?.repos?.map((repository) => repository.name) ?? [];
}

/** Names of the repositories in PGO's status: those that it has taken up. Undefined when PGO has no such status. */
export function reconciledRepositoryNames(cluster: PostgresCluster): string[] | undefined {
  return cluster.status?.pgbackrest?.repos?.map((repository) => repository.name);
}

/** What the instance connects to for its repositories: PGO's repo host, a bucket, or both. */
export function repositoryPlace(cluster: PostgresCluster): "repo host" | "bucket" | "repo host or bucket" {
  const repositories = cluster.spec.backups?.pgbackrest?.repos ?? [];
  const inBucket = repositories.filter(({ s3, gcs, azure }) => [s3, gcs, azure].some((place) => place !== undefined));
  if (inBucket.length === 0) return "repo host";
  return inBucket.length === repositories.length ? "bucket" : "repo host or bucket";
}

/** Why this cluster is not expected to have a stanza. Nothing is asked of it, and nothing is created. */
export interface NotApplicable {
  because: "backups-disabled" | "shut-down" | "standby";
  reason: string;
}

/**
 * Why the PostgresCluster is not expected to have a stanza; undefined when it should have one.
 *
 * pgBackRest itself cannot tell: with backups disabled it prints the same "No stanzas exist" as for a lost stanza.
 */
export function notApplicable(cluster: PostgresCluster): NotApplicable | undefined {
  if (cluster.spec.shutdown === true) return { because: "shut-down", reason: "spec.shutdown is true" };
  if (repositoryNames(cluster).length === 0) {
    return { because: "backups-disabled", reason: "spec.backups names no pgBackRest repository" };
  }
  if (cluster.spec.standby?.enabled === true) {
    return { because: "standby", reason: "spec.standby.enabled is true: a stanza cannot be created from a standby" };
  }
  return undefined;
}

/**
 * Why the backups of this cluster are in an unfinished removal; undefined when they are not.
 *
 * Removing `spec.backups` alone does not disable backups: PGO keeps the repositories and pauses, until an annotation
 * authorises the removal or the section is back (BackupsEnabled in internal/controller/postgrescluster/pgbackrest.go).
 */
export function unfinishedRemoval(cluster: PostgresCluster): string | undefined {
  const kept = reconciledRepositoryNames(cluster) ?? [];
  if (repositoryNames(cluster).length > 0 || kept.length === 0) return undefined;
  const names = kept.join(", ");
  return cluster.metadata.annotations?.[annotations.authorizeBackupRemoval] === "true"
    ? `the removal of ${names} is authorised, but PGO has not finished it`
    : `spec.backups is gone, but PGO keeps ${names} and has paused: the annotation authorizeBackupRemoval is missing`;
}

/** Whether PGO is restoring the cluster's data: as a clone (`spec.dataSource`), or in place. */
export function isBeingRestored(cluster: PostgresCluster): boolean {
  const condition = (type: string): string | undefined =>
    cluster.status?.conditions?.find((candidate) => candidate.type === type)?.status;
  if (condition("PGBackRestoreProgressing") === "True") return true;
  return cluster.spec.dataSource !== undefined && condition("PostgresDataInitialized") !== "True";
}

/**
 * Whether PGO's status says that the stanza is created: true when it does so for every repository, false when it does not
 * for at least one, undefined when the status names no repository.
 */
export function operatorSaysCreated(cluster: PostgresCluster): boolean | undefined {
  const repositories = cluster.status?.pgbackrest?.repos;
  if (repositories === undefined || repositories.length === 0) return undefined;
  return repositories.every((repository) => repository.stanzaCreated === true);
}
