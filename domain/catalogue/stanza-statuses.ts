import type { FlagCode } from "../stanza/flag-codes.ts";
import type { StanzaStatus } from "../stanza/status.ts";
import type { Explanation, Mistake } from "./explanation.ts";

/** The statuses of `stanza list`, by the text that JSON has in `status.status`. */
export const stanzaStatuses: Readonly<Record<Exclude<StanzaStatus["status"], "okay">, Explanation>> & {
  readonly okay: Mistake;
} = {
  okay: {
    title: "every repository that pgBackRest mentions holds the stanza",
    means: "Its system identifier is the database's own. What is wrong with its backups is in `flags`.",
    todo: "Nothing, unless there are flags: `verdict` sums up status and flags.",
  },
  "no-stanza": {
    title: "a repository has no stanza",
    means: "pgBackRest was reached and has none there; `repositories` names where.",
    matters:
      "There are no backups, and archiving fails. WAL stays on the volume until it is full, and then the database stops.",
    todo: "`postgres-recovery stanza create`, or add the cluster to the stack's targets.",
    green:
      "Pods are Ready, Postgres takes writes, `pgbackrest info` exits with 0, and PGO's status may say stanzaCreated.",
  },
  timeout: {
    title: "pgBackRest did not answer in time",
    means:
      "The repo host accepts connections and stays silent, most often because a mesh has no matching ServiceEntry.",
    matters: "Whether there is a stanza or a backup is not known, and archiving hangs as well.",
    todo: "Correct the connection from the instance to its repo host, then list again.",
    green: "TCP connects, so a port check succeeds; Pods are Ready and Postgres takes writes.",
  },
  unreachable: {
    title: "the repository could not be asked",
    means:
      "The repo host refuses, cannot be found or has a wrong certificate. With `because: not-allowed` the API server refused the remote command; with `because: not-compared` a stanza exists, but the database did not say whether it is its own.",
    matters: "Nothing is known of stanza and backups.",
    todo: "Correct the connection from the instance to its repo host or bucket; for `not-allowed` ask for `pods/exec`; for `not-compared` see why Postgres does not answer.",
    green: "Pods are Ready, and `pgbackrest info` exits with 0 even when it reaches nothing.",
  },
  broken: {
    title: "half a stanza, a corrupt file, or another database's stanza",
    means:
      "pgBackRest reports missing stanza data or an info file that it cannot read, or the system identifier is not the database's.",
    matters: "It is never repaired by a program: creating over it could bind the repository to the wrong database.",
    todo: "Look at the repository, save what is in it, and decide which database it belongs to.",
    green: "A script that greps for `No stanzas exist` calls it okay, and PGO's status may say stanzaCreated.",
  },
  "no-instance": {
    title: "there is no instance to ask",
    means:
      "PGO runs no Pod of the cluster, or no Pod's database container runs. With `because: restoring` PGO is restoring its data, and starts an instance afterwards.",
    matters: "The database is down, and nothing is known of its backups.",
    todo: "See the cluster's events and Pods.",
    green: "The PostgresCluster exists, with the status of its last good day.",
  },
  "backups-removed": {
    title: "spec.backups was removed, but the repositories are still there",
    means:
      'PGO\'s status still names repositories. Without the annotation `postgres-operator.crunchydata.com/authorizeBackupRemoval: "true"` it pauses the whole cluster; with it, the removal is not finished.',
    matters:
      "While PGO has paused, no change of the cluster is applied, and no failed Pod's configuration is repaired. Nobody has decided yet that the backups may go.",
    todo: "Fill in `spec.backups` again, or add the annotation, which deletes the repositories and their backups.",
    green: "Pods are Ready, and WAL is still archived.",
  },
  unreadable: {
    title: "the PostgresCluster is malformed",
    means:
      "A field that PGO's definition leaves unchecked is missing or has another type, for instance the whole `spec`. The reason names the field.",
    matters: "PGO cannot handle it either, so there is probably no database, and nothing is known of backups.",
    todo: "Correct the resource, or delete it when nobody needs it.",
    green: "`kubectl get postgresclusters` lists it as any other.",
  },
  "not-applicable": {
    title: "no stanza is expected",
    means:
      "`because` says why: `backups-disabled` (the PostgresCluster declares no backups), `shut-down`, or `standby` (a standby cluster never creates a stanza).",
    matters:
      "It is counted apart from okay and does not change the exit code. A cluster without backups on purpose and one by mistake look the same.",
    todo: "Check that it is meant.",
    green: "The cluster itself.",
  },
};

/** What `disagreement` says where PGO's status contradicts pgBackRest. */
export const stanzaDisagreements: Readonly<Record<"operator-says-created" | "operator-says-missing", Explanation>> = {
  "operator-says-created": {
    title: "PGO says created, pgBackRest says missing",
    means:
      "`status.pgbackrest.repos[].stanzaCreated` is true, and the repository lost its content: an emptied volume, or a changed bucket.",
    matters: "PGO never tries again, and takes no first backup either. Only a repair from outside helps.",
    todo: "`postgres-recovery stanza create`, then see that there is a backup, or order one (docs/stanza-create.md).",
    green: "PGO's status and its conditions.",
  },
  "operator-says-missing": {
    title: "PGO says missing, pgBackRest has the stanza",
    means: "PGO has not noticed yet that the stanza exists.",
    matters: "Until it does, its own backups do not start.",
    todo: "Wait for its next reconcile; if it lasts, see PGO's log, and whether `spec.paused` is set.",
    green: "Archiving.",
  },
};

/** The flags of `stanza list`: what is wrong with the backups of a cluster whose stanza exists. */
export const stanzaFlags: Readonly<Record<FlagCode, Explanation>> = {
  "no-backup": {
    title: "the stanza exists, but a repository has no backup",
    means:
      "WAL is archived into it, but there is no base backup. PGO takes the first one itself only while its status says `replicaCreateBackupComplete: false`.",
    matters: "Nothing can be restored: WAL without a base backup is useless.",
    todo: "Order a backup from PGO. The list prints the command.",
    green: "`pgbackrest check` succeeds, WAL is archived, and PGO's status says stanzaCreated.",
  },
  "backup-unusable": {
    title: "a backup that is listed cannot be restored",
    means:
      "The WAL that makes the backup consistent is not in the repository, or the repository does not list an earlier backup whose files it uses.",
    matters: "pgBackRest restores its files, and Postgres then cannot start on them.",
    todo: "See who deletes from the repository: a lifecycle rule of the bucket, or a person. Take a new full backup; the list prints the command. If the list ran while pgBackRest expired backups, list again first.",
    green: "`pgbackrest info` says ok and lists the backup without an error. WAL is archived.",
  },
  "wal-missing": {
    title: "WAL that Postgres has archived is not in the repository",
    means:
      "The last segment that pg_stat_archiver counts as archived is newer than all WAL in the repository. The limit `archive-push-queue-max` drops WAL and reports success; a bucket can be emptied; the archiver may write elsewhere.",
    matters: "No restore gets past the WAL that is missing.",
    todo: "Look for `dropped WAL file` in pgBackRest's log, and compare the repository of the instance with that of `archive_command`. Then take a new backup: restores from it do not need the lost WAL.",
    green: "pg_stat_archiver counts no failure, pg_wal does not grow, and `pgbackrest info` says ok.",
  },
  "backup-damaged": {
    title: "a backup has pages with a wrong checksum",
    means:
      "While it copied the files, pgBackRest found pages whose checksum is wrong. It finishes such a backup, and marks it.",
    matters:
      "The database itself was damaged when the backup was taken. Older backups expire while newer ones keep the damage.",
    todo: "`pgbackrest --stanza=db --set=LABEL info` on the instance names the files. Keep the backups from before the damage, and check the database with pg_amcheck.",
    green: "The backup has finished, and its age is right. Queries that do not touch the damaged pages work.",
  },
  "backup-old": {
    title: "the newest backup is older than the schedule allows",
    means:
      "A backup of the schedule's type was due more than 12 hours ago, and none has ended since. A full backup serves for differential and incremental schedules, too.",
    matters:
      "A restore replays all WAL since the last backup, and retention may delete the backups before new ones exist.",
    todo: "See why the Jobs of PGO's CronJobs fail (`kubectl get cronjobs,jobs`), or order a backup from PGO.",
    green: "Archiving, and PGO's status.",
  },
  "repository-missing": {
    title: "a declared repository is not in use",
    means:
      "`spec.backups.pgbackrest.repos` names a repository that pgBackRest's configuration on the instance or PGO's status does not have.",
    matters: "Nothing is stored there, although the specification promises it.",
    todo: "See whether PGO runs, whether `spec.paused` is set, and what its log says.",
    green: "The other repositories have a stanza and backups.",
  },
  "archiving-off": {
    title: "no WAL is archived",
    means: "`archive_mode` is off, or `archive_command` does not run pgBackRest. PGO sets both.",
    matters: "A backup without the WAL that was written during it cannot be restored, and nothing after it can.",
    todo: "See who changed them (`spec.patroni.dynamicConfiguration`, ALTER SYSTEM). archive_mode needs a restart.",
    green: "Postgres runs, pg_wal does not grow, and `pgbackrest info` lists the old backups.",
  },
  "archiver-failing": {
    title: "the archiver's last attempt failed",
    means: "In pg_stat_archiver the last failure is later than the last success.",
    matters: "What was written since then cannot be restored, and WAL fills the volume.",
    todo: "`pgbackrest --stanza=db check` on the leader prints the error.",
    green: "Pods are Ready, `pgbackrest info` says ok, and the newest backup may be recent.",
  },
  "archiver-stalled": {
    title: "WAL has waited for the archiver for more than half an hour",
    means: "A segment is complete and not archived, and the archiver reports no failure: it hangs, or it is too slow.",
    matters: "What was written since then cannot be restored, and WAL fills the volume.",
    todo: "See what the process `archiver` and pgBackRest's `archive-push` wait for; an archiver on a dead connection can hang for an hour.",
    green: "pg_stat_archiver counts no failure.",
  },
  "several-identifiers": {
    title: "the stanza belonged to another database of the same version",
    means:
      "The repository lists two system identifiers of one PostgreSQL version. PGO's fallback `stanza-upgrade` binds a foreign repository to the database that asks.",
    matters: "Older backups in it are of another database, and a restore to an earlier time brings that one back.",
    todo: "Find out whose backups they are before you restore or expire any.",
    green: "`pgbackrest info` says ok, and the current identifier is the database's own.",
  },
  "no-schedule": {
    title: "no backup schedule is declared",
    means: "No repository has `schedules`, so PGO takes no backup by itself, and the age of the backups is not judged.",
    matters: "The newest backup gets older without anyone noticing.",
    todo: "Declare schedules; if backups are ordered by other means, list with `--allow no-schedule`.",
    green: "Everything else.",
  },
  "archiver-unknown": {
    title: "it is not known whether WAL is archived",
    means: "Postgres did not answer, the query was refused, or only a replica could be asked.",
    matters: "A failing archiver would look the same.",
    todo: "See why Postgres does not answer in the instance, or why no Pod is annotated as primary.",
    green: "`pgbackrest info`, which never asks Postgres.",
  },
  "schedule-unreadable": {
    title: "a backup schedule cannot be read",
    means: "It is no cron schedule of five fields, or one that is never due.",
    matters: "Whether the backups are recent enough is not known. Kubernetes refuses the CronJob of a wrong schedule.",
    todo: "Correct `schedules` of the PostgresCluster.",
    green: "Backups that were taken by hand.",
  },
};
