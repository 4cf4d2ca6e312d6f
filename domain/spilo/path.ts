import { type S3Location } from "../aws/s3-location.ts";

/** The folder of a bucket that contains the backups of all databases. */
export const spiloFolder = "spilo";
/** The folder of a database that contains its base backups and its WAL. */
export const walFolder = "wal";

/**
 * The folder of a database.
 *
 * @example databaseFolder("postgresql-harbor-harbor") // → "spilo/postgresql-harbor-harbor"
 */
export function databaseFolder(scope: string): string {
  return `${spiloFolder}/${scope}`;
}

/** The parts from which Spilo builds the location of a database's backups, each with the text of its variable. */
export interface SpiloPath {
  /** (CLONE_)WAL_S3_BUCKET: a name, without `s3://`. */
  readonly bucket: string;
  /** (CLONE_)SCOPE: the folder's name, which is the name of the `postgresql` resource. */
  readonly scope: string;
  /** (CLONE_)WAL_BUCKET_SCOPE_PREFIX: comes right before the scope, for instance `harbor-cluster-`. */
  readonly scopePrefix: string;
  /** (CLONE_)WAL_BUCKET_SCOPE_SUFFIX: comes right after the scope, so it has its own leading slash. */
  readonly scopeSuffix: string;
  /** (CLONE_)PGVERSION: the folder below `wal`. Empty for backups of Spilo before 2.0-p2, which are in `wal` itself. */
  readonly postgresVersion: string;
}

/**
 * Where the backups are: `spilo/{prefix}{scope}{suffix}/wal/{version}`. Spilo concatenates the parts as they are
 * (zalando/spilo configure_spilo.py, write_wale_environment).
 *
 * @example
 * const path = { bucket: "backups", scope: "db", scopePrefix: "", scopeSuffix: "/8f3e", postgresVersion: "12" };
 * spiloLocation(path) // → { bucket: "backups", prefix: "spilo/db/8f3e/wal/12" }
 */
export function spiloLocation({ bucket, scope, scopePrefix, scopeSuffix, postgresVersion }: SpiloPath): S3Location {
  const folder = `${databaseFolder(`${scopePrefix}${scope}${scopeSuffix}`)}/${walFolder}`;
  return { bucket, prefix: postgresVersion === "" ? folder : `${folder}/${postgresVersion}` };
}

/**
 * The locations where Spilo looks for a backup to clone, in its order; it takes the first one that holds a backup
 * (clone_with_wale.py, get_wale_environments). With a version in the path there is only that one. Without a version these
 * are the folders of every version that the image has, up to the new database's version, newest first; then `wal` itself.
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

/** The parts of a Zalando operator's database that decide where its own backups are. */
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
 * @param operatorNamesBucket whether the operator's own configuration has `wal_s3_bucket`. Only then is the UID part of
 *   the path. Without it, a new cluster of the same name writes into its predecessor's backups
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
 * Whether one location contains the other, so that objects written to one appear in the other. The folder `wal` of old
 * backups contains the folders of all versions of the same database.
 */
export function overlap(a: S3Location, b: S3Location): boolean {
  const within = (inner: string, outer: string): boolean => `${inner}/`.startsWith(`${outer}/`);
  return a.bucket === b.bucket && (within(a.prefix, b.prefix) || within(b.prefix, a.prefix));
}
