import type { Explanations } from "./explanation.ts";

/** The Zalando operator's own configuration. It reads it only at its start. */
export const zalandoOperator = {
  "operator-configuration-missing": {
    title: "the operator's configuration does not exist",
    means:
      "The ConfigMap or OperatorConfiguration that was named, or that the operator's Deployment names, is not there.",
    matters: "Whether the operator reads pod-config is not known, so nothing is changed.",
    todo: "Check the operator's namespace, and the name.",
    green: "An operator that started before the object was deleted runs on with what it read.",
  },
  "operator-configuration-ambiguous": {
    title: "it is not known which object configures the operator",
    means: "No Deployment in the namespace names one, and there is none, or more than one, that could be it.",
    matters: "Judging the wrong object would call a broken configuration right.",
    todo: "Name it: `operator.configuration` in a request or setting, --operator-config-map or --operator-configuration.",
    green: "The operator runs with one of them.",
  },
  "operator-configuration-unreadable": {
    title: "the operator's configuration could not be read",
    means:
      "The API server refused, several objects could be meant, or the object has no configuration; the finding has the reason.",
    matters:
      "The operator silently ignores pod-config when its configuration does not name it, and that cannot be ruled out.",
    todo: "Get the permission, or name the object, then check again.",
    green: "The operator runs.",
  },
  "operator-pod-config-not-named": {
    title: "the operator does not read pod-config",
    means:
      "`pod_environment_configmap` is missing, or names another ConfigMap. Without a namespace in the name it means the operator's own.",
    matters: "No value of pod-config reaches a Pod: no backups, and instead of a restore an empty database.",
    todo: "Set it to the name in the finding, then restart the operator.",
    green: "pod-config exists with right values, the Pods are Ready, and the postgresql resource says Running.",
  },
  "operator-pod-secret-not-named": {
    title: "the operator does not read the pod Secret",
    means: "`pod_environment_secret` is missing, or names another Secret, while the keys for S3 are in this one.",
    matters: "WAL-G has no keys, so it takes the node's own role. Archiving fails, or goes where that role may write.",
    todo: "Set it to the name in the finding, then restart the operator.",
    green:
      "Pods are Ready, the postgresql resource says Running, and the database takes writes until its volume is full of WAL.",
  },
  "operator-pod-secret-other": {
    title: "the operator wants another pod Secret",
    means: "`pod_environment_secret` names a Secret that the stack does not make. No keys are needed from it here.",
    matters: "While that Secret is missing in the database's namespace, the operator makes no database at all.",
    todo: "Set it to the name in the finding, then restart the operator; or make that Secret, empty.",
    green: "Databases that exist already run on.",
  },
  "operator-bucket-missing": {
    title: "the operator has no wal_s3_bucket",
    means:
      "Only with it does the operator put the cluster's UID into the path of the backups. A bucket in pod-config alone does not (zalando/postgres-operator#2116).",
    matters:
      "A new database of the same name writes into the backups of the lost one. Its WAL replaces segments of the same name, and a later restore mixes two databases.",
    todo: "Set wal_s3_bucket to the name in the finding, then restart the operator. Pods are made again, and write to the new path.",
    green: "Archiving and base backups succeed, and `wal-g backup-list` shows all of them.",
  },
  "operator-bucket-different": {
    title: "the operator names another bucket",
    means:
      "Its wal_s3_bucket is not the declared bucket. pod-config's WAL_S3_BUCKET wins, and the UID stays in the path.",
    matters: "Whoever looks for backups by the operator's configuration looks in the wrong bucket.",
    todo: "Set both to the same bucket.",
    green: "Archiving, backups and restores.",
  },
  "operator-secret-template-wrong": {
    title: "the operator names Secrets in another way than Harbor expects",
    means:
      "`secret_name_template` is not the one that the Harbor operator uses. Zalando's default has `.credentials.postgresql.acid.zalan.do` at the end.",
    matters:
      "Harbor does not find its database's password, and restored Secrets are not taken up: the operator makes new ones beside them.",
    todo: "Set it to the template in the finding, then restart the operator.",
    green: "The database is Running and its Pods are Ready; only the HarborCluster's DatabaseReady stays False.",
  },
  "operator-pam-role-unmatched": {
    title: "no pam line names the operator's role",
    means: "pg_hba has a pam line for another role than `pam_role_name`.",
    matters: "People of that role cannot log in with their token.",
    todo: "Add the line in the finding to the own lines of pg_hba.",
    green: "Harbor, replicas and backups.",
  },
  "operator-owner-references": {
    title: "the operator owns the Secrets",
    means:
      "`enable_owner_references` is on, so the Zalando operator and the Harbor operator both make themselves the controller of the same Secrets.",
    matters:
      "Kubernetes allows one controller. The Harbor operator fails at each reconcile, and DatabaseReady is not reached.",
    todo: "Set it to false, then restart the operator.",
    green: "The database is Running.",
  },
} satisfies Partial<Explanations>;
