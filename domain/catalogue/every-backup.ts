import type { Explanations } from "./explanation.ts";

/** What `backup verify` finds about the backups of a place together. */
export const everyBackup = {
  "recovery-window-hole": {
    title: "some moments between two backups cannot be restored",
    means:
      "The WAL of the earlier backup ends before the later one begins: segments are missing, cut, or on a timeline that PostgreSQL does not find.",
    matters: "A restore to a moment in the hole ends at its beginning, and PostgreSQL 12 says nothing of it.",
    todo: "If such a moment may be needed, bring the missing objects back from older versions of the bucket. Restores from the later backups work.",
    green: "Every base backup can be restored, archiving goes on, and the newest moments are safe.",
  },
  "recovery-window-short": {
    title: "the backups reach less far back than the retention promises",
    means:
      "The database is older than BACKUP_NUM_TO_RETAIN days, and the earliest moment to which it can be restored is later.",
    matters: "A mistake that is noticed after a few days can no longer be undone.",
    todo: "See who deletes: another database with the same place, a lifecycle rule of the bucket, or a person. Bring deleted versions back if the bucket keeps them.",
    green: "The newest backup can be restored, and archiving goes on.",
  },
  "backups-stopped": {
    title: "no base backup was finished at three or more scheduled times",
    means: "BACKUP_SCHEDULE came at least three times since the newest backup, each at least six hours ago.",
    matters:
      "Every restore has to replay all WAL since the last backup, and one bad segment loses everything after it. The retention also stops.",
    todo: "See the backup log in the leader's Pod. pg_hba must let the user postgres in at the socket, and the Pod must run when the schedule comes.",
    green: "WAL is archived, Pods are Ready, and the postgresql resource says Running.",
  },
  "backups-wal-alone": {
    title: "WAL arrives, but there is no base backup",
    means: "The place holds WAL segments and no finished base backup.",
    matters: "WAL without a base backup restores nothing.",
    todo: "See the backup log in the leader's Pod, and whether base backups go to another prefix (WALG_S3_PREFIX).",
    green: "pg_stat_archiver counts no failure, and the bucket grows.",
  },
  "backup-retention-idle": {
    title: "old backups are not deleted",
    means: "Several backups are older than BACKUP_NUM_TO_RETAIN days, although enough younger ones exist.",
    matters:
      "The bucket grows without end. Spilo's backup script deletes before each backup, so it may fail before the backup, too.",
    todo: "See the backup log in the leader's Pod. The writer's policy needs s3:DeleteObject. Spilo 3.3-p1 and 3.3-p2 never delete.",
    green: "Backups are made, and all of them can be restored.",
  },
  "backup-not-listed": {
    title: "WAL-G in the Pod does not list a backup that is in S3",
    means: "The sentinel of the backup is at the place, and `wal-g backup-list` in the leader's Pod does not name it.",
    matters:
      "The Pod reads another place, or with other permissions. Its retention does not see the backup, and a clone made from this environment would not find it.",
    todo: "Compare WALG_S3_PREFIX in /run/etc/wal-e.d/env of the Pod with the place, and its policy.",
    green: "The backup is complete in S3, and archiving goes on.",
  },
  "backup-not-in-store": {
    title: "WAL-G in the Pod lists a backup that is not at the place in S3",
    means: "`wal-g backup-list` in the leader's Pod names a backup whose sentinel this program did not find.",
    matters: "The Pods write somewhere else: a restore from this place would miss the backup.",
    todo: "Compare WALG_S3_PREFIX in /run/etc/wal-e.d/env of the Pod with the place.",
    green: "WAL-G's list looks complete.",
  },
  "backup-list-empty": {
    title: "WAL-G's list is empty, although S3 holds backups",
    means: "`wal-g backup-list` printed nothing and ended with 0. Up to 1.1 WAL-G does that also when S3 refuses it.",
    matters: "It is not known what the Pod sees.",
    todo: "Run `wal-g backup-list` in the leader's Pod and read its messages: keys, region, prefix.",
    green: "The exit code is 0, and the backups in S3 can be restored.",
  },
  "backup-list-unread": {
    title: "WAL-G's list could not be read",
    means:
      "`wal-g backup-list` in the leader's Pod failed, did not answer in time, or printed no list; or there is no leader.",
    matters: "It is not known whether the Pods see the backups that are in S3.",
    todo: "See the message, then verify again.",
    green: "The backups in S3 can be restored.",
  },
  "backup-list-not-asked": {
    title: "the Pods were not asked",
    means: "The place was given with --bucket, so WAL-G's list and the archiver in the Pods were not looked at.",
    matters: "A database that runs may write to another place.",
    todo: "Leave --bucket out to verify the backups of the running database.",
    green: "What is in S3 can be restored.",
  },
} satisfies Partial<Explanations>;
