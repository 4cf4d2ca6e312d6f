import type { Explanations } from "./explanation.ts";

/** S3, Secrets Manager and KMS. */
export const aws = {
  "aws-region-missing": {
    title: "no AWS region is set",
    means: "Neither AWS_REGION nor the AWS profile names a region.",
    todo: "Set AWS_REGION, or `region` in the profile.",
  },
  "aws-credentials-missing": {
    title: "there are no AWS credentials",
    means: "The environment, the profile, and the machine's role offer none.",
    matters: "Nothing can be said of backups or copies of Secrets.",
    todo: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws sso login`.",
    green: "The database's Pods have credentials of their own, so archiving and backups go on.",
  },
  "aws-credentials-rejected": {
    title: "AWS does not accept the credentials",
    means:
      "The key is unknown, its secret does not match, the session has expired, or this machine's clock is wrong; the message says which.",
    matters:
      "Nothing can be said of backups or copies of Secrets. If these are the Pods' keys, the database cannot archive either.",
    todo: "Correct the keys, or log in again.",
    green: "Pods stay Ready and the database takes writes while archiving fails: WAL piles up on the volume instead.",
  },
  "s3-bucket-missing": {
    title: "the bucket does not exist",
    means: "S3 knows no bucket of that name at that endpoint.",
    todo: "Check the name, and the endpoint: without one AWS is asked, with one only that store.",
  },
  "s3-region-wrong": {
    title: "the bucket is in another region",
    means: "S3 answered with a redirect, or with the bucket's real region, which the message has when S3 tells it.",
    todo: "Set that region. WAL-G would not follow the redirect either.",
  },
  "s3-forbidden": {
    title: "the credentials may not read or write there",
    means:
      "S3 answered 403. It answers the same for an object that does not exist, if the credentials may not list the bucket.",
    matters:
      "An empty list and a refused one must not be confused: `wal-g backup-list --detail` up to 3.0.5 exits with 0 and prints nothing for both.",
    todo: "Give the credentials the policy that the message names. With a customer-managed KMS key they need kms:Decrypt as well.",
    green: "The bucket exists and others read it. Archiving may succeed with the Pods' own keys.",
  },
  "s3-unreachable": {
    title: "S3 does not answer",
    means: "The endpoint cannot be reached from here.",
    matters: "Nothing is known of the backups.",
    todo: "Check network, proxy and endpoint. An endpoint that only the cluster reaches cannot be asked from a laptop.",
    green: "The database may archive: its Pods have another way to the store.",
  },
  "s3-failed": {
    title: "S3 answered with an error",
    means: "The message has S3's code and the HTTP status, for a case that has no explanation of its own here.",
    matters: "Nothing is known of what was asked.",
    todo: "Look the code up in the store's documentation. `SlowDown` and 503 pass by themselves.",
    green: "Archiving retries for ever by itself, so a short failure leaves no gap.",
  },
  "s3-answer-unreadable": {
    title: "the answer is not S3's",
    means: "Something answers at the endpoint, but not as S3 does: most often a console, a proxy or a login page.",
    matters: "Nothing is known of the backups.",
    todo: "Use the endpoint of the API, not of the store's web console: scheme, host and port only.",
    green: "The URL answers with 200, so a monitor of it stays green.",
  },
  "s3-object-gone": {
    title: "an object went away between the list and the read",
    means: "It was listed a moment ago and no longer exists: retention or a person deleted it.",
    matters: "What was concluded from the list may be out of date.",
    todo: "Run it again.",
    green: "All the other objects.",
  },
  "s3-object-archived": {
    title: "the object lies in an archive class",
    means: "A lifecycle rule moved it to Glacier or Deep Archive. It must be restored before anybody can read it.",
    matters: "WAL-G cannot fetch such a backup, and a restore would fail after it has begun.",
    todo: "`aws s3api restore-object`, or S3 Batch Operations for a whole backup with its WAL; then check again. Remove the rule: restored copies get a new LastModified if they are copied in place.",
    green: "Lists show the object with its full size, `wal-g backup-list` shows the backup, and archiving succeeds.",
  },
  "s3-owner-unknown": {
    title: "the owner of the bucket is not known",
    means:
      "A bucket's name says nothing about its owner. These credentials do not say which AWS account they belong to, so nothing can be compared.",
    todo: "Name the account with --bucket-owner, or in a stack with stanza.dumpBucket.owner. `aws sts get-caller-identity --query Account` prints yours.",
  },
  "s3-bucket-public": {
    title: "everybody may read the bucket",
    means: "The bucket's policy is public, and none of S3's blocks stops it.",
    matters: "A dump has the content of all databases.",
    todo: "Turn on all four blocks of public access, or use another bucket.",
    green: "The cluster and its databases: nothing was dumped.",
  },
  "s3-not-encrypted": {
    title: "the store would not encrypt the dump",
    means: "S3 says with which encryption an upload begins. It named none, or not the KMS key that was asked for.",
    matters: "A dump has the content of all databases.",
    todo: "Correct the key or the bucket's encryption.",
    green: "The cluster and its databases: nothing was dumped, and the upload was aborted.",
  },
  "s3-object-exists": {
    title: "an object of that name exists already",
    means: "Another dump of the same cluster began in the same second. An object is never overwritten.",
    matters: "This dump was not kept; the other one was.",
    todo: "Run it again.",
    green: "The object that exists is complete.",
  },
  "s3-object-not-confirmed": {
    title: "the uploaded object is not there",
    means: "S3 took the upload, but the object is missing, has another size, or is another run's.",
    matters: "A dump that cannot be seen must not count as one, so the step that wanted it ends here.",
    todo: "See the store's log and the bucket's lifecycle and replication rules, then run it again.",
    green: "Every part of the upload was answered with success.",
  },
  "secrets-manager-forbidden": {
    title: "the credentials may not use AWS Secrets Manager",
    means:
      "AWS refused a call for this secret, or the use of the KMS key that encrypts it; the message has AWS's words.",
    matters:
      "Copies are neither made nor read. The live Secrets are the only ones, and they are deleted with the HarborCluster.",
    todo: "Ask for the policy in docs/secrets.md.",
    green: "Harbor and its database run; nothing else notices that their Secrets have no current copy.",
  },
  "secrets-manager-failed": {
    title: "AWS Secrets Manager did not answer the call",
    means: "The message has the error's name and text, for instance a connection that was refused.",
    matters: "Copies may be out of date. Versions that were written before stay.",
    todo: "Run it again; the step writes only what differs.",
    green: "Harbor and its database.",
  },
  "kms-key-unusable": {
    title: "the KMS key cannot encrypt or decrypt",
    means:
      "The key that encrypts the copy is disabled, waits for its deletion, or its policy refuses these credentials.",
    matters:
      "Without the key the copies are lost, however many there are. A key that waits for deletion is gone for good after 7 to 30 days.",
    todo: "`aws kms describe-key`; cancel the deletion, enable the key, or correct its policy.",
    green: "`list-secrets` and `describe-secret` work, because names and labels are not encrypted.",
  },
} satisfies Partial<Explanations>;
