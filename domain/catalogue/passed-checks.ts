import type { FindingCodeOf } from "./finding-codes.ts";

/** Findings `ok`: what was looked at, and found to be right. */
export const passedChecks: Readonly<Record<FindingCodeOf<"ok">, string>> = {
  "pg-hba-sound": "the list accepts Patroni, the backups, replicas and Harbor",
  "pg-hba-in-place": "the postgresql resource has the required list",
  "image-fits": "the image has PostgreSQL 12, and WAL-G and scripts that work together",
  "operator-configured": "the operator names pod-config and the pod Secret, and has the bucket",
  "pod-config-sound": "pod-config has only keys and values that Spilo reads as they are meant",
  "pod-secret-present": "the pod Secret exists; the finding names its keys, never values",
  "restore-done": "the database that runs has the system identifier of the backups: it is the restored one",
  "volumes-none-left": "every volume of the database, if there is one, is younger than its postgresql resource",
  "backup-chosen": "this is the backup that Spilo would restore",
  "backup-content-read": "every part of the backup was read to its end, and has what the backup's list of files says",
  "wal-content-read":
    "every WAL segment that the restore reads is whole, of this database, and continues the one before",
  "wal-timelines-followed": "the history files lead from the backup's timeline to the newest one",
  "backup-store-writable": "the store of the new backups can be listed, and written to with the Pods' keys",
  "own-place-empty": "the new database's place for backups is empty",
  "own-place-own": "the new database's place holds backups of that database alone",
  "harbor-cluster-conditions-met": "every condition of the HarborCluster is met",
  "postgresql-running": "the Zalando operator says Running, which says nothing of backups",
  "template-pg-hba-current": "new Pods would come with the required pg_hba",
  "template-pod-config-current": "new Pods would come with every value of pod-config",
  "clone-values-declared": "a restore is declared, and there is no database yet",
  "clone-values-gone": "no CLONE_ value is left",
  "pods-have-a-leader": "exactly one Pod is the leader",
  "wal-archiving-works": "the archiver's last attempt succeeded, and no WAL waits for long",
  "wal-recent": "the newest WAL in S3 fits what the archiver says",
  "secret-present": "the Secret exists, and its content can be kept and restored",
  "backups-recent": "the newest finished backup is at most 30 hours old",
};
