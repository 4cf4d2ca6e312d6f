import { s3Url } from "../aws/s3-location.ts";
import { spiloLocation } from "./path.ts";

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
