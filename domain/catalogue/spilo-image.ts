import type { Explanations } from "./explanation.ts";

/** The Spilo image of the database's Pods. */
export const spiloImage = {
  "image-unknown": {
    title: "nothing is known about this image",
    means:
      "It is not one of Spilo's with a tag such as 3.3-p3: a private build, a digest without a tag, or another registry's name for it.",
    matters: "Which PostgreSQL and WAL-G it holds decides whether backups are found, read and deleted.",
    todo: "Use ghcr.io/zalando/spilo-16:3.3-p3, or mirror it under its own name and tag.",
    green: "The Pods start with it.",
  },
  "image-without-postgres-12": {
    title: "the image has no PostgreSQL 12",
    means: "The Harbor operator asks for version 12 in every release, and Spilo dropped it with 4.0.",
    matters: "The database cannot start, and a backup of version 12 is not even looked for.",
    todo: "Use ghcr.io/zalando/spilo-16:3.3-p3, the newest with PostgreSQL 12; with an IAM role use spilo-16:3.2-p3. Newer is not better here.",
    green: "The image is pulled, and the Zalando operator accepts it.",
  },
  "image-without-restored-version": {
    title: "the image lacks the version of the backups",
    means:
      "Spilo looks only for backups of PostgreSQL versions whose programs it has. PostgreSQL 10 is in it up to 3.2-p1, and 11 up to 3.2-p3.",
    matters: "It finds no backup, and the clone fails again and again.",
    todo: "Use an image that has both the backups' version and PostgreSQL 12; the finding names one.",
    green: "The backups are complete, and `wal-g backup-list` elsewhere shows them.",
  },
  "image-backup-path-old": {
    title: "the image is older than the folder of the version",
    means:
      "Before 2.0-p2 Spilo reads and writes `wal/` itself, not `wal/<version>`. Before 1.6-p5 it also drops the region.",
    matters: "It does not find what a newer image wrote, and what it writes lies elsewhere.",
    todo: "Use ghcr.io/zalando/spilo-16:3.3-p3. It finds the old folder as well, with `versionInPath: false`.",
    green: "Archiving and backups succeed, in a place where nobody looks.",
  },
  "image-backup-list-unread": {
    title: "the image's scripts do not read its own WAL-G's lists",
    means: "From 2.0-p2 up to 2.1-p1 the scripts and WAL-G disagree on a column's name (`modified`).",
    matters:
      "Old backups are never deleted, and replicas are made from the leader, not from a backup. The Harbor operator's own default, spilo-13:2.1-p1, is one of these.",
    todo: "Use ghcr.io/zalando/spilo-16:3.3-p3.",
    green: "Backups are made, and restores work; only the bucket grows.",
  },
  "image-keeps-every-backup": {
    title: "the image never deletes old backups",
    means:
      "WAL-G 3.0 renamed a column, and the clean-up script of 3.3-p1 and 3.3-p2 does not know it (zalando/spilo#1015).",
    matters: "The bucket grows without a limit.",
    todo: "Use 3.3-p3 or newer, still with PostgreSQL 12: spilo-16:3.3-p3.",
    green: "Backups are made, and restores work.",
  },
  "image-without-irsa": {
    title: "the image does not pass the IAM role to WAL-G",
    means: "Before 2.1-p7 the names AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE do not reach WAL-G's environment.",
    matters: "WAL-G takes the node's own role, which may do too little, or too much.",
    todo: "Use ghcr.io/zalando/spilo-16:3.2-p3, or keys in the pod Secret. 3.3-p3 cannot use a role either.",
    green: "The service account has its annotation and the Pod its token, so the role looks set up.",
  },
  "image-cannot-assume-role": {
    title: "the image's WAL-G cannot assume an IAM role",
    means:
      "WAL-G 3.0.0 to 3.0.5 assumes the role a second time and asks for an empty session name. Spilo does not pass AWS_ROLE_SESSION_NAME on, so the name cannot be set (wal-g/wal-g#1810, zalando/spilo#1009).",
    matters:
      "Every call of WAL-G ends with `assume role by ARN: InvalidParameter`. Nothing is archived or backed up, a clone finds no backup, and WAL fills the volume.",
    todo: "With a role, use ghcr.io/zalando/spilo-16:3.2-p3. Its WAL-G 2.0.1 also restores what 3.3-p3 wrote. With keys in the pod Secret, 3.3-p3 works.",
    green: "The service account has its annotation, the Pod its token, and the role its policy. Pods are Ready.",
  },
  "image-asks-global-sts": {
    title: "the image asks the global STS endpoint",
    means: "2.1-p7 does not pass AWS_STS_REGIONAL_ENDPOINTS on.",
    matters: "Backups depend on us-east-1, and fail where a VPC endpoint or a policy allows only the region's STS.",
    todo: "Use 2.1-p9 up to 3.2-p3, which pass it on. With keys in the pod Secret no STS is asked.",
    green: "Backups, as long as the global endpoint is reachable.",
  },
} satisfies Partial<Explanations>;
