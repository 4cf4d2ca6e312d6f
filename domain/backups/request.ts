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

/** A number of days, such as `30d`: proofs count for longer than a time limit may be. */
const daysPattern = /^[1-9]\d{0,3}d$/;
const daysProblem = "expected a whole number of days, such as 30d";

/** What `postgres-recovery backup verify --request -` reads from stdin. */
export const backupVerifyRequestSchema = backupListRequestSchema.extend({
  read: z
    .boolean()
    .default(false)
    .describe("Whether all backups and their WAL are downloaded and read to the end. Nothing is kept."),
  readTimeLimit: durationSchema.prefault("12h").describe("For that download."),
  remember: z
    .boolean()
    .default(false)
    .describe("Whether the result of the download is written into the ledger of proofs beside the backups."),
  reverifyAfter: z
    .string()
    .regex(daysPattern, daysProblem)
    .optional()
    .describe("How long a proof counts: only what is new, has changed or is older is downloaded. Default: everything."),
  signingKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe("File with the private Ed25519 key in PEM that signs the entry."),
  publicKeyFiles: z
    .array(z.string().min(1))
    .default([])
    .describe("Files with public keys, in PEM, whose entries count as well as those of the signing key."),
});

/** What is missing for proofs in a request of `backup verify`; undefined when nothing is. */
export function proofProblem({
  publicKeyFiles,
  read,
  remember,
  reverifyAfter,
  signingKeyFile,
}: Omit<z.output<typeof backupVerifyRequestSchema>, "version" | "kubernetes">): string | undefined {
  const problems: string[] = [];
  if (remember && !read) problems.push("--remember needs --read: only what was read is proven");
  if (reverifyAfter !== undefined && !read) problems.push("--reverify-after needs --read");
  if (remember && signingKeyFile === undefined) problems.push("--remember needs --signing-key-file");
  if (reverifyAfter !== undefined && signingKeyFile === undefined && publicKeyFiles.length === 0)
    problems.push("--reverify-after needs --signing-key-file or --public-key-file: without a key, no proof counts");
  return problems.length === 0 ? undefined : problems.join("\n");
}

/** What `postgres-recovery backup proofs --request -` reads from stdin. */
export const backupProofsRequestSchema = backupListRequestSchema.omit({ schedule: true }).extend({
  publicKeyFiles: z
    .array(z.string().min(1))
    .default([])
    .describe("Files with the public keys that are trusted, in PEM. Without a key, no entry is proven."),
});
