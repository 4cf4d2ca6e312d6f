import { findingsAt, type FindingsAt } from "../../finding.ts";
import { s3Url, type S3Location } from "../../aws/s3-location.ts";
import { formatDuration, type Duration } from "../../duration.ts";
import { overlap } from "../../spilo/path.ts";
import { walgFolders, type StoredBackup } from "../../walg/storage.ts";
import type { Judged } from "./checks.ts";

/**
 * What was seen of one segment that the new database has completed: in S3 under the key, not there when the time was
 * over, or not to be found out.
 */
export type ArchivedAnswer =
  | { readonly archived: "there"; readonly key: string }
  | { readonly archived: "missing"; readonly archiver: string }
  | { readonly archived: "unknown"; readonly message: string };

const podLog = "see /home/postgres/pgdata/pgroot/pg_log in the leader's Pod: WAL-G's messages are there";

/** Whether a segment of the new database arrives at its own place in S3. */
export function judgeArchived(place: S3Location, segment: string, answer: ArchivedAnswer, limit: Duration): Judged {
  const at = findingsAt(`${s3Url(place)}/${walgFolders.wal}`);
  const expected = `segment ${segment} of the new database within ${formatDuration(limit)}`;
  switch (answer.archived) {
    case "there":
      return { expected, found: answer.key, findings: [at.ok("restored-wal-archived", `has segment ${segment}`)] };
    case "missing": {
      const what = `segment ${segment} of the new database did not arrive within ${formatDuration(limit)}: ${answer.archiver}`;
      return { expected, found: "not there", findings: [at.refuse("restored-wal-not-archived", what, podLog)] };
    }
    case "unknown":
      return { expected, found: "unknown", findings: [storeUnknown(at, answer.message)] };
  }
}

/** The new database's first base backup. */
export type FirstBackupAnswer =
  | { readonly backup: "finished"; readonly found: StoredBackup }
  | { readonly backup: "missing"; readonly unfinished: readonly string[] }
  | { readonly backup: "unknown"; readonly message: string };

/** Whether the new database has a finished base backup at its own place in S3. */
export function judgeFirstBackup(place: S3Location, answer: FirstBackupAnswer, limit: Duration): Judged {
  const at = findingsAt(`${s3Url(place)}/${walgFolders.backups}`);
  const expected = `a finished base backup of the new database within ${formatDuration(limit)}`;
  switch (answer.backup) {
    case "finished": {
      const { name, modified } = answer.found;
      const what = `${name}, finished at ${new Date(modified).toISOString()}`;
      return { expected, found: what, findings: [at.ok("restored-backup-finished", `has ${what}`)] };
    }
    case "missing": {
      const begun = answer.unfinished.length === 0 ? "none was begun" : `begun: ${answer.unfinished.join(", ")}`;
      const what = `no base backup of the new database was finished within ${formatDuration(limit)}; ${begun}`;
      return { expected, found: begun, findings: [at.refuse("restored-backup-missing", what, podLog)] };
    }
    case "unknown":
      return { expected, found: "unknown", findings: [storeUnknown(at, answer.message)] };
  }
}

function storeUnknown(at: FindingsAt, message: string) {
  return at.unknown(
    "restored-store-unknown",
    `cannot be read: ${message}`,
    "correct the access to S3, then verify again",
  );
}

/** A finding when the new database writes where the restored backups are: it would overwrite them. */
export function judgeOwnPlace(own: S3Location, source: S3Location | undefined): Judged | undefined {
  if (source === undefined || !overlap(own, source)) return undefined;
  const expected = "a place of its own for the new database's backups";
  const what = `also holds the restored backups (${s3Url(source)}), and the new database overwrites them`;
  const fix = "set wal_s3_bucket in the Zalando operator's configuration, and restore again into a new resource";
  return { expected, found: s3Url(own), findings: [findingsAt(s3Url(own)).refuse("own-place-overlaps", what, fix)] };
}
