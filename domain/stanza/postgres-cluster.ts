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

/** The name under which people know the cluster. */
export function clusterNameOf(cluster: PostgresCluster): ObjectName {
  return { namespace: cluster.metadata.namespace, name: cluster.metadata.name };
}

/** Names of the pgBackRest repositories that the PostgresCluster asks for (`repo1` … `repo4`). */
export function repositoryNames(cluster: PostgresCluster): string[] {
  return cluster.spec.backups?.pgbackrest?.repos?.map((repository) => repository.name) ?? [];
}

/** Why no stanza is to be expected in this cluster, so that nothing is asked of it and nothing created. */
export interface NotApplicable {
  because: "backups-disabled" | "shut-down" | "standby";
  reason: string;
}

/**
 * Whether the PostgresCluster is one that should have a stanza at all.
 * pgBackRest itself cannot tell: with backups disabled it prints the same "No stanzas exist" as with a lost stanza.
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
 * What PGO believes: true when it has marked the stanza as created in every repository, false when in some it has not,
 * undefined when its status says nothing.
 */
export function operatorSaysCreated(cluster: PostgresCluster): boolean | undefined {
  const repositories = cluster.status?.pgbackrest?.repos;
  if (repositories === undefined || repositories.length === 0) return undefined;
  return repositories.every((repository) => repository.stanzaCreated === true);
}
