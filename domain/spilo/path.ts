import { type S3Location } from "../aws/s3-location.ts";

/** The folder of a bucket in which the backups of every database lie. */
export const spiloFolder = "spilo";
/** The folder of a database in which its base backups and its WAL lie. */
export const walFolder = "wal";

/**
 * The folder of a database.
 *
 * @example databaseFolder("postgresql-harbor-harbor") // → "spilo/postgresql-harbor-harbor"
 */
export function databaseFolder(scope: string): string {
  return `${spiloFolder}/${scope}`;
}

/** The parts of which Spilo makes the place of a database's backups, each as its variable holds it. */
export interface SpiloPath {
  /** (CLONE_)WAL_S3_BUCKET: a name, without `s3://`. */
  readonly bucket: string;
  /** (CLONE_)SCOPE: the folder's name, which is the name of the `postgresql` resource. */
  readonly scope: string;
  /** (CLONE_)WAL_BUCKET_SCOPE_PREFIX: stands right before the scope, for instance `harbor-cluster-`. */
  readonly scopePrefix: string;
  /** (CLONE_)WAL_BUCKET_SCOPE_SUFFIX: stands right behind the scope, so it brings its own leading slash. */
  readonly scopeSuffix: string;
  /** (CLONE_)PGVERSION, the folder below `wal`; empty for backups of Spilo before 2.0-p2, which lie in `wal` itself. */
  readonly postgresVersion: string;
}

/**
 * Where backups lie: `spilo/{prefix}{scope}{suffix}/wal/{version}`, plain text put together
 * (zalando/spilo configure_spilo.py, write_wale_environment).
 */
export function spiloLocation({ bucket, scope, scopePrefix, scopeSuffix, postgresVersion }: SpiloPath): S3Location {
  const folder = `${databaseFolder(`${scopePrefix}${scope}${scopeSuffix}`)}/${walFolder}`;
  return { bucket, prefix: postgresVersion === "" ? folder : `${folder}/${postgresVersion}` };
}

/**
 * The places in which Spilo looks for a backup to clone, in its order; the first that holds one is taken
 * (clone_with_wale.py, get_wale_environments). With a version in the path there is just that one. Without, the folder of
 * every version that the image has and that is not above the new database's, newest first, and last `wal` itself.
 *
 * @param versions PostgreSQL versions whose programs the image has, such as "12".
 * @param target the new database's version.
 */
export function cloneLocations(path: SpiloPath, versions: readonly string[], target: string): S3Location[] {
  const location = spiloLocation(path);
  if (path.postgresVersion !== "") return [location];
  const usable = versions
    .filter((version) => Number(version) <= Number(target))
    .toSorted((a, b) => Number(b) - Number(a));
  return [...usable.map((version) => ({ ...location, prefix: `${location.prefix}/${version}` })), location];
}

/** A database of the Zalando operator, as far as its own backups' place depends on it. */
export interface BackedUpDatabase {
  readonly bucket: string;
  /** Name of the `postgresql` resource, which is Spilo's SCOPE. */
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly postgresVersion: string;
}

/**
 * Where a database writes its own backups.
 *
 * @param operatorNamesBucket whether the operator's own configuration has `wal_s3_bucket`: only then does the UID become
 *   part of the path. Without it a new cluster of the same name writes into its predecessor's backups
 *   (zalando/postgres-operator#2116).
 */
export function backupPath(database: BackedUpDatabase, operatorNamesBucket: boolean): SpiloPath {
  const { bucket, name, namespace, uid, postgresVersion } = database;
  const place = operatorNamesBucket
    ? { scopePrefix: "", scopeSuffix: `/${uid}` }
    : { scopePrefix: namespace === "default" ? "" : `${namespace}-`, scopeSuffix: "" };
  return { bucket, scope: name, postgresVersion, ...place };
}

/**
 * Whether one place lies within the other, so that what is written to the one is found in the other. The folder `wal` of
 * old backups contains the versions' folders of the same database.
 */
export function overlap(a: S3Location, b: S3Location): boolean {
  const within = (inner: string, outer: string): boolean => `${inner}/`.startsWith(`${outer}/`);
  return a.bucket === b.bucket && (within(a.prefix, b.prefix) || within(b.prefix, a.prefix));
}
