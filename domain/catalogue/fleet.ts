import type { Explanations } from "./explanation.ts";

/** What `backup fleet` finds beside the statuses and flags of `stanza list`. */
export const fleet = {
  "cluster-declared-missing": {
    title: "a stack declares a cluster that does not exist",
    means: "The targets of a stack name a PostgresCluster that its context does not have.",
    matters: "The cluster was deleted or renamed, and whatever took its place is watched by nobody.",
    todo: "Correct the name, or take it off the targets.",
    green: "The stack's preview, as long as the target is finished or on hold.",
  },
  "zalando-backups-not-asked": {
    title: "the backups of a Zalando cluster were not looked at",
    means: "`backup fleet` only lists the resource `postgresql`. Its backups are in S3, and nothing was read there.",
    matters: "A database without a backup would look the same.",
    todo: "For Harbor's database: `postgres-recovery backup verify NAMESPACE/NAME`. For another one: list its bucket.",
    green: "The resource says Running.",
  },
  "cloudnative-pg-without-backups": {
    title: "a CloudNativePG cluster declares no backups",
    means: "Neither `spec.backup` nor `spec.plugins` is set.",
    matters: "Nothing can be restored.",
    todo: "Declare `spec.backup` or a backup plugin, and a ScheduledBackup.",
    green: "The cluster is in a healthy state, and its replicas stream.",
  },
  "cloudnative-pg-archiving-failing": {
    title: "a CloudNativePG cluster does not archive its WAL",
    means: "Its condition ContinuousArchiving is False.",
    matters: "What was written since then cannot be restored, and WAL fills the volume.",
    todo: "See the log of the primary's Pod.",
    green: "The cluster is in a healthy state, and the last backup succeeded.",
  },
  "cloudnative-pg-backup-failed": {
    title: "the last backup of a CloudNativePG cluster failed",
    means: "Its condition LastBackupSucceeded is False, or `lastFailedBackup` is later than `lastSuccessfulBackup`.",
    matters: "A restore replays all WAL since the last backup that succeeded, and retention may delete that one.",
    todo: "`kubectl get backups.postgresql.cnpg.io` and the log of the Pod that took it.",
    green: "WAL is archived.",
  },
  "cloudnative-pg-status-silent": {
    title: "a CloudNativePG cluster does not say how its backups are",
    means: "Its status lacks the conditions ContinuousArchiving or LastBackupSucceeded, or they are Unknown.",
    matters: "No backup may ever have been taken.",
    todo: "See whether the operator runs, and whether the cluster has a ScheduledBackup.",
    green: "The cluster is in a healthy state.",
  },
} satisfies Partial<Explanations>;
