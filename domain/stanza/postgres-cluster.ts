import { z } from "zod";
import type { ObjectName } from "../kubernetes/object-name.ts";

/**
 * Names of Crunchy PGO, the same in v5.7, v5.8 and v6.0
 * (CrunchyData/postgres-operator internal/naming/labels.go, names.go).
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
  role: "postgres-operator.crunchydata.com/role",
} as const;
export const databaseContainer = "database";
/** PGO configures one stanza in every cluster, and this is its name. */
export const stanzaName = "db";

const repositoryStatus = z.object({ name: z.string(), stanzaCreated: z.boolean().optional() });

/** The parts of a PostgresCluster that the stanza runbook reads; all else is left alone. */
export const postgresClusterSchema = z.object({
  metadata: z.object({ namespace: z.string(), name: z.string(), uid: z.string() }),
  spec: z.object({
    shutdown: z.boolean().optional(),
    paused: z.boolean().optional(),
    standby: z.object({ enabled: z.boolean().optional() }).optional(),
    backups: z
      .object({ pgbackrest: z.object({ repos: z.array(z.object({ name: z.string() })).optional() }).optional() })
      .optional(),
  }),
  status: z
    .object({
      patroni: z.object({ systemIdentifier: z.string().optional() }).optional(),
      pgbackrest: z.object({ repos: z.array(repositoryStatus).optional() }).optional(),
    })
    .optional(),
});
export type PostgresCluster = z.infer<typeof postgresClusterSchema>;

/** The cluster's namespace and name. */
export function clusterNameOf(cluster: PostgresCluster): ObjectName {
  return { namespace: cluster.metadata.namespace, name: cluster.metadata.name };
}

/** Names of the pgBackRest repositories in the PostgresCluster's spec (`repo1` … `repo4`). */
export function repositoryNames(cluster: PostgresCluster): string[] {
  return cluster.spec.backups?.pgbackrest?.repos?.map((repository) => repository.name) ?? [];
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
 * Whether PGO's status says that the stanza is created: true when it does so for every repository, false when it does not
 * for at least one, undefined when the status names no repository.
 */
export function operatorSaysCreated(cluster: PostgresCluster): boolean | undefined {
  const repositories = cluster.status?.pgbackrest?.repos;
  if (repositories === undefined || repositories.length === 0) return undefined;
  return repositories.every((repository) => repository.stanzaCreated === true);
}
