import { z } from "zod";
import { accountIdSchema } from "../domain/aws/account.ts";
import { kmsKeySchema } from "../domain/aws/kms-key.ts";
import { awsRegion, bucketName, credentialsSchema } from "../domain/restore/restore.ts";
import { scheduleProblem } from "../domain/spilo/schedule.ts";

/** A bucket of the stack. */
export const bucketSettings = z.strictObject({
  name: bucketName.describe("Name of the bucket."),
  region: awsRegion.describe("Region of the bucket, such as eu-west-2."),
  adopt: z
    .boolean()
    .default(false)
    .describe("true for a bucket that already exists. It is used as it is, and not created."),
  kmsKey: kmsKeySchema
    .optional()
    .describe("Customer-managed KMS key that encrypts the bucket. Default: S3's own keys."),
  noncurrentDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(90)
    .describe("Days after which an overwritten or deleted version is removed for good."),
  objectLock: z
    .strictObject({
      mode: z
        .enum(["governance", "compliance"])
        .describe("compliance: nobody can delete a version before its days are over."),
      days: z.int().min(1).max(36_500).describe("Days for which each version is kept."),
    })
    .optional()
    .describe("Protects every version from deletion. Only for a bucket that this stack creates."),
});

/** The database's own backups. */
export const backupSettings = z
  .strictObject({
    endpoint: z
      .string()
      .optional()
      .describe(
        "http(s)://HOST[:PORT] of an S3-compatible store that the database's Pods can reach. Never for AWS itself.",
      ),
    schedule: z
      .string()
      .refine((text) => scheduleProblem(text) === undefined, {
        error: ({ input }) =>
          `${scheduleProblem(String(input))}: must be five fields that cron runs, such as 0 1 * * *`,
      })
      .default("0 1 * * *")
      .describe("When base backups are taken: five cron fields, UTC."),
    retainDays: z
      .int()
      .min(2)
      .default(5)
      .describe("Days after which base backups and their WAL are deleted; at least 2."),
    bucketOwner: accountIdSchema
      .optional()
      .describe("AWS account that owns the bucket databaseBackups. A bucket of another account is refused."),
    credentials: credentialsSchema.describe(
      "How the database writes its backups: secret (keys in postgres-recovery:harborSecrets) or an IAM role.",
    ),
  })
  .describe("The database's own backups. They go to the bucket databaseBackups.");
