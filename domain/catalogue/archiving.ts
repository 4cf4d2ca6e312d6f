import type { Explanations } from "./explanation.ts";

/** The archiver of Harbor's database, and its WAL in S3. */
export const archiving = {
  "wal-archiving-unknown": {
    title: "it is not known whether WAL is archived",
    means: "psql in the leader's Pod failed or did not answer in time, or the leader is in recovery.",
    matters: "Archiving can fail for weeks while everything else works.",
    todo: "See the Pod's log, then check again. During a restore this is usual.",
    green: "Pods are Ready, and the postgresql resource says Running.",
  },
  "wal-archiving-off": {
    title: "no WAL is archived",
    means: "archive_mode is off: Spilo sets it when the environment names a bucket for WAL.",
    matters: "A backup without the WAL that was written during it cannot be restored, and nothing after it can.",
    todo: "Set WAL_S3_BUCKET in pod-config, and roll the Pods.",
    green: "Pods are Ready, and pg_wal does not grow.",
  },
  "wal-archiving-failing": {
    title: "the archiver's last attempt failed",
    means: "In pg_stat_archiver the last failure is later than the last success.",
    matters:
      "What was written since then cannot be restored. WAL stays on the volume until it is full, and the database stops.",
    todo: "WAL-G's message is in the log of Postgres in the leader's Pod: credentials, bucket, region or network.",
    green: "Pods are Ready, the postgresql resource says Running, and the newest backup may be recent.",
  },
  "wal-archiving-stalled": {
    title: "WAL has waited for the archiver for more than half an hour",
    means: "A segment is complete and not archived, and the archiver reports no failure: it hangs, or it is too slow.",
    matters: "What was written since then cannot be restored, and WAL fills the volume.",
    todo: "See what `wal-g wal-push` in the leader's Pod waits for.",
    green: "pg_stat_archiver counts no failure.",
  },
  "wal-none-archived": {
    title: "there is no WAL in S3",
    means: "The database's place holds no WAL segment from its newest backup on.",
    matters: "No backup can be made consistent without WAL, so nothing can be restored.",
    todo: "See the archiver, and the log of the leader's Pod.",
    green: "Pods are Ready, and the postgresql resource says Running.",
  },
  "wal-not-in-store": {
    title: "WAL that the archiver reports as archived is not in S3",
    means:
      "The archiver's last success is more than ten minutes later than the newest WAL object at the database's place.",
    matters: "archive_command succeeds and stores the WAL elsewhere, or nowhere. A restore from this place ends early.",
    todo: "Compare archive_command, and the WALG_ variables in /run/etc/wal-e.d/env of the Pod, with the place.",
    green: "pg_stat_archiver counts no failure, and pg_wal does not grow.",
  },
  "wal-outdated": {
    title: "the newest WAL is older than two hours",
    means:
      "Spilo completes a segment at least every half hour while something is written. What the archiver says is not known.",
    matters: "Archiving may have stopped.",
    todo: "See the archiver, and the log of the leader's Pod.",
    green: "Pods are Ready, and base backups are made.",
  },
} satisfies Partial<Explanations>;
