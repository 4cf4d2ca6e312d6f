import type { Explanations } from "./explanation.ts";

/** pod-config and the pod Secret: backups, stores and credentials. */
export const podConfig = {
  "pod-config-unreadable": {
    title: "pod-config could not be read",
    means: "The API server refused or did not answer; the finding has the reason.",
    matters: "Keys that somebody else set there may decide what is restored, and that cannot be ruled out.",
    todo: "Get the permission, then check again.",
    green: "The Pods have the values that they started with.",
  },
  "pod-config-missing": {
    title: "pod-config does not exist",
    means: "The ConfigMap that gives the Pods their values for backups is not there.",
    matters:
      "Zalando operators 1.8 only log a warning and start the Pods without it: no backups, and no restore but an empty database.",
    todo: "`pulumi up` creates it. It is shared by all databases of the operator.",
    green: "With operator 1.8 the Pods are Ready, and the postgresql resource says Running.",
  },
  "pod-config-value-not-text": {
    title: "a value is not text",
    means: "A number or a bare `true` was given where Kubernetes takes nothing but text.",
    matters: "Kubernetes refuses the whole ConfigMap.",
    todo: 'Put the value in quotes: "true", "5".',
    green: "The former ConfigMap stays in force, if there is one.",
  },
  "pod-config-key-twice": {
    title: "two keys differ only in case",
    means: "The operator compares names without regard to case and takes one of the two.",
    matters: "Which one is taken is not defined. Spilo reads only the one in the right case.",
    todo: "Keep the one in capitals, as docs/pod-config.md writes it.",
    green: "The ConfigMap is valid, and the Pods start.",
  },
  "pod-config-key-unknown": {
    title: "Spilo does not read this key",
    means:
      "The name is none of Spilo's variables: a misspelling such as USEWALG_RESTORE, or another program's name such as AWS_DEFAULT_REGION.",
    matters:
      "The setting that was meant has no effect. For a restore that usually means an empty database and no error.",
    todo: "Use the name in the finding, or remove the key.",
    green: "The Pod has the variable in its environment, and nothing warns.",
  },
  "pod-config-key-overridden": {
    title: "the operator sets this key itself",
    means: "Its own value comes first, so that pod-config's is never seen.",
    matters: "Whoever reads pod-config is misled: SCOPE and PGVERSION there change nothing.",
    todo: "Remove it.",
    green: "Everything works as if it were not there.",
  },
  "pod-config-key-foreign": {
    title: "somebody else's key decides what is restored or backed up",
    means:
      "A key beside the declared ones was set by another field manager. A server-side apply removes only its own keys, so it would stay.",
    matters: "A CLONE_ value left by hand turns the declared restore into another one, or into none.",
    todo: "Remove it with `kubectl edit`; the finding names who set it.",
    green: "`pulumi preview` shows the declared keys only, and none of them changes.",
  },
  "pod-config-key-left": {
    title: "somebody else's key stays in pod-config",
    means: "A key beside the declared ones was set by another field manager. It decides neither backups nor restores.",
    matters: "It reaches every Pod of every database of this operator.",
    todo: "Remove it with `kubectl edit` if nobody needs it.",
    green: "Backups and restores.",
  },
  "pod-config-credential": {
    title: "a credential is in the ConfigMap",
    means:
      "The name is one of a secret, or the value looks like an access key, a private key, or a URL with a password.",
    matters:
      "The operator copies the values into the StatefulSet, so everybody who may read either can read it. It also stays in their history and in backups of etcd.",
    todo: "Move it to the pod Secret, then rotate it.",
    green: "Backups work.",
  },
  "pod-secret-missing": {
    title: "the pod Secret does not exist",
    means: "The Secret that the operator's `pod_environment_secret` names is not in the database's namespace.",
    matters: "The operator waits for it, and makes no new database meanwhile.",
    todo: "`pulumi up` creates it, empty when roles are used.",
    green: "A database that runs already runs on.",
  },
  "pod-secret-unreadable": {
    title: "the pod Secret could not be read",
    means: "The API server refused or did not answer; the finding has the reason.",
    matters: "Its keys override those of pod-config, so one that somebody else set there cannot be ruled out.",
    todo: "Get the permission, then check again. No value of it is ever shown.",
    green: "The Pods have the values that they started with.",
  },
  "pod-secret-key-foreign": {
    title: "somebody else's key in the pod Secret decides what is restored or backed up",
    means:
      "A key beside the declared ones was set by another field manager. A server-side apply removes only its own keys, so it would stay.",
    matters:
      "The operator takes the pod Secret's value before pod-config's. A CLONE_ value, an AWS_ENDPOINT or a WALG_ value there changes what is restored, or where backups go.",
    todo: "Remove it with `kubectl edit`; the finding names who set it.",
    green: "`pulumi preview` shows the declared keys only, and pod-config is as declared.",
  },
  "pod-secret-key-left": {
    title: "somebody else's key stays in the pod Secret",
    means: "A key beside the declared ones was set by another field manager. It decides neither backups nor restores.",
    matters: "It reaches the Pods of the database.",
    todo: "Remove it with `kubectl edit` if nobody needs it.",
    green: "Backups and restores.",
  },
  "pod-secret-key-overrides": {
    title: "the pod Secret overrides a key of pod-config",
    means: "The same name is in both, and the operator takes the pod Secret's value.",
    matters: "Whoever reads pod-config is misled: its value is not in force.",
    todo: "Remove it from the Secret with `kubectl edit`, unless it is meant.",
    green: "pod-config is as declared, and the Pods are Ready.",
  },
  "walg-not-chosen": {
    title: "WAL-E would make the backups",
    means: "Without USE_WALG_BACKUP Spilo up to 4.0 backs up with the old WAL-E.",
    matters: "WAL-E is no longer maintained, Spilo 4.1 has none, and the checks here know WAL-G's backups only.",
    todo: "Set USE_WALG_BACKUP to true.",
    green: "Archiving and base backups succeed.",
  },
  "walg-value-not-true": {
    title: "a USE_WALG value is not `true`",
    means: "Only the word true counts. 1, yes and an empty value mean no.",
    matters: "Spilo takes WAL-E for that side, which does not read WAL-G's backups.",
    todo: "Set it to true, in small letters.",
    green: "The Pods start, and archiving succeeds.",
  },
  "backup-retention-invalid": {
    title: "the retention is not a number from 2 up",
    means: "BACKUP_NUM_TO_RETAIN is read as a whole number. In every usable Spilo it means days.",
    matters: "The clean-up fails or keeps less than meant.",
    todo: "Give the days for which backups are kept, at least 2.",
    green: "New backups are made.",
  },
  "backup-schedule-invalid": {
    title: "cron does not run the schedule",
    means:
      "BACKUP_SCHEDULE goes into a crontab as it is. It does not have five fields, one of them is none that Debian's cron reads, or its day never comes.",
    matters:
      "crontab refuses the whole file, so no scheduled backup is made, and none is deleted. Only the backup at a Pod's start is made.",
    todo: "Write it as `0 1 * * *`, in UTC.",
    green: "Archiving goes on, and the first backup exists.",
  },
  "backup-schedule-too-often": {
    title: "a full backup every few minutes",
    means:
      "Each run copies the whole database, and each copy is kept for days: `*/10 * * * *` and 14 keep 2016 copies.",
    matters:
      "It costs storage and the database's I/O. Continuous recovery comes from the WAL, not from more base backups.",
    todo: "Once a day is usual.",
    green: "Everything; only the bill grows.",
  },
  "backup-path-without-uid": {
    title: "the path of the backups has no UID",
    means:
      "WAL_BUCKET_SCOPE_PREFIX or _SUFFIX in pod-config replaces the UID that the operator puts there, for every cluster.",
    matters:
      "A new cluster of the same name overwrites the WAL of the old one, whose backups then restore something mixed or nothing.",
    todo: "Remove it. Only the CLONE_ forms are needed, and only for a restore.",
    green: "Archiving and backups succeed.",
  },
  "store-region-invalid": {
    title: "the region is missing or not one",
    means:
      "Without a region Spilo guesses it from the bucket's name or the node. Where that fails, it asks the region `loca`.",
    matters: "Every request fails, so nothing is archived; a clone finds no backup.",
    todo: "Give the bucket's region, such as eu-west-2. CLONE_AWS_REGION does not fall back to AWS_REGION.",
    green: "Pods are Ready, and the database takes writes until its volume is full of WAL.",
  },
  "store-endpoint-invalid": {
    title: "the endpoint has a path, the bucket, or is AWS's own",
    means:
      "WAL-G adds the bucket itself, so that a path or the bucket in the host doubles it. For AWS an endpoint also switches encryption off, and on some versions the region.",
    matters: "Objects are written to, or looked for in, a place that nobody expects (zalando/postgres-operator#665).",
    todo: "For AWS remove it. For other stores give scheme, host and port only, without a slash at the end.",
    green: "Archiving succeeds, into the doubled path.",
  },
  "store-credentials-incomplete": {
    title: "half of the credentials is missing",
    means: "An access key's ID without its secret, or a role without its token file, or the reverse.",
    matters: "Spilo then uses the node's own role and reports no error.",
    todo: "Give both, or neither.",
    green: "Pods are Ready. Archiving may even succeed, if the node's role may write there.",
  },
  "store-credentials-missing": {
    title: "there are no credentials",
    means:
      "Neither keys in the pod Secret nor a role are given for this side. CLONE_ names do not fall back to the plain ones.",
    matters: "Spilo uses the node's own role and reports no error. For a restore that usually means: no backups found.",
    todo: "Give the two keys in the pod Secret, or the role in pod-config.",
    green: "Pods are Ready.",
  },
} satisfies Partial<Explanations>;
