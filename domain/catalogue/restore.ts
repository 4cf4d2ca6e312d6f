import type { Explanations } from "./explanation.ts";

/** The backup to restore, and the place where the new database writes its own. */
export const restore = {
  "restore-credentials-untried": {
    title: "the Pods' own credentials were not tried",
    means:
      "S3 was read with the AWS credentials of whoever ran the check. A role of the Pods cannot be assumed from outside, and keys were not given.",
    matters: "The check can be right about the backups, and the Pods may still not be allowed to read them.",
    todo: "Run it in `pulumi up`, or with the Pods' keys in the request. For a role, compare its policy with the reader's in docs/buckets.md.",
    green: "Every finding about backups and WAL.",
  },
  "target-time-in-future": {
    title: "the target time lies in the future",
    means: "restore.targetTime is later than now.",
    matters: "PostgreSQL 12 would promote at the end of the WAL and say nothing of the target.",
    todo: "Leave it out to restore as far as the WAL goes.",
    green: "The backups.",
  },
  "database-exists": {
    title: "the new database already exists, and is a different one",
    means: "Patroni has noted a system identifier for it, and no backup at the source has the same one.",
    matters: "Spilo clones only into a database that was never bootstrapped. It would ignore every CLONE_ value.",
    todo: "If its data may be lost, delete the postgresql resource with its volumes, and let the operators create it again. Otherwise the restore is not wanted.",
    green:
      "The Pods are made again with the CLONE_ values in their environment, are Ready, and the resource says Running: with the old data.",
  },
  "volumes-left": {
    title: "volumes of the lost database are left",
    means:
      "There are PersistentVolumeClaims of the database's StatefulSet, and no postgresql resource, or one that is younger. The operator deletes them with the resource, unless it was down at that moment, or its persistent_volume_claim_retention_policy keeps them.",
    matters:
      "A StatefulSet takes over a claim that has the right name. Spilo clones only into an empty volume: it starts the old data instead, and a restore to a moment silently does not happen.",
    todo: "Delete the claims, if their data may be lost. If you may still need the data, take a snapshot of the volumes first. If Pods use them already, delete the HarborCluster and its postgresql resource before.",
    green:
      "Pods are Ready, the postgresql resource says Running, and the system identifier is that of the backups, because it is the same database.",
  },
  "volumes-unreadable": {
    title: "it is not known whether volumes of the lost database are left",
    means: "The PersistentVolumeClaims of Harbor's namespace cannot be listed; the finding has the reason.",
    matters: "If one is left, Spilo starts the old data from it, ignores the restore and reports no error.",
    todo: "Give the permission to list persistentvolumeclaims (docs/permissions.md), then check again.",
    green: "The backups, and every other object in the namespace.",
  },
  "backup-missing": {
    title: "there is no backup at the place",
    means: "The folder that Spilo computes holds no sentinel of a finished backup, and no unfinished one.",
    matters: "The clone fails again and again with `Could not find any backups`.",
    todo: "Correct scope, uid, prefix, postgresVersion or versionInPath; `restore check --suggest` lists what is in the bucket.",
    green: "The bucket can be read, and may hold the backups under another folder.",
  },
  "backup-unfinished": {
    title: "no backup at the place was ever finished",
    means:
      "There are folders of backups without their sentinel, which WAL-G writes last: they were interrupted, or are still running.",
    matters: "WAL-G does not see them, so there is nothing to restore.",
    todo: "Look for an older database of the same name with --suggest. For the future, see the backup log in the leader's Pod.",
    green: "The folder holds gigabytes, and WAL beside it is complete: archiving succeeded all the time.",
  },
  "backups-unlisted": {
    title: "the backups could not be listed",
    means: "S3 refused, did not answer, or not all was read in the time allowed; the finding has the reason.",
    matters:
      "Which backup would be taken is not known. When this place comes first in Spilo's order, a later one proves nothing either.",
    todo: "Correct credentials, region or endpoint, then check again.",
    green: "The database may archive and back up with its own credentials.",
  },
  "backup-place-ignored": {
    title: "backups at this place will not be used",
    means:
      "Spilo tries several folders when no version is given, and takes the first one with a backup. This one comes later.",
    matters: "If this place holds the newer data, the restore brings back the older ones.",
    todo: "Declare the version to restore from, with versionInPath.",
    green: "The restore succeeds.",
  },
  "backup-before-target-missing": {
    title: "no backup is older than the target time",
    means: "WAL-G compares the target with the LastModified of each sentinel. All are later.",
    matters:
      "The clone fails with `Could not find any backups`. In a bucket that was copied, LastModified is the time of the copy, so this happens although the backups are old enough.",
    todo: "Take a later target. For a copied bucket, leave the target out.",
    green: "`wal-g backup-list` shows all backups.",
  },
  "backup-parent-missing": {
    title: "a backup on which this one is based is missing",
    means: "It is a delta backup, and its parent's sentinel is not there.",
    matters: "WAL-G cannot put the files together.",
    todo: "Take a target time before this backup, so that a whole one is taken.",
    green: "The backup itself is complete, and `wal-g backup-list` shows it.",
  },
  "backup-control-file-missing": {
    title: "the backup has no control file",
    means: "pg_control.tar is missing among its parts, which WAL-G writes and fetches last.",
    matters: "PostgreSQL does not start without pg_control.",
    todo: "Take a target time before this backup.",
    green: "`wal-g backup-list` shows it, because only the sentinel counts there.",
  },
  "backup-parent-control-file-missing": {
    title: "a backup on which this one is based has no control file",
    means: "pg_control.tar is missing in a parent of this delta backup. The delta has one of its own.",
    matters:
      "WAL-G up to 3.0.4 ends with an error, and every Spilo image with PostgreSQL 12 has such a WAL-G. Newer ones restore it.",
    todo: "Take a target time before this backup, so that an older one is taken.",
    green: "The backup itself is complete, and `wal-g backup-list` shows both.",
  },
  "backup-file-list-missing": {
    title: "the backup's list of files is missing",
    means:
      "files_metadata.json is missing or empty. WAL-G since 2.0 writes the names of the files there; older ones keep them in the sentinel.",
    matters: "`wal-g backup-fetch` exits with 1, so the restore fails.",
    todo: "Take a target time before this backup. In a bucket with versioning, look for a deleted version of the file.",
    green: "All parts of the backup are there, and `wal-g backup-list` shows it.",
  },
  "backup-archived": {
    title: "a part of the backup is in an archive class",
    means: "S3 moved objects of the backup to Glacier, Deep Archive, or an archive tier of Intelligent-Tiering.",
    matters: "They cannot be read until S3 has restored them, which takes minutes to days. WAL-G does not order that.",
    todo: "`aws s3api restore-object` for each object of the backup, or S3 Batch Operations, for as long as the restore may take. Then check again, and exempt the prefix from the lifecycle rule.",
    green:
      "Lists show every object with its full size, `wal-g backup-list` shows the backup, and new backups are made.",
  },
  "backup-tier-unknown": {
    title: "it is not known whether parts of the backup are archived",
    means:
      "They are in S3 Intelligent-Tiering. A listing does not tell whether S3 has archived them; only a question about each object does, and that was not possible.",
    matters: "An archived part cannot be read, and the restore would fail in the middle.",
    todo: "Give the credentials s3:GetObject on them, then check again.",
    green: "Lists show every object with its full size, and `wal-g backup-list` shows the backup.",
  },
  "backup-sentinel-unreadable": {
    title: "the backup's description could not be read",
    means: "Its sentinel, or its metadata.json, could not be fetched or parsed; the finding has the reason.",
    matters:
      "Its version, its end and its size are not known. A sentinel in an archive class lists as usual and cannot be read.",
    todo: "Give s3:GetObject below the prefix (and kms:Decrypt), or restore the object from its archive class; then check again.",
    green: "The listing is complete, and `wal-g backup-list` without --detail shows the backup.",
  },
  "backup-version-unknown": {
    title: "the backup does not say its PostgreSQL version",
    means: "Neither the sentinel nor metadata.json has it: it was made by a very old WAL-G.",
    matters: "A backup of another version does not start.",
    todo: "Make sure that it is the declared one; its folder's name usually tells.",
    green: "Everything else about the backup.",
  },
  "backup-version-wrong": {
    title: "the backup has another PostgreSQL version",
    means: "The sentinel's version is not restore.postgresVersion.",
    matters: "With the wrong version declared, Spilo starts the wrong programs on it, or looks in the wrong folder.",
    todo: "Set restore.postgresVersion to the one in the finding.",
    green: "The backup is complete.",
  },
  "backup-version-too-new": {
    title: "the backup is newer than Harbor's PostgreSQL",
    means: "Harbor's database is version 12, and the backup is of a later one.",
    matters: "PostgreSQL never reads a newer version's files. There is no downgrade.",
    todo: "Restore a backup of version 12 or older, or load a dump.",
    green: "The backup is complete.",
  },
  "backup-parts-missing": {
    title: "parts of the backup are missing",
    means: "Its parts together are smaller than the sentinel says.",
    matters:
      "WAL-G may fetch what is left with exit code 0. The database then starts, and fails at the first table whose file is missing.",
    todo: "Take a target time before this backup. In a bucket with versioning, look for deleted versions of its parts.",
    green: "`wal-g backup-list` shows it; `wal-g backup-fetch` and PostgreSQL's start can succeed.",
  },
  "backup-part-damaged": {
    title: "a part of the backup is damaged",
    means:
      "`restore check --read` downloaded the part, and its content is not what its name says: it ends too early, has a wrong checksum, or is no tar file.",
    matters: "`wal-g backup-fetch` tries the part again for hours, with growing pauses, and then ends with an error.",
    todo: "Take a target time before this backup. In a bucket with versioning, look for an older version of the part.",
    green: "Lists show the part with its full size, and `wal-g backup-list` shows the backup.",
  },
  "backup-files-missing": {
    title: "files of the database are in no part of the backup",
    means:
      "All parts were read, and none has a file that files_metadata.json names, or backup_label, from which PostgreSQL learns where the backup begins.",
    matters: "The database does not start, or fails at the first table whose file is missing.",
    todo: "Take a target time before this backup.",
    green: "The parts have the size that the sentinel says, and can all be unpacked.",
  },
  "backup-part-foreign": {
    title: "a part of the backup is of another backup",
    means:
      "The files in one of its parts were changed at other times than its list of files says, or its backup_label begins elsewhere than its sentinel says.",
    matters: "The restored database would be a mixture of two moments, which PostgreSQL may not notice when it starts.",
    todo: "Bring the right object back from an older version, if the bucket keeps versions. Otherwise restore an earlier backup.",
    green: "Every object is there with its size, each part can be read, and its files have the right names.",
  },
  "backup-control-file-wrong": {
    title: "the backup's control file belongs to something else",
    means:
      "pg_control names another database (system identifier) or another PostgreSQL version than the backup's sentinel, or is not in its part.",
    matters: "PostgreSQL does not start, or takes WAL of the right database for foreign.",
    todo: "Take a target time before this backup. Find out who wrote to this place.",
    green: "The part is there and can be unpacked, and `wal-g backup-list` shows the backup.",
  },
  "backup-content-unread": {
    title: "not all parts of the backup could be read",
    means:
      "`restore check --read` did not get to the end: S3 refused, the time limit was over, the parts are encrypted by WAL-G (libsodium, OpenPGP), or their compression is lzma or lzo, which is not read.",
    matters: "Whether the unread parts are whole is not known.",
    todo: "Correct the access, or allow more time with --read-timeout. For encrypted or lzma parts only a restore into another cluster proves them; without --read, the check judges names and sizes alone.",
    green: "All checks of names and sizes.",
  },
  "backup-size-unproven": {
    title: "a missing part of the backup cannot be ruled out",
    means: "Its sentinel does not say how many bytes its parts have, so the sum cannot be compared.",
    matters: "A part that is gone shows only in the restored database, at the first table whose file is missing.",
    todo: "Check again with --read (restore.read in a stack), which compares the files in the parts with the backup's list. Otherwise read every table after the restore, for instance with `pg_dumpall > /dev/null`.",
    green: "`wal-g backup-list` shows it; `wal-g backup-fetch` and PostgreSQL's start can succeed.",
  },
  "backup-metadata-missing": {
    title: "the backup has no metadata.json",
    means: "Its own times are not known; LastModified of its sentinel is all there is.",
    matters: "LastModified is that of the last copy. After a copy of the bucket, WAL-G orders backups wrongly.",
    todo: "Make sure that the bucket was not copied.",
    green: "The restore works without the file; only `wal-g backup-list --detail` fails.",
  },
  "backup-finished-after-target": {
    title: "the backup ended after the target time",
    means: "Its own finish time is later than the target, though its LastModified is earlier.",
    matters:
      "A backup can be restored only to moments after its end. PostgreSQL would stop with an error, or go beyond the target.",
    todo: "Take a later restore.targetTime.",
    green: "WAL-G chooses it without complaint.",
  },
  "backup-time-shifted": {
    title: "the backup's times do not fit",
    means:
      "Its own finish time and its sentinel's LastModified are more than an hour apart: the bucket was copied or replicated.",
    matters: "WAL-G chooses by LastModified, so the newest by that may not be the newest.",
    todo: "Make sure that the chosen backup is the one that is meant.",
    green: "The restore succeeds, with whichever backup was taken.",
  },
  "backup-identifiers-mixed": {
    title: "backups of several databases are at one place",
    means: "Their system identifiers differ: a new database of the same name wrote into the folder of the lost one.",
    matters:
      "Their WAL has the same names, and one may have overwritten the other's. A restore can stop early, or mix them.",
    todo: "Move the backups and WAL of the other database away. Set wal_s3_bucket in the operator's configuration, so that it does not happen again.",
    green: "Each backup is complete, `wal-g backup-list` shows all, and archiving succeeds.",
  },
  "backup-identifier-missing": {
    title: "no backup names its database",
    means: "The sentinels have no system identifier: an older WAL-G made them.",
    matters: "Two databases at one place cannot be told apart.",
    todo: "Check again with --read (restore.read in a stack), which finds the system identifier in pg_control and in the WAL. Otherwise compare the data with what you expect after the restore.",
    green: "Backups and WAL.",
  },
  "backup-identifier-unread": {
    title: "other backups do not show their database",
    means: "The sentinels of backups that are not restored could not be read; the finding has the reason.",
    matters:
      "Whether another database also writes to the place is not known. If one does, it overwrites WAL that the restore needs.",
    todo: "Correct the access to these sentinels, or get them out of S3's archive, then check again. With --read (restore.read in a stack) the WAL that is needed is read, and it names its database.",
    green: "The chosen backup is complete, and its own sentinel names the right database.",
  },
  "own-place-unreadable": {
    title: "the place of the new database's backups is not known",
    means: "It could not be computed or listed; the finding has the reason.",
    matters: "If it is the place of the backups to restore, the new database overwrites them.",
    todo: "Get the permission or the access, then check again.",
    green: "The backups to restore.",
  },
  "own-place-overlaps": {
    title: "the new database would write into the backups to restore",
    means:
      "Its own place lies within the source's, or the reverse: without a UID in the path both have the same folder.",
    matters:
      "Its first WAL segments have the names of the old ones and replace them. A second attempt then has nothing to restore from.",
    todo: "Set wal_s3_bucket in the operator's configuration, and make the cluster again, so that it gets another UID.",
    green: "The first restore succeeds, and archiving succeeds.",
  },
  "own-place-foreign": {
    title: "the place of the new database's backups is not empty",
    means: "The place is not empty, and what is there is not known to be this database's alone.",
    matters: "WAL of two databases at one place cannot be told apart, and overwrites each other.",
    todo: "Move its content away.",
    green: "Archiving and backups succeed.",
  },
} satisfies Partial<Explanations>;
