import type { ErrorCode } from "../catalogue/error-codes.ts";
import { findingsAt, type Finding } from "../finding.ts";
import { s3Url, type S3Location } from "../aws/s3-location.ts";
import { databaseFolder } from "../spilo/path.ts";
import type { Credentials } from "./restore.ts";

/** Why a request to the store failed. */
export interface StoreFailure {
  /** Undefined for a failure that has no code, such as a time limit. */
  readonly code: ErrorCode | undefined;
  readonly why: string;
}

/** What the store of the new database's own backups answered. */
export interface OwnStore {
  /** The folder of all databases of this name, of which the new one will have a part. */
  readonly folder: S3Location;
  readonly list: "done" | StoreFailure;
  /** Whether a small object could be created; undefined when that was not tried, because the Pods' keys are not known. */
  readonly write: "done" | StoreFailure | undefined;
  /** Whether it could be deleted again; undefined when there was nothing to delete. */
  readonly remove: "done" | StoreFailure | undefined;
  /** How the Pods access the store. */
  readonly credentials: Credentials;
}

/**
 * The folder in which the databases of one name keep their backups.
 *
 * @param operatorNamesBucket whether the operator's own configuration has `wal_s3_bucket`; see `backupPath`.
 */
export function ownFolder(
  bucket: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  operatorNamesBucket: boolean,
): S3Location {
  const prefix = operatorNamesBucket || namespace === "default" ? "" : `${namespace}-`;
  return { bucket, prefix: databaseFolder(`${prefix}${name}`) };
}

/**
 * The key of the object that is written and deleted. It lies in a folder of its own, so in no database's backups. All
 * checks use the same one, so that the next check deletes the object of one that was killed.
 */
export function probeKey({ prefix }: S3Location): string {
  return `${prefix}/postgres-recovery/write-check`;
}

/** Errors that do not depend on whose credentials are used. */
const wrongStore: readonly (ErrorCode | undefined)[] = ["s3-bucket-missing", "s3-region-wrong"];
/** Errors that say that these credentials cannot be used. */
const denied: readonly (ErrorCode | undefined)[] = ["s3-forbidden", "aws-credentials-rejected"];

/** Whether the new database can write its backups, so that archiving does not fill its volume. */
export function judgeOwnStore({ folder, list, write, remove, credentials }: OwnStore): Finding[] {
  const at = findingsAt(s3Url(folder));
  const failure = list === "done" ? write : list;
  if (failure !== undefined && failure !== "done" && wrongStore.includes(failure.code))
    return [at.refuse("backup-store-wrong", `backups cannot be written: ${failure.why}`, "correct bucket and region")];
  if (write === undefined) return [untried(folder, list, credentials)];
  if (failure !== undefined && failure !== "done") {
    const isDenied = denied.includes(failure.code);
    return [
      isDenied
        ? at.refuse(
            "backup-store-denied",
            `the Pods' keys cannot write backups: ${failure.why}`,
            "attach the writer's policy to the keys' user (docs/buckets.md), then check again",
          )
        : at.unknown(
            "backup-store-unknown",
            `whether backups can be written is unknown: ${failure.why}`,
            "correct the access to the store, then check again",
          ),
    ];
  }
  const findings = [at.ok("backup-store-writable", "can be listed and written to with the Pods' keys")];
  if (remove === undefined || remove === "done") return findings;
  return [
    ...findings,
    at.warn(
      "backup-delete-denied",
      `an object of the check could not be deleted again: ${remove.why}`,
      "allow s3:DeleteObject: without it old backups are never deleted, either",
    ),
  ];
}

function untried(folder: S3Location, list: OwnStore["list"], credentials: Credentials): Finding {
  const who =
    credentials === "secret"
      ? "the keys of the pod Secret were not given"
      : `only the Pods can assume the role ${credentials.irsaRoleArn}`;
  const seen = list === "done" ? "" : `; it could not even be listed by the caller: ${list.why}`;
  return findingsAt(s3Url(folder)).warn(
    "backup-write-untried",
    `whether the Pods can write backups is unknown, because ${who}${seen}`,
    "when the database runs, see the archiver and the newest WAL in `postgres-recovery harbor status`",
  );
}
