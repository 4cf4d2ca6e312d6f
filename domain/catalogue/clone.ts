import type { Explanations } from "./explanation.ts";

/** The CLONE_ values of pod-config, from which Spilo clones a new database. */
export const clone = {
  "clone-method-wrong": {
    title: "CLONE_METHOD is not CLONE_WITH_WALE",
    means:
      "Spilo compares the text letter by letter. CLONE_WITH_WALG or small letters are another text, though WAL-G does the work.",
    matters: "Spilo makes an empty database, and does not even warn. Its backups then go to a new path.",
    todo: "Set it to CLONE_WITH_WALE.",
    green:
      "Pods are Ready, the postgresql resource says Running, archiving succeeds, and Harbor shows an empty registry.",
  },
  "clone-target-time-invalid": {
    title: "the target time cannot be read",
    means: "It has no offset from UTC, a name such as CET, ends in Z, or is not a moment.",
    matters:
      'Spilo\'s script fails at it, and the clone is tried again and again. Z passes the script; then PostgreSQL ends with `invalid value for parameter "recovery_target_time"`.',
    todo: "Write it as 2026-11-21T09:30:00+00:00, or remove it to restore as far as the WAL goes.",
    green: "The Pod is Running, though not Ready; the backups are fine.",
  },
  "clone-target-inclusive-wrong": {
    title: "CLONE_TARGET_INCLUSIVE counts as true",
    means: "Any text counts as true, also `false`. Only an empty value stops before the target.",
    matters: "The transaction at the target time, often the very mistake, is restored as well.",
    todo: "Remove it, or leave it empty to stop before the target.",
    green: "The restore succeeds.",
  },
  "clone-target-timeline-invalid": {
    title: "the target timeline is neither latest nor a number",
    means: "PostgreSQL reads the value as recovery_target_timeline.",
    matters: "PostgreSQL does not start the recovery.",
    todo: "Write latest, or the timeline's number.",
    green: "The backups.",
  },
  "clone-pauses-at-target": {
    title: "the restore would wait at its target",
    means: "With USE_PAUSE_AT_RECOVERY_TARGET PostgreSQL pauses at the target and does not promote.",
    matters: "Patroni waits for a hand, and the database never becomes writable.",
    todo: "Remove it.",
    green: "The log says that the target was reached, and read-only connections work.",
  },
  "clone-key-ignored": {
    title: "the key is not used with CLONE_WITH_WALE",
    means: "CLONE_HOST, PORT, USER, PASSWORD and PGPASS are read only for a copy of a running database.",
    matters: "Whoever reads pod-config thinks that they matter; a password there is in plain sight.",
    todo: "Remove it.",
    green: "The restore.",
  },
  "clone-stores-several": {
    title: "two stores are named for the clone",
    means: "More than one CLONE_WALG_…_PREFIX is set.",
    matters: "Spilo's script ends with `Found find 2 …`, and the clone is tried again and again.",
    todo: "Keep one.",
    green: "The backups.",
  },
  "clone-prefix-invalid": {
    title: "CLONE_WALG_S3_PREFIX is not s3://BUCKET/PATH",
    means: "The first part after `s3://` must be the bucket, and the path must not end in a slash.",
    matters: "With a host in front the host is taken for the bucket, and no backup is found.",
    todo: "Write it as s3://BUCKET/spilo/SCOPE/UID/wal/12, or use the separate CLONE_ values.",
    green: "The backups.",
  },
  "clone-scope-missing": {
    title: "CLONE_SCOPE is empty",
    means: "The scope is the folder below spilo/: the name of the lost postgresql resource.",
    matters: "Spilo warns once in the Pod's log and makes an empty database.",
    todo: "Give the folder; `postgres-recovery restore check --suggest` lists what the bucket holds.",
    green: "Pods are Ready, the postgresql resource says Running, and archiving succeeds.",
  },
  "clone-scope-invalid": {
    title: "CLONE_SCOPE holds a slash",
    means: "The scope is one folder. The UID belongs into CLONE_WAL_BUCKET_SCOPE_SUFFIX, with its slash.",
    matters: "The scope also names a folder in the Pod, so that the parts do not fit any more.",
    todo: "Give the folder alone.",
    green: "The backups.",
  },
  "clone-bucket-missing": {
    title: "CLONE_WAL_S3_BUCKET is empty",
    means: "Spilo needs scope and bucket together.",
    matters: "Spilo warns once in the Pod's log and makes an empty database.",
    todo: "Give the bucket's name.",
    green: "Pods are Ready, the postgresql resource says Running, and archiving succeeds.",
  },
  "clone-bucket-invalid": {
    title: "CLONE_WAL_S3_BUCKET is not a name alone",
    means: "It has s3://, a path, or characters that no bucket's name has.",
    matters: "Spilo puts it into the place as it is, and no backup is found there.",
    todo: "Leave out s3:// and any path.",
    green: "The backups.",
  },
  "clone-suffix-missing": {
    title: "neither a UID nor a prefix is given",
    means:
      "The place then is spilo/SCOPE/wal, where only clusters of the namespace `default` have backups, and only without wal_s3_bucket.",
    matters: "No backup is found there, or one of another cluster of that name.",
    todo: "Give the UID of the lost cluster behind a slash.",
    green: "The backups, at their real place.",
  },
  "clone-suffix-invalid": {
    title: "the suffix is not a slash and a UID",
    means: "Spilo appends the text as it is. Without its slash the UID becomes part of the folder's name.",
    matters: "The place does not exist, so no backup is found.",
    todo: "Write it as /99e85b8a-3f92-4c86-8d42-5056348c1e7e.",
    green: "The backups, at their real place.",
  },
  "clone-scope-prefix-invalid": {
    title: "the prefix is not NAMESPACE- with its hyphen",
    means: "Spilo puts the text right before the scope.",
    matters: "Without the hyphen the place does not exist, so no backup is found.",
    todo: "Write the namespace of the lost cluster and a hyphen, or leave it out when there is a UID.",
    green: "The backups, at their real place.",
  },
  "clone-version-invalid": {
    title: "CLONE_PGVERSION is not a major version",
    means: "It is the last folder of the place, such as 12.",
    matters: "The place does not exist, so no backup is found.",
    todo: "Write it as 12, or leave it out to look in each version's folder.",
    green: "The backups, at their real place.",
  },
  "clone-neighbour-unborn": {
    title: "another new database would become a copy of Harbor's",
    means:
      "pod-config belongs to the operator, so the CLONE_ values reach every database of it. The one in the finding is not Running yet, so it may still be bootstrapped.",
    matters: "Spilo would clone Harbor's data into it, and report no error.",
    todo: "Wait until it is Running, or delete it. Create no other database of this operator until the restore is finished.",
    green: "Both databases come up, and the operator says Running.",
  },
  "clone-neighbours": {
    title: "other databases get the CLONE_ values, too",
    means: "pod-config belongs to the operator, so the CLONE_ values reach every database of it.",
    matters:
      "The operator recreates their Pods when it notices the change. A database that loses its volumes meanwhile is cloned from Harbor's backups.",
    todo: "Finish the restore as soon as the data are verified. Create no other database of this operator until then.",
    green: "Running databases ignore CLONE_ values.",
  },
  "clone-neighbours-unknown": {
    title: "it is not known which other databases get the CLONE_ values",
    means: "The postgresql resources of all namespaces could not be listed; the finding has the reason.",
    matters: "A database that is bootstrapped during the restore becomes a copy of Harbor's.",
    todo: "Give the permission to list them in every namespace, or look yourself: `kubectl get postgresqls -A`.",
    green: "The restore.",
  },
} satisfies Partial<Explanations>;
