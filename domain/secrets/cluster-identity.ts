import { z } from "zod";
import { s3Url } from "../aws/s3-location.ts";
import { spiloLocation } from "../spilo/path.ts";

/** Which database a secret belongs to, and where its backups lie: what a restore must name once the cluster is lost. */
export const clusterIdentitySchema = z.object({
  /** The HarborCluster, as NAMESPACE/NAME. */
  harbor: z.string(),
  /** UID of its `postgresql` resource. */
  uid: z.string(),
  /** Where it writes its backups, as `s3://BUCKET/PREFIX`; null when that could not be seen. */
  backups: z.string().nullable(),
  /** PostgreSQL's system identifier; null before the first bootstrap has ended. */
  systemIdentifier: z.string().nullable(),
});
export type ClusterIdentity = z.infer<typeof clusterIdentitySchema>;

/**
 * Where a database writes its backups, from the environment that the Zalando operator gave its Pods; null when that says
 * nothing about it.
 *
 * @param scope name of the `postgresql` resource.
 */
export function backupsFromEnvironment(
  namespace: string,
  scope: string,
  environment: ReadonlyMap<string, string>,
): string | null {
  const ready = environment.get("WALG_S3_PREFIX") ?? environment.get("WALE_S3_PREFIX");
  if (ready !== undefined) return ready;
  const bucket = environment.get("WAL_S3_BUCKET");
  const postgresVersion = environment.get("PGVERSION");
  if (bucket === undefined || postgresVersion === undefined) return null;
  // Without the operator's own prefix Spilo makes one of the namespace (configure_spilo.py).
  const scopePrefix = environment.get("WAL_BUCKET_SCOPE_PREFIX") ?? (namespace === "default" ? "" : `${namespace}-`);
  const scopeSuffix = environment.get("WAL_BUCKET_SCOPE_SUFFIX") ?? "";
  return s3Url(spiloLocation({ bucket, scope, scopePrefix, scopeSuffix, postgresVersion }));
}

/** What is known now, and what was known of the same database before and cannot be seen at the moment. */
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
