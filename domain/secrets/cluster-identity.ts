import { z } from "zod";
import { postgresqlName } from "../harbor/names.ts";
import { spiloVariables, type Postgresql, type StatefulSet } from "../harbor/objects.ts";
import { formatObjectName, type ObjectName } from "../kubernetes/object-name.ts";
import { backupsFromEnvironment } from "../spilo/backups-from-environment.ts";

/** Which database a secret belongs to, and where its backups are. A restore needs both once the cluster is lost. */
export const clusterIdentitySchema = z.object({
  /** The HarborCluster, as NAMESPACE/NAME. */
  harbor: z.string(),
  /** UID of its `postgresql` resource. */
  uid: z.string(),
  /** Where it writes its backups, as `s3://BUCKET/PREFIX`; null when that is not known. */
  backups: z.string().nullable(),
  /** PostgreSQL's system identifier; null before the first bootstrap has ended. */
  systemIdentifier: z.string().nullable(),
});
export type ClusterIdentity = z.infer<typeof clusterIdentitySchema>;

/** The identity of a HarborCluster's database, read from the objects that the operators and Patroni created for it. */
export function clusterIdentity(
  harbor: ObjectName,
  postgresql: Postgresql,
  statefulSet: StatefulSet | undefined,
  systemIdentifier: string | undefined,
): ClusterIdentity {
  const variables = spiloVariables(statefulSet?.spec.template.spec.containers ?? []);
  return {
    harbor: formatObjectName(harbor),
    uid: postgresql.metadata.uid,
    backups: backupsFromEnvironment(harbor.namespace, postgresqlName(harbor), variables),
    systemIdentifier: systemIdentifier ?? null,
  };
}

/** The identity as it is known now, completed by what was known before about the same database. */
export function withWhatWasKnown(now: ClusterIdentity, before: ClusterIdentity | undefined): ClusterIdentity {
  if (before?.uid !== now.uid) return now;
  return {
    ...now,
    backups: now.backups ?? before.backups,
    systemIdentifier: now.systemIdentifier ?? before.systemIdentifier,
  };
}

/** Whether nothing about the database has changed. */
export function sameIdentity(a: ClusterIdentity, b: ClusterIdentity): boolean {
  return (
    a.uid === b.uid && a.backups === b.backups && a.systemIdentifier === b.systemIdentifier && a.harbor === b.harbor
  );
}
