import type { Explanations } from "./explanation.ts";

/** The store of the new database's own backups. */
export const ownStore = {
  "backup-store-wrong": {
    title: "the bucket of the backups does not exist there",
    means: "S3 knows no bucket of this name, or has it in another region.",
    matters:
      "Nothing is archived and no backup is made. WAL stays on the volume until it is full, and the database stops.",
    todo: "Correct the bucket's name, its region, or the endpoint.",
    green: "Pods are Ready, the postgresql resource says Running, and Harbor works until the volume is full.",
  },
  "backup-store-denied": {
    title: "the Pods' keys cannot write backups",
    means:
      "The check listed the database's folder and created a small object with these keys. S3 refused one of the two.",
    matters:
      "Nothing is archived and no backup is made. WAL stays on the volume until it is full, and the database stops.",
    todo: "Attach the writer's policy (docs/buckets.md) to the user of the keys, or correct the keys.",
    green: "Pods are Ready, the postgresql resource says Running, and Harbor works until the volume is full.",
  },
  "backup-store-unknown": {
    title: "it is not known whether backups can be written",
    means: "S3 did not answer, or not in the time allowed; the finding has the reason.",
    matters: "If the Pods get no answer either, nothing is archived, and the volume fills.",
    todo: "Correct the access from here to the store, then check again.",
    green: "The Pods may reach a store that this machine does not reach, and the reverse.",
  },
  "backup-write-untried": {
    title: "it was not tried whether the Pods can write backups",
    means: "Only the Pods can assume their role. With keys in the pod Secret, the check was run without them.",
    matters: "A policy that is missing shows only when the database runs: archiving fails, and the volume fills.",
    todo: "When the database runs, `postgres-recovery harbor status` shows the archiver and the newest WAL. For keys, `pulumi up` tries them.",
    green: "Every finding about the settings; Pods are Ready.",
  },
  "backup-delete-denied": {
    title: "the Pods' keys cannot delete",
    means: "The check created a small object and could not delete it. The finding names it.",
    matters: "Old backups and their WAL are never deleted, so the bucket grows without a limit.",
    todo: "Allow s3:DeleteObject, as the writer's policy in docs/buckets.md does. The object may be deleted by hand.",
    green: "Archiving and backups succeed.",
  },
} satisfies Partial<Explanations>;
