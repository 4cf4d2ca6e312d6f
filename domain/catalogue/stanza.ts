import type { Explanations } from "./explanation.ts";

/** Stanzas of Crunchy PGO's clusters. */
export const stanza = {
  "postgres-cluster-not-found": {
    title: "there is no such PostgresCluster",
    means: "The namespace has no PostgresCluster of that name in this context.",
    todo: "`postgres-recovery stanza list` shows those that exist.",
  },
  "namespace-without-clusters": {
    title: "the namespace has no PostgresCluster",
    means:
      "The list was limited to a namespace in which there is none. A typing mistake is more likely than good news, so this is an error.",
    todo: "List without -n.",
  },
  "context-without-clusters": {
    title: "the context has no PostgresCluster",
    means:
      "The Kubernetes cluster knows the resource, but has no PostgresCluster. A wrong context is more likely than good news, so this is an error.",
    todo: "Choose the context with --context.",
  },
  "cluster-recreated": {
    title: "the cluster was deleted and recreated",
    means:
      "A PostgresCluster of this name exists, but with another UID. The cluster was deleted and recreated, before or during the run.",
    todo: "Check whether the recreated cluster needs a stanza, too. If so, give its UID.",
  },
  "instance-missing": {
    title: "no database container runs",
    means: "PGO runs no instance of the cluster, or no instance Pod has a running container `database`.",
    matters: "pgBackRest can be asked only from an instance, so the state of the stanza is not known.",
    todo: "See the cluster's events and Pods. `spec.shutdown`, `spec.paused` and an unbound volume are the usual reasons.",
    green: "The PostgresCluster exists, and its status may still say stanzaCreated from earlier.",
  },
  "leader-missing": {
    title: "Patroni has no leader",
    means: "No member became leader within 60 s, longer than Patroni's TTL and a promotion take.",
    matters: "A stanza is created only on the primary. The cluster takes no writes either.",
    todo: "`patronictl list` in an instance, and Patroni's log.",
    green: "All Pods can be Running and Ready as replicas, and read-only connections work.",
  },
  "leader-unknown": {
    title: "it is not known which instance leads",
    means:
      "`patronictl list` gave no answer that can be used, and Patroni's annotation on the Pods names none or several.",
    matters: "Nothing is created on a guess.",
    todo: "Run `patronictl list` in an instance and correct what it reports; when the Kubernetes API is slow for the Pods, it ends with a traceback after ten seconds.",
    green: "Postgres answers, and PGO's label `role=master` may be on a Pod: a standby leader has it as well.",
  },
  "leader-moved": {
    title: "the leader kept changing",
    means: "Between finding the leader and creating the stanza there was a failover, three times in a row.",
    matters: "The stanza was not created. Each round takes a dump of its own.",
    todo: "Find out why Patroni fails over (memory, disk, API server), then run it again.",
    green: "Each failover succeeds, so the cluster is up whenever somebody looks.",
  },
  "stanza-broken": {
    title: "the repository holds half a stanza, or another database's",
    means:
      "pgBackRest reports missing stanza data, a corrupt info file, or another system identifier. The message has its words.",
    matters:
      "Creating over it would bind the repository to the wrong database, or hide backups that somebody may still need.",
    todo: "Look at the repository. Save what is in it, decide which database it belongs to, and only then remove or move it.",
    green:
      "`pgbackrest info` exits with 0, a script that greps for `No stanzas exist` finds nothing, and PGO's status may say stanzaCreated.",
  },
  "stanza-timeout": {
    title: "pgBackRest did not answer in time",
    means:
      "The repo host accepts connections and stays silent, most often because a mesh has no matching ServiceEntry.",
    matters: "Whether there is a stanza, or any backup, is not known. Archiving hangs at the same place.",
    todo: "Correct the connection from the instance to its repo host or bucket, then run it again.",
    green: "TCP connects, so a port check succeeds; Pods are Ready and Postgres takes writes.",
  },
  "stanza-unreachable": {
    title: "pgBackRest cannot reach the repository",
    means:
      "The repo host refuses the connection, cannot be found, or its certificate is not accepted. The message has pgBackRest's words.",
    matters: "Whether there is a stanza is not known. WAL stays on the volume until it is full.",
    todo: "Correct the connection (service, DNS, certificates, network policy), then run it again.",
    green: "Pods are Ready, Postgres takes writes, and `pgbackrest info` exits with 0.",
  },
  "stanza-not-compared": {
    title: "a stanza exists, but its owner could not be determined",
    means:
      "PGO's status does not tell the database's system identifier yet, and Postgres did not answer within ten seconds.",
    matters: "`pgbackrest info` never asks Postgres. A stanza of another database looks healthy to it.",
    todo: "See why Postgres does not answer in the instance, then run it again.",
    green: "`pgbackrest info` says ok, with backups.",
  },
  "stanza-not-applicable": {
    title: "no stanza is expected for this cluster",
    means: "Its backups are disabled, it is shut down, or it is a standby, which never creates a stanza.",
    matters: "There is nothing to repair; a target that stays on the list fails at every `up`.",
    todo: "Take the cluster off the list of targets. If it should have backups, declare `spec.backups`.",
    green: "The cluster itself is healthy.",
  },
  "stanza-create-refused": {
    title: "pgBackRest refuses to create the stanza",
    means:
      "stanza-create ended with a code that no second try changes: the repository belongs to another database (28), holds half a stanza (55, 40), is corrupt (29), or a certificate, permission or stop file is in the way.",
    matters:
      "It is not tried again. PGO's own fallback, stanza-upgrade, would bind a foreign repository to this database and exit with 0; this program never runs it.",
    todo: "Look the code up in docs/stanza-create.md, and look at the repository. The dump that was taken stays.",
    green:
      "`pgbackrest info` says that the stanza is missing. It says the same when only the archive half of one is left.",
  },
  "stanza-create-timeout": {
    title: "the stanza could not be created in the time allowed",
    means:
      "Something held it until the limit `create`: usually the lock of pgBackRest (code 50). An archiver that hangs on a dead connection can hold it for an hour.",
    matters: "There is no stanza, so there are no backups.",
    todo: "See which process holds `/tmp/pgbackrest/db-archive.lock` in the instance; then run it again, with a longer --create-timeout if that process is about to end.",
    green: "The repo host answers again, and new connections to it succeed.",
  },
  "stanza-create-unanswered": {
    title: "the repository does not answer stanza-create",
    means:
      "Three tries ended with codes 42, 49, 101 or 103: no connection, no answer, or a repository that cannot be read.",
    matters: "There is no stanza, so there are no backups.",
    todo: "Correct the connection to the repo host, or the credentials of the bucket, then run it again.",
    green: "Pods are Ready, and Postgres takes writes.",
  },
  "stanza-not-confirmed": {
    title: "the stanza was created, and pgBackRest does not show it",
    means: "stanza-create exited with 0, but `pgbackrest info` did not report a healthy stanza within a minute.",
    matters: "What cannot be seen must not count as created.",
    todo: "Run it again: it asks first, and ends at once if the stanza is there by now.",
    green: "stanza-create's own exit code.",
  },
  "leader-foreign": {
    title: "Patroni names a leader that is not a Pod of this cluster",
    means:
      "`patronictl list`, or the Pods' annotation, names a Pod that Kubernetes does not list as an instance of this PostgresCluster.",
    matters: "A dump and `stanza-create` in that Pod would work on another cluster's database.",
    todo: "Run `patronictl list` in an instance, and compare it with the Pods that PGO labels for this cluster. An instance that names a foreign Pod is misconfigured, or not to be trusted.",
    green: "Patroni's list looks complete, and the Pod that it names is healthy.",
  },
  "first-backup-impossible": {
    title: "PGO would not take the first backup",
    means:
      "`firstBackup` was asked for, and PGO would ignore the order: the cluster is paused, or `spec.backups.pgbackrest.manual.repoName` is not set.",
    matters: "Nothing was started. Without a backup, the WAL in the repository cannot be restored.",
    todo: "Set `spec.backups.pgbackrest.manual.repoName` to one of the cluster's repositories, or remove `spec.paused`. Or leave `firstBackup` out and wait for the next scheduled backup.",
    green: "PGO accepts the annotation without an event or a condition.",
  },
  "first-backup-failed": {
    title: "the first backup failed",
    means: "The stanza exists. PGO took up the order, and its backup Job ended without success.",
    matters: "The cluster has no backup.",
    todo: "Read the log of the backup Job's Pods (label `postgres-operator.crunchydata.com/pgbackrest-backup=manual`). Then run it again: an existing stanza is left as it is, and a new backup is ordered.",
    green: "`pgbackrest info` says that the stanza exists, and WAL is archived.",
  },
  "first-backup-timeout": {
    title: "there was no first backup in the time allowed",
    means: "The stanza exists. `pgbackrest info` showed no new backup within the limit `backup`.",
    matters: "The cluster may have no backup. The backup may still be running: it was not ended.",
    todo: "See the backup Job's state. Then run it again, with a longer --backup-timeout for a big database; a backup that is already ordered is not ordered again.",
    green: "`pgbackrest info` says that the stanza exists, and WAL is archived.",
  },
  "stanza-lost-again": {
    title: "the stanza of a finished target is missing again",
    means:
      "A stack has created the stanza, or has found it okay, and now pgBackRest has none. Preview and `up` look at every finished target.",
    matters: "There are no backups, and archiving fails. Whatever removed the stanza may do it again.",
    todo: "Find out who removed it: an emptied or replaced repository, a changed path, a recreated cluster. Then raise the target's `attempt`, or set `repairAgain: true`, and run `pulumi up`.",
    green: "The stack's last `up` succeeded, and its outputs say `created`.",
  },
} satisfies Partial<Explanations>;
