import { findingsAt, type Finding } from "../finding.ts";
import type { BackupDescription } from "./backup.ts";
import type { BackupContents } from "./contents.ts";
import type { StoredBackup } from "./storage.ts";

/** A backup, and what its sentinel says of it. */
export interface DescribedBackup {
  readonly backup: StoredBackup;
  readonly description: BackupDescription;
  /** `s3://…` of its folder, for findings. */
  readonly where: string;
  /** Whether it is the one to restore, or one on which that one builds. */
  readonly role: "chosen" | "parent";
}

/** More than the pg_control of a cluster ever takes; 400 bytes are usual. */
const pgControlBytes = 1024;
const earlier = "take a target time before this backup, so that an older one is restored";

/**
 * Whether WAL-G finds every object of a backup, as far as names, sizes and storage classes tell.
 *
 * @param contents what the parts hold, if they were read: with a list of files, no size is needed.
 */
export function judgeCompleteness(
  { backup, description, where, role }: DescribedBackup,
  contents?: BackupContents,
): Finding[] {
  const at = findingsAt(where);
  const findings: Finding[] = [];
  const { archived, tiered, hasPgControl, hasFilesMetadata } = backup;
  if (archived > 0) {
    findings.push(
      at.refuse(
        "backup-archived",
        `has ${archived} object${archived === 1 ? "" : "s"} in an archive of S3 (Glacier, Deep Archive, or an archive tier of Intelligent-Tiering), which cannot be read`,
        "have S3 restore them (aws s3api restore-object) for as long as the restore may take, then check again",
      ),
    );
  }
  if (tiered.length > 0) {
    findings.push(
      at.unknown(
        "backup-tier-unknown",
        `has ${tiered.length} objects in S3 Intelligent-Tiering; S3 did not say whether they are archived`,
        "give the credentials s3:GetObject on them, then check again",
      ),
    );
  }
  if (description.fileList === "files-metadata" && !hasFilesMetadata) {
    findings.push(
      at.refuse(
        "backup-file-list-missing",
        "has no files_metadata.json, or an empty one: WAL-G fails without it",
        earlier,
      ),
    );
  }
  if (!hasPgControl && role === "chosen") {
    findings.push(
      at.refuse(
        "backup-control-file-missing",
        "has no pg_control.tar, without which PostgreSQL does not start",
        "take a target time before this backup",
      ),
    );
  }
  if (!hasPgControl && role === "parent") {
    findings.push(
      at.warn(
        "backup-parent-control-file-missing",
        "has no pg_control.tar: WAL-G up to 3.0.4 fails, newer versions restore the delta based on it",
        earlier,
      ),
    );
  }
  return [
    ...findings,
    ...judgeSize({ backup, description, where, role }, contents?.list !== undefined && "found" in contents.list),
  ];
}

/**
 * WAL-G counts the bytes of a backup's parts, and writes the sum into the sentinel when nearly all of them are on their
 * way: never more than there are. Up to 0.2.15 it counts neither pg_control nor the part with the backup label
 * (internal/backup_push_handler.go), so a sum that matches exactly means that the label is missing.
 */
function judgeSize({ backup, description, where, role }: DescribedBackup, hasReadList: boolean): Finding[] {
  const at = findingsAt(where);
  const { compressedSize, fileList } = description;
  if (compressedSize === undefined || compressedSize === 0) {
    if (hasReadList) return [];
    return [
      at.warn(
        "backup-size-unproven",
        "does not record the total size of its parts, so a missing part cannot be ruled out",
        "check again with --read (restore.read in a stack), which compares its files with its list, or compare the restored data with what is expected",
      ),
    ];
  }
  const allowed = role === "parent" && !backup.hasPgControl ? pgControlBytes : 0;
  if (backup.size + allowed < compressedSize) {
    return [
      at.refuse(
        "backup-parts-missing",
        `its parts have ${backup.size} bytes in total and should have ${compressedSize}: some are missing`,
        "take a target time before this backup",
      ),
    ];
  }
  if (fileList === "sentinel" && role === "chosen" && backup.dataSize === compressedSize) {
    return [
      at.refuse(
        "backup-parts-missing",
        "has no part with the backup label, without which PostgreSQL finds no checkpoint",
        "take a target time before this backup",
      ),
    ];
  }
  return [];
}
