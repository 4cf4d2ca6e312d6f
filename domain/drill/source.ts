import type { ContainerVariable } from "../kubernetes/container.ts";
import type { Restore, RestoreSource } from "../restore/restore.ts";

/** The place of backups, in the words of a restore. */
export type DrillSource = Pick<
  Restore,
  "bucket" | "endpoint" | "postgresVersion" | "region" | "scope" | "source" | "versionInPath"
>;

const needed = ["WAL_S3_BUCKET", "AWS_REGION", "PGVERSION"] as const;
const optional = ["AWS_ENDPOINT", "WAL_BUCKET_SCOPE_PREFIX", "WAL_BUCKET_SCOPE_SUFFIX"] as const;

/**
 * Where the running database writes its backups, by the environment of its Pods, as a restore names it. Undefined when the
 * environment does not say: a variable is missing, refers to another object, or holds the whole location at once.
 *
 * @param scope name of the `postgresql` resource.
 */
export function sourceFromEnvironment(
  namespace: string,
  scope: string,
  environment: ReadonlyMap<string, ContainerVariable>,
): DrillSource | undefined {
  if (environment.has("WALG_S3_PREFIX") || environment.has("WALE_S3_PREFIX")) return undefined;
  if ([...needed, ...optional].some((name) => environment.get(name)?.valueFrom !== undefined)) return undefined;
  const [bucket, region, version] = needed.map((name) => environment.get(name)?.value);
  const [endpoint, prefix, suffix = ""] = optional.map((name) => environment.get(name)?.value);
  if (bucket === undefined || region === undefined || version === undefined) return undefined;
  // If the operator sets no prefix, Spilo builds one from the namespace (configure_spilo.py).
  const scopePrefix = prefix ?? (namespace === "default" ? "" : `${namespace}-`);
  const source: RestoreSource | undefined = sourceOf(scopePrefix, suffix);
  if (source === undefined) return undefined;
  return { bucket, region, endpoint, scope, source, postgresVersion: Number(version), versionInPath: true };
}

/** A restore names the text before the scope or the UID behind it, and not both. */
function sourceOf(prefix: string, suffix: string): RestoreSource | undefined {
  if (suffix === "") return { prefix };
  return prefix === "" && suffix.startsWith("/") ? { uid: suffix.slice(1) } : undefined;
}
