import { s3Url } from "../aws/s3-location.ts";
import type { ContainerVariable } from "../kubernetes/container.ts";
import { spiloLocation } from "./path.ts";

/** The variables from which Spilo builds the location of its backups, unless one variable holds the whole location. */
const parts = ["WAL_S3_BUCKET", "PGVERSION", "WAL_BUCKET_SCOPE_PREFIX", "WAL_BUCKET_SCOPE_SUFFIX"] as const;

/**
 * Where a database writes its backups, according to the environment that the Zalando operator gave its Pods; null when
 * the environment does not say. A reference to a Secret or a ConfigMap is not followed, so the location is then unknown.
 *
 * @param scope name of the `postgresql` resource.
 */
export function backupsFromEnvironment(
  namespace: string,
  scope: string,
  environment: ReadonlyMap<string, ContainerVariable>,
): string | null {
  const whole = environment.get("WALG_S3_PREFIX") ?? environment.get("WALE_S3_PREFIX");
  if (whole !== undefined) return whole.value ?? null;
  if (parts.some((name) => environment.get(name)?.valueFrom !== undefined)) return null;
  const [bucket, postgresVersion, givenPrefix, scopeSuffix = ""] = parts.map((name) => environment.get(name)?.value);
  if (bucket === undefined || postgresVersion === undefined) return null;
  // If the operator sets no prefix, Spilo builds one from the namespace (configure_spilo.py).
  const scopePrefix = givenPrefix ?? (namespace === "default" ? "" : `${namespace}-`);
  return s3Url(spiloLocation({ bucket, scope, scopePrefix, scopeSuffix, postgresVersion }));
}
