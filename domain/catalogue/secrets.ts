import type { Explanations } from "./explanation.ts";

/** Harbor's Secrets and their copies. */
export const secrets = {
  "secrets-not-made": {
    title: "the operators did not make the Secrets in time",
    means: "What was waited for, the postgresql resource or Secrets, is listed in the message.",
    matters:
      "What does not exist cannot be kept. A database that runs without a copy of its Secrets cannot be restored in full.",
    todo: "See the status of the HarborCluster and of its postgresql resource, and both operators' logs.",
    green: "pod-config, pg_hba and the preflight.",
  },
  "secrets-not-kept": {
    title: "some Secrets could not be kept",
    means:
      "Each is listed with its reason: missing, empty, invalid, another encryption key for the same database, or something else under the copy's name. The others were kept.",
    matters: "A bad Secret never replaces a good copy. But the copies may now be of different moments.",
    todo: "Correct the Secrets in Kubernetes, then run it again.",
    green: "Harbor runs: Pods keep the values that they started with.",
  },
  "secrets-not-restorable": {
    title: "the Secrets cannot be restored",
    means:
      "For each one the message says why: there is no copy with the label, the copy is not one of ours or has invalid content, or the Secret exists with other content. None was created, so the set is never mixed.",
    matters:
      "A HarborCluster made now would get new passwords and a new encryption key. What Harbor encrypted in its database, such as the credentials of registries, could not be read.",
    todo: "Do not create the HarborCluster yet. Give the right --uid, or delete a Secret by hand if nothing uses it any more.",
    green: "The copies in AWS Secrets Manager, and the backups.",
  },
  "lost-database-not-deleted": {
    title: "the Zalando operator has not finished deleting the lost database",
    means:
      "The HarborCluster or its postgresql resource is gone, but that resource or the database's Service is still there. The operator deletes the Pods first, for which it may wait ten minutes, then the Secrets, then the Service. If it did not run when the resource was deleted, it never deletes any of them.",
    matters:
      "Secrets that are restored now would be deleted by the operator, and the next database would get new passwords.",
    todo: "See the operator's log. If it does nothing any more, delete what the message names by hand, then run it again.",
    green: "Pods, volumes and the StatefulSet may be gone already.",
  },
  "secret-copy-missing": {
    title: "the copy's secret does not exist in AWS",
    means: "The stack makes the empty secret, and this step fills it. The secret of that name is not there.",
    matters: "The Secret was not kept.",
    todo: "Run `pulumi up`, which makes it. A step by hand does not.",
    green: "Copies of other Secrets.",
  },
  "secret-copy-not-confirmed": {
    title: "AWS does not return what was written",
    means: "A new version was written and read back, and the two differ: another run wrote at the same time.",
    matters: "The version was not made current, so the copy of before still counts.",
    todo: "Run it again, alone.",
    green: "The former copy stays AWSCURRENT.",
  },
  "secret-copies-mixed": {
    title: "the copies belong to different databases",
    means: "The newest copies carry different UIDs: a new cluster of the same name was kept only in part.",
    matters: "The password of one database and the encryption key of another fit nothing.",
    todo: "Name the lost database with --uid; the message lists each copy's UID and the place of its backups.",
    green: "Every single copy is valid.",
  },
  "secret-copies-elsewhere": {
    title: "only other Kubernetes clusters have kept the Secrets",
    means:
      "This Kubernetes cluster has no copies for a Harbor of this name. Others in the same AWS account have: they are listed with the UIDs of their databases.",
    matters:
      "The Secrets of another cluster's Harbor do not fit this database: wrong passwords and a wrong encryption key.",
    todo: "After the loss of a whole cluster this is expected. Name the lost database: with --uid, or in a stack with harbor.secrets.restoreUid.",
    green: "Every single copy is valid.",
  },
  "secret-missing": {
    title: "a Secret does not exist",
    means: "One of the Secrets that the database and Harbor need is not in the namespace.",
    matters:
      "The operator that needs it makes a new one, with a new password or a new key. A new encryption key makes what Harbor encrypted before unreadable.",
    todo: "Before the HarborCluster is made: `postgres-recovery secrets restore`. Afterwards, restore its content by hand from the copy.",
    green: "Running Pods keep the value they started with, so everything works until the next restart.",
  },
  "secret-content-wrong": {
    title: "a Secret's content is wrong",
    means:
      "A username or password is missing, is binary, or has blanks around it; the username is another role's; or the encryption key does not have 16 characters. Values are never shown.",
    matters:
      "With another username the Zalando operator makes a new password. With another encryption key Harbor cannot read what it encrypted before.",
    todo: "Restore the content from its copy, or correct it.",
    green: "The Secret exists and has its keys, so `kubectl get secret` looks right.",
  },
} satisfies Partial<Explanations>;
