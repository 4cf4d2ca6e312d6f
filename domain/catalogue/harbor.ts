import type { Explanations } from "./explanation.ts";

/** Harbor's database as it runs, and the steps that change it. */
export const harbor = {
  "postgresql-not-found": {
    title: "there is no postgresql resource of that name",
    means: "The Harbor operator makes it for a HarborCluster, in the same namespace, as postgresql-NAMESPACE-NAME.",
    todo: "Check the HarborCluster's name, and the context.",
  },
  "postgresql-not-made": {
    title: "the Harbor operator did not make the database's resource",
    means: "There was no postgresql resource until the time limit, or there is not even a HarborCluster.",
    matters: "pg_hba must be on the resource before the first Pod's bootstrap can end.",
    todo: "See the HarborCluster's status and the Harbor operator's log. NAMESPACE and NAME together have at most 46 characters.",
    green: "pod-config, the Secrets and the Zalando operator.",
  },
  "harbor-not-as-declared": {
    title: "the HarborCluster is not as declared",
    means: "The database has another image, or the HarborCluster another externalURL, than the caller expects.",
    matters:
      "Without pg_hba the database does not come up, so nothing is lost yet. With the wrong image the restore would go wrong.",
    todo: "Correct the HarborCluster or the settings, then run it again. pg_hba was not written.",
    green: "The HarborCluster exists, and the operators work on it.",
  },
  "operator-sync-timeout": {
    title: "the Zalando operator did not do its part in time",
    means:
      "After the limit, the StatefulSet is missing or still has another list of pg_hba, or the operator has not ended its update. It may be down.",
    matters: "New Pods would come with the old list.",
    todo: "Check that the operator runs, and see its log. A restart makes it synchronise at once; otherwise it does so every 30 minutes.",
    green: "The postgresql resource has the right list, and may say Running.",
  },
  "switchover-refused": {
    title: "Patroni refuses to hand over the lead",
    means: "Several switchovers to a replica that is ready were refused; the message has Patroni's words.",
    matters: "The former leader keeps its old template. Deleting it instead would be a failover.",
    todo: "`patronictl list` in an instance: lag, tags such as nofailover, or a paused cluster.",
    green: "All Pods are Ready, and the replicas are rolled already.",
  },
  "bootstrap-set-aside": {
    title: "a bootstrap or restore failed at its end, and its data were set aside",
    means:
      "Postgres was up, and then Patroni's last step failed: most likely Spilo's post_init.sh, which needs the schema public in every database ([zalando/spilo#1022](https://github.com/zalando/spilo/issues/1022)). Patroni has renamed the data to data.failed.",
    matters:
      "Patroni starts again from the beginning, with the whole download, and fails again in the same way. Each attempt replaces data.failed.",
    todo: "The message has PostgreSQL's error. Without the schema public: restore to a time before it was dropped. In the running databases create it, so that their next backups can be restored.",
    green: "The Pod is Running, and without a readiness probe also Ready. WAL-G and the recovery report no error.",
  },
  "pods-not-ready-in-time": {
    title: "a Pod, a leader or a bootstrap was not ready in time",
    means: "The message says what was waited for, and for how long.",
    matters:
      "The roll has stopped in the middle: some Pods may still have the old template. No bootstrap was interrupted.",
    todo: "See the Pods' logs. For a large restore, raise `timeLimits.pod`: it takes hours, or days. Running it again goes on from there.",
    green: "The Pod is Running, and during a clone the restore may simply still be going on.",
  },
  "replica-not-streaming": {
    title: "a replica does not stream from the leader",
    means:
      "The leader's pg_stat_replication did not list the replica as streaming within the limit. The Pod can be Ready all the same: the Zalando operator sets no readiness probe by default.",
    matters:
      "The replica does not get new data. Handing the lead to it would lose data, so the roll stopped before that.",
    todo: "See the replica's log. `Still starting up as a standby` for minutes means that Patroni started it while there was no leader, and it never gets the leader's address (patroni/patroni#3675): delete the Pod, which is recreated with its data. `could not connect to the primary server` names pg_hba or the password of `standby`. When WAL is missing: `patronictl reinit`.",
    green: "The leader works, all Pods are Running, and the postgresql resource says Running.",
  },
  "replication-role-missing": {
    title: "the database has no role for replicas",
    means:
      "A bootstrap was interrupted at its end: the data are there, and Patroni's last step, which makes the roles, never ran.",
    matters: "No replica can ever join, so the first failure of the one Pod is an outage.",
    todo: "Restore again if nothing was written yet; otherwise create the role with the password of its Secret (zalando/postgres-operator#2104).",
    green: "The leader is Ready, the postgresql resource says Running, Harbor works, and backups succeed.",
  },
  "postgres-not-answering": {
    title: "the leader's Postgres does not answer",
    means: "psql in the leader's Pod failed; the message has its last line.",
    matters: "Whether the roles for replicas exist is not known, so the roll is not confirmed.",
    todo: 'See the Pod\'s log, then run it again. `no pg_hba.conf entry for host "[local]"` means that pg_hba was reverted.',
    green: "All Pods are Ready and current.",
  },
  "harbor-cluster-missing": {
    title: "there is no HarborCluster of that name",
    means: "The namespace has none of that name in this context.",
    matters: "Nothing makes the database, or keeps it.",
    todo: "`kubectl get harborclusters -A` lists those that exist.",
    green: "A database made for it earlier can still run, until its owner's deletion is cleaned up.",
  },
  "harbor-cluster-condition-unmet": {
    title: "a condition of the HarborCluster is not met",
    means: "The Harbor operator reports it; the finding has its message.",
    matters: "While DatabaseReady is False, Harbor's own components are not updated.",
    todo: "See the Harbor operator's log. While a restore or a roll is under way this is usual.",
    green: "Harbor's Pods that run already.",
  },
  "postgresql-missing": {
    title: "the database's resource does not exist",
    means: "The HarborCluster has no postgresql resource.",
    matters: "There is no database.",
    todo: "See the HarborCluster's status, and the Harbor operator's log.",
    green: "Backups of a former database, and the copies of its Secrets.",
  },
  "postgresql-not-running": {
    title: "the Zalando operator does not say Running",
    means: "It is creating or updating the database, or has failed at it.",
    matters: "Until its cause is gone, a change of pg_hba, image or pod-config may not reach the Pods.",
    todo: "See the Zalando operator's log.",
    green: "The database itself may serve Harbor: the status is the operator's, not Postgres's.",
  },
  "stateful-set-missing": {
    title: "the StatefulSet does not exist",
    means: "The Zalando operator has not made it.",
    matters: "There are no Pods.",
    todo: "See its log: a missing pod Secret, or a PostgreSQL version that it does not know, stops it.",
    green: "The postgresql resource exists.",
  },
  "template-pg-hba-outdated": {
    title: "new Pods would come with another pg_hba",
    means: "The StatefulSet's template does not have the required list.",
    matters: "A Pod that restarts now is locked out of its own socket, if the list is the Harbor operator's.",
    todo: "Write the list to the resource first. The operator takes it up at its next synchronisation, every 30 minutes, or at its restart.",
    green: "Running Pods are Ready, and backups succeed.",
  },
  "template-pod-config-outdated": {
    title: "new Pods would come with old values of pod-config",
    means: "The operator does not watch pod-config. It compares it when it synchronises.",
    matters: "A changed bucket, schedule or CLONE_ value is not in force.",
    todo: "Wait for the next synchronisation (30 minutes), or restart the operator. It then makes the Pods of all its databases again.",
    green: "pod-config has the right values, and archiving succeeds, with the old ones.",
  },
  "clone-values-left": {
    title: "the restore was not finished",
    means: "The database exists, and CLONE_ values are still in pod-config or in the Pods' template.",
    matters:
      "When the volumes are lost, the old data would be cloned again. Every other new database of the operator becomes a clone of Harbor's.",
    todo: "When the restored data are verified, remove harbor.restore from the settings, and `pulumi up`. The Pods are made again once.",
    green: "Everything: Spilo ignores CLONE_ values while a database exists.",
  },
  "pods-missing": {
    title: "the database has no Pod",
    means: "No Pod carries the database's labels.",
    matters: "The database is down.",
    todo: "See the StatefulSet's events: quota, node selectors, or a volume that is not bound.",
    green: "The postgresql resource may still say Running, from its last synchronisation.",
  },
  "pods-without-leader": {
    title: "no Pod is the leader",
    means: "Patroni has labelled none of the Pods as master.",
    matters: "The database takes no writes. During a restore this is usual until the recovery ends.",
    todo: "See Patroni's log in the Pods: pg_hba, credentials, or a restore under way.",
    green: "The Pods are Running, and replicas can be Ready.",
  },
  "pods-with-several-leaders": {
    title: "several Pods are labelled as the leader",
    means: "A former leader has not taken its label off: its Patroni hangs, or cannot reach the API server.",
    matters:
      "Whoever chooses the leader by its label may reach the former one, and what is written there is lost. The Service of the leader follows Patroni, not the label.",
    todo: "`patronictl list` names the real one. Restart Patroni in the other.",
    green: "All of them are Ready.",
  },
  "pods-not-ready": {
    title: "some Pods are not ready",
    means: "Their readiness probe, which asks Patroni, fails.",
    matters: "A roll waits for them, and a failover has fewer candidates.",
    todo: "See their events and logs.",
    green: "The leader serves Harbor, and the postgresql resource says Running.",
  },
  "pods-not-streaming": {
    title: "a replica does not stream",
    means:
      "Patroni's last status of the replica, in the Pod's annotation `status`, is not that it runs and streams. After a start this is usual for a minute, and while a replica is copied for longer.",
    matters: "The replica does not get new data, and cannot take the lead without loss.",
    todo: "See its log. `Still starting up as a standby` for minutes means that Patroni started it while there was no leader, and it never gets the leader's address (patroni/patroni#3675): delete the Pod, which is recreated with its data.",
    green: "The leader serves Harbor, and without a readiness probe the replica's Pod is Ready.",
  },
  "pods-outdated": {
    title: "some Pods have an older template",
    means:
      "The StatefulSet replaces no Pod by itself (OnDelete); the operator does, and postpones it while Patroni does not answer.",
    matters: "They run with the former pg_hba, image or pod-config.",
    todo: "`postgres-recovery harbor roll`.",
    green: "They are Ready, and the postgresql resource says Running.",
  },
  "pods-keys-outdated": {
    title: "some Pods have old keys",
    means:
      "The pod Secret was changed since their containers started. Kubernetes gives a Secret's values to a container at its start only, and the Zalando operator compares no values (zalando/postgres-operator#2693).",
    matters: "Archiving and backups fail as soon as somebody deactivates the old key in AWS.",
    todo: "`postgres-recovery harbor roll`. Deactivate the old key only afterwards.",
    green:
      "The Pods are Ready and come from the newest template, and archiving works until the old key is deactivated.",
  },
  "pods-keys-unknown": {
    title: "it is not known whether the Pods have the keys of the pod Secret",
    means: "The Secret could not be read, or a Pod did not answer; the finding has the reason.",
    matters: "After a rotation the Pods may still use the old key.",
    todo: "Get the permissions of `harbor status` (docs/permissions.md), then look again.",
    green: "The Pods are Ready and come from the newest template.",
  },
  "backup-place-unknown": {
    title: "it is not known where the database writes its backups",
    means: "The Pods' template names no bucket or no region.",
    matters: "Most likely there are no backups at all.",
    todo: "See the findings about pod-config and the operator's configuration.",
    green: "Pods are Ready, and the postgresql resource says Running.",
  },
  "backups-none-finished": {
    title: "there is no finished backup",
    means: "The database's place in S3 holds no sentinel of a base backup.",
    matters: "WAL alone restores nothing. When the volume is lost, everything is.",
    todo: "See the backup log in the leader's Pod. The backup logs in at the socket as postgres, so pg_hba must let it in.",
    green: "Pods are Ready, the postgresql resource says Running, archiving succeeds, and the bucket fills with WAL.",
  },
  "backups-broken-off": {
    title: "backups were interrupted",
    means: "Folders of backups have no sentinel, more than 30 hours after their last part was written.",
    matters: "Each cost a full upload. If the Pod was killed for want of memory, the next one will be as well.",
    todo: "See the Pods' backup log, and the memory limit. WAL-G's retention removes the remains with later backups.",
    green: "Archiving, and the backups that did finish.",
  },
  "backups-outdated": {
    title: "the newest backup is older than the schedule allows",
    means: "BACKUP_SCHEDULE named a later moment, and six hours for the backup itself have passed since then.",
    matters: "A restore has to replay all the WAL since then, which takes longer and needs every segment.",
    todo: "See BACKUP_SCHEDULE, which is in UTC, and the backup log in the leader's Pod.",
    green: "Pods are Ready, archiving succeeds, and `wal-g backup-list` exits with 0.",
  },
} satisfies Partial<Explanations>;
