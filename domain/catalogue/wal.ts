import type { Explanations } from "./explanation.ts";

/** The WAL that leads from the backup to the target. */
export const wal = {
  "wal-start-missing": {
    title: "the first WAL segment of the backup is missing",
    means: "The segment at which the backup begins is not in the archive.",
    matters: "PostgreSQL cannot make the backup consistent, so the restore fails.",
    todo: "Take a target time before this backup, so that an older one is taken.",
    green: "The backup is complete, and `wal-g backup-list` shows it.",
  },
  "wal-too-short": {
    title: "the WAL ends before the backup is consistent",
    means: "The archive lacks segments that were written while the backup was made.",
    matters: "PostgreSQL ends with `WAL ends before end of online backup`.",
    todo: "Take a target time before this backup, so that an older one is taken.",
    green: "The backup is complete, and `wal-g backup-list` shows it.",
  },
  "wal-gap": {
    title: "WAL segments are missing",
    means: "Between the backup and its target, segments are not in the archive. The finding names the first one.",
    matters:
      "PostgreSQL 12 ends its recovery at the first missing segment, promotes, and says nothing of what came after.",
    todo: "Look for the segments in deleted versions, on the old volumes, or at the other place of the same database. If what came after may be lost, take a target time before the moment in the finding.",
    green:
      "The restore ends without an error, Pods are Ready, and the postgresql resource says Running: with old data. At the source, archiving goes on after a gap.",
  },
  "wal-gap-after-target": {
    title: "WAL is missing or unusable after the target",
    means: "A later backup proves that everything up to the target lies before the place.",
    matters: "Later moments cannot be reached from this backup.",
    todo: "Nothing for this restore.",
    green: "This restore. At the source, archiving goes on after a gap.",
  },
  "wal-ends-before-target": {
    title: "the WAL ends before the target time",
    means: "The newest segment on the way was archived before the target.",
    matters: "PostgreSQL 12 stops at the end and promotes, without a word that the target was not reached.",
    todo: "Leave restore.targetTime out to restore as far as the WAL goes.",
    green: "The restore ends without an error, Pods are Ready, and the postgresql resource says Running.",
  },
  "wal-timeline-foreign": {
    title: "the newest timeline branched off before the backup",
    means:
      "Its history file says that it left the backup's timeline before the backup began or was complete, so it is no continuation of it. Restores into the same place leave such timelines.",
    matters:
      "PostgreSQL follows the newest timeline, and stops with `requested timeline is not a child` or `online backup was canceled`.",
    todo: "Move the history file and the WAL of the timeline that is not meant to another prefix, or restore a backup of that timeline.",
    green: "The backup and the WAL of its own timeline are complete.",
  },
  "wal-empty": {
    title: "WAL segments have no content",
    means: "The objects are there with 0 bytes, for instance after an upload that was cut or a copy that failed.",
    matters: "PostgreSQL stops with `archive file has wrong size` and does not start.",
    todo: "Look for an older version of the objects. Otherwise take a target time before the moment in the finding.",
    green: "The names are complete, so `wal-g wal-show` finds no gap, and archiving goes on.",
  },
  "wal-content-damaged": {
    title: "WAL segments are damaged",
    means:
      "`restore check --read` downloaded the segment, and it does not unpack to 16 MiB: it ends too early, has a wrong checksum, or begins with something else.",
    matters:
      "`wal-g wal-fetch` fails there. PostgreSQL takes that for the end of the WAL, promotes, and says nothing of what came after.",
    todo: "Look for an older version of the objects. Otherwise take a target time before the moment in the finding.",
    green: "Names and sizes are right, so `wal-g wal-show` finds no gap, and archiving goes on.",
  },
  "wal-content-wrong": {
    title: "WAL segments hold other WAL than their names say",
    means:
      "The segment was written by another database (system identifier), another PostgreSQL version, or for another position or timeline. Two databases that archive to one place overwrite each other's WAL without an error.",
    matters:
      "PostgreSQL stops there: at the start of the backup with an error, later without one, and later changes are lost.",
    todo: "Bring the right objects back (their older versions, if the bucket keeps versions), or take a target time before this backup. Let no second database archive to this place.",
    green: "Names and sizes are right, and both databases archive without an error.",
  },
  "wal-content-broken": {
    title: "the WAL does not go on from record to record",
    means:
      "A segment ends before its successor begins, or does not continue the one before it: a record is cut, has a wrong checksum, or names another one before it. Two servers of one database that both archive, after a failover that went wrong, leave this.",
    matters: "PostgreSQL takes that place for the end of the WAL, promotes, and says nothing of what came after.",
    todo: "Bring the right objects back (their older versions, if the bucket keeps versions), or take a target time before the moment in the finding.",
    green: "Names, sizes and checksums of the objects are right, and archiving goes on.",
  },
  "wal-content-unread": {
    title: "not all WAL segments could be read",
    means:
      "`restore check --read` did not get to the end: S3 refused, the time limit was over, the segments are encrypted by WAL-G (libsodium, OpenPGP), or their compression is lzma or lzo, which is not read.",
    matters: "Whether the unread segments lead on is not known.",
    todo: "Correct the access, or allow more time with --read-timeout. For encrypted or lzma segments only a restore into another cluster proves them; without --read, the check judges names, sizes and times alone.",
    green: "All checks of names and sizes.",
  },
  "wal-cut": {
    title: "WAL segments are cut",
    means: "Uncompressed segments are smaller than 16 MiB, or compressed ones smaller than any whole segment becomes.",
    matters: "PostgreSQL takes the cut segment for the end of the WAL, promotes, and says nothing of what came after.",
    todo: "Look for an older version of the objects. Otherwise take a target time before the moment in the finding.",
    green:
      "The names are complete; the restore ends without an error, Pods are Ready, and the postgresql resource says Running.",
  },
  "wal-archived": {
    title: "WAL segments lie in an archive class",
    means: "S3 moved them to Glacier, Deep Archive, or an archive tier of Intelligent-Tiering.",
    matters:
      "WAL-G cannot fetch them. PostgreSQL ends its recovery there, promotes, and says nothing of what came after.",
    todo: "`aws s3api restore-object`, or S3 Batch Operations, for as long as the restore may take; then check again. Exempt the prefix from the lifecycle rule.",
    green: "Lists show every segment with its full size, and archiving goes on.",
  },
  "wal-tier-unknown": {
    title: "it is not known whether WAL segments are archived",
    means:
      "They are in S3 Intelligent-Tiering. Only a question about each object tells whether S3 has archived it, and that was not possible.",
    matters: "At an archived segment PostgreSQL would end its recovery and promote.",
    todo: "Give the credentials s3:GetObject on them, then check again.",
    green: "Lists show every segment with its full size.",
  },
  "wal-overwritten": {
    title: "another database has overwritten WAL",
    means:
      "Segments were written later than their successors, or than a backup that needed them. PostgreSQL archives in order, so somebody wrote them a second time: another database at the same place, or a hand.",
    matters:
      "PostgreSQL stops at WAL of another database. At the backup's first segment it does not start; later, it promotes without the rows that came after.",
    todo: "Bring the right objects back, from older versions if the bucket keeps them, or take a target time before this backup. Set wal_s3_bucket in the operator's configuration, so that each database has a place of its own.",
    green:
      "No name is missing and each size is right. Both databases archive with success, and `wal-g backup-list` is in order.",
  },
  "wal-origin-unproven": {
    title: "it is not proven that the WAL is this database's own",
    means:
      "The bucket was copied, so LastModified tells when it was copied, not the order in which segments were written.",
    matters: "If another database overwrote segments before the copy, the times cannot show it.",
    todo: "Check again with --read (restore.read in a stack), which reads who wrote each segment. Otherwise compare the restored data with what you expect.",
    green: "The restore, most likely.",
  },
  "wal-gap-likely-after-target": {
    title: "WAL is missing or unusable, most likely after the target",
    means:
      "By the times of the uploads the target lies before the place, and archiving was steady. No backup proves it.",
    matters:
      "WAL may be archived long after it was written. If the archiver was behind, rows from before the target are missing.",
    todo: "Compare the newest restored rows with what you expect.",
    green: "The restore ends without an error in either case.",
  },
  "wal-gap-unproven": {
    title: "it is not known whether missing WAL is needed",
    means:
      "Segments are missing or unusable, and whether the target lies before or after them cannot be told: an outage of the archiver makes upload times useless.",
    matters: "If they are needed, PostgreSQL ends its recovery there, promotes, and says nothing of what came after.",
    todo: "Take a target time before the start of a later backup that began before the gap: that backup proves what the WAL holds.",
    green: "The restore ends without an error, Pods are Ready, and the postgresql resource says Running.",
  },
  "wal-reach-unproven": {
    title: "it is not proven that the WAL reaches the target",
    means:
      "The newest segment was archived after the target, but WAL may be archived long after it was written, and no later backup shows when this was.",
    matters:
      "When the cluster was lost, its archiver may have been behind. Then the last rows before the target are in no segment.",
    todo: "Compare the newest restored rows with what you expect.",
    green: "The restore ends without an error.",
  },
  "wal-timeline-unreachable": {
    title: "WAL of a later timeline cannot be reached",
    means: "The archive has WAL of a later timeline, but not the history file that leads to it.",
    matters:
      "PostgreSQL goes by history files alone. It promotes at the end of the timeline that it knows, and the rows after the switch are lost, also with a target on the later timeline.",
    todo: "Bring the history file back (`0000000N.history`, from an older version in the bucket, or from `pg_wal` of an old volume).",
    green:
      "Every segment is there, the restore ends without an error, Pods are Ready, and the postgresql resource says Running.",
  },
  "wal-branch-left": {
    title: "WAL of a timeline will not be restored",
    means:
      "PostgreSQL leaves the timeline at the point that the history file names. WAL behind that point, or of a timeline beside the way, exists as well.",
    matters:
      "Rows that were written to it do not come back. After a failover these are a former leader's last writes; after an attempt at a restore they may be the real data.",
    todo: "Make sure that the newer timeline is the one that is meant.",
    green: "The restore.",
  },
  "timeline-history-unreadable": {
    title: "the newest history file could not be read",
    means: "It is in the listing, and could not be fetched or decompressed; the finding has the reason.",
    matters: "Which way PostgreSQL would take through the timelines is not known, so neither is which WAL it needs.",
    todo: "Correct the access to the file, or look into it by hand.",
    green: "The backup, and the listing of the WAL.",
  },
  "timeline-without-wal": {
    title: "a timeline has a history and no WAL",
    means:
      "A server was promoted, archived its history file, and then no segment: it was stopped soon after, or its archiving failed.",
    matters: "Whatever was written after the promotion is not restored.",
    todo: "Make sure that the end of the previous timeline is the moment you want.",
    green: "The restore ends without an error, at the end of the timeline before.",
  },
} satisfies Partial<Explanations>;
