import { z } from "zod";
import { accountIdSchema } from "../aws/account.ts";
import { endpointUrlSchema } from "../aws/endpoint-url.ts";
import { durationSchema } from "../duration-schema.ts";
import { harborRequestSchema } from "../harbor/request.ts";
import { bucketName, restoreFields, restoreSourceSchema, storeProblems } from "../restore/restore.ts";
import { scheduleProblem } from "../spilo/schedule.ts";

/** A place of backups that no running database has to name. */
const storedBackupsSchema = z
  .strictObject({
    bucket: bucketName,
    region: z.string(),
    endpoint: z.string().optional(),
    bucketOwner: accountIdSchema.optional().describe("AWS account that the bucket must belong to. Default: any."),
    scope: restoreFields.scope,
    source: restoreSourceSchema,
    postgresVersion: restoreFields.postgresVersion,
    versionInPath: z.boolean(),
  })
  .check(({ value, issues }) => {
    for (const [path, message] of Object.entries(storeProblems(value)))
      issues.push({ code: "custom", input: value, path: [path], message });
  });
export type StoredBackups = z.infer<typeof storedBackupsSchema>;

/** What `postgres-recovery backup list --request -` reads from stdin. */
export const backupListRequestSchema = harborRequestSchema.extend({
  store: storedBackupsSchema
    .optional()
    .describe(
      "The place of the backups; then Kubernetes is not asked. Default: where the running database's Pods write theirs.",
    ),
  schedule: z
    .string()
    .refine((text) => scheduleProblem(text) === undefined, {
      error: ({ input }) => scheduleProblem(String(input)),
    })
    .optional()
    .describe("When base backups are made, as cron reads it. Default: BACKUP_SCHEDULE of the Pods, else 0 1 * * *."),
  endpointUrl: endpointUrlSchema
    .optional()
    .describe(
      "Address at which this machine reaches AWS S3, such as that of a VPC endpoint. Default: AWS's public address; AWS_ENDPOINT_URL is not used.",
    ),
  timeLimit: durationSchema.prefault("10m").describe("For all listings and everything small that is read of S3."),
});

/** What `postgres-recovery backup verify --request -` reads from stdin. */
export const backupVerifyRequestSchema = backupListRequestSchema.extend({
  read: z
    .boolean()
    .default(false)
    .describe("Whether all backups and their WAL are downloaded and read to the end. Nothing is kept."),
  readTimeLimit: durationSchema.prefault("12h").describe("For that download."),
});

/** What `postgres-recovery backup proofs --request -` reads from stdin. */
export const backupProofsRequestSchema = backupListRequestSchema.omit({ schedule: true }).extend({
  publicKeyFiles: z
    .array(z.string().min(1))
    .default([])
    .describe("Files with the public keys that are trusted, in PEM. Without a key, no entry is proven."),
});
