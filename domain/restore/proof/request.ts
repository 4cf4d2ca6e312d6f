import { z } from "zod";
import { sessionKeysSchema } from "../../aws/access-keys.ts";
import { accountIdSchema } from "../../aws/account.ts";
import { endpointUrlSchema } from "../../aws/endpoint-url.ts";
import { durationSchema } from "../../duration-schema.ts";
import { harborRequestSchema } from "../../harbor/request.ts";
import { writtenReason } from "../../written-reason.ts";
import { registryCheckRequestSchema } from "../../registry/check.ts";
import { chosenBackupSchema } from "../check.ts";
import { amcheckModes } from "./amcheck-modes.ts";
import { restoreFields } from "../restore.ts";

const expectations = ["equals", "atLeast", "empty"] as const;

/** A query, and what its result must be. */
export const expectedQuerySchema = z
  .strictObject({
    database: z.string().min(1).describe("Database in which the query is run."),
    sql: z.string().min(1).describe("One query that only reads. It is run in a read-only transaction."),
    equals: z.string().optional().describe("The result as text: a row per line, `|` between its values."),
    atLeast: z.number().optional().describe("The least value of a result that is one number."),
    empty: z.literal(true).optional().describe("true when no row is right."),
  })
  .refine((query) => expectations.filter((name) => query[name] !== undefined).length === 1, {
    error: "must have exactly one of equals, atLeast and empty",
  });
export type ExpectedQuery = z.infer<typeof expectedQuerySchema>;

/** What the restored database must hold. */
export const expectationSchema = z.strictObject({
  databases: z.array(z.string().min(1)).default([]).describe("Databases that must exist."),
  queries: z.array(expectedQuerySchema).default([]).describe("Queries with the result that they must have."),
});
export type Expectation = z.infer<typeof expectationSchema>;

export const amcheckSchema = z
  .enum(amcheckModes)
  .default("if-installed")
  .describe(
    "Whether amcheck reads every B-tree index. always: in a database without the extension it is created in a transaction that is rolled back.",
  );

/** How Harbor itself is asked. */
export const harborAnswerSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Address at which this machine reaches Harbor. Default: the HarborCluster's externalURL."),
  insecure: z
    .boolean()
    .default(false)
    .describe("true: a certificate is accepted that no known authority has signed, nor the one of the HarborCluster."),
  skip: writtenReason.optional().describe("Why Harbor is not asked. Default: it is asked."),
});

const { bucket, bucketOwner, database, digests, endpoint, region, root } = registryCheckRequestSchema.shape;

/** How the registry is compared with the restored database. */
export const registryProofSchema = z.strictObject({
  problems: z
    .enum(["report", "fail"])
    .default("report")
    .describe(
      "What it means for the proof that images cannot be pulled. report: a warning, because the restore of the database has worked. fail: the proof fails.",
    ),
  root,
  database,
  digests,
  skip: writtenReason.optional().describe("Why the registry is not compared. Default: it is, if its bucket is known."),
});
export type RegistryProof = z.output<typeof registryProofSchema>;

const comparedRegistry = registryProofSchema
  .extend({
    store: z
      .strictObject({ bucket, region, endpoint, bucketOwner })
      .optional()
      .describe("Where Harbor stores its artifacts. Default: not known, so the registry is not compared."),
  })
  .refine(({ problems, skip, store }) => problems === "report" || skip !== undefined || store !== undefined, {
    path: ["problems"],
    error: "can be fail only where the bucket of Harbor's artifacts is named",
  });

/** How long each part of the proof may take. */
export const proofTimeLimits = z.strictObject({
  query: durationSchema.prefault("1m").describe("One query."),
  indexes: durationSchema.prefault("30m").describe("The check of all indexes of one database."),
  archive: durationSchema.prefault("5m").describe("Until a WAL segment of the new database is in S3."),
  backup: durationSchema.prefault("30m").describe("Until the new database's first base backup is finished in S3."),
  harbor: durationSchema.prefault("5m").describe("Until Harbor answers and is healthy."),
  registry: durationSchema.prefault("30m").describe("The comparison of the registry with the database."),
  total: durationSchema.prefault("2h").describe("The whole proof."),
});

/** What `postgres-recovery restore verify --request -` reads from stdin. */
export const restoreVerifyRequestSchema = harborRequestSchema.extend({
  backup: chosenBackupSchema
    .pick({ name: true, place: true, systemIdentifier: true, walEnd: true })
    .optional()
    .describe("The backup that was restored, from the report of `restore check`. Default: not known."),
  systemIdentifier: z
    .string()
    .regex(/^\d+$/, "must be decimal digits")
    .optional()
    .describe("System identifier of the lost database, for backups that do not name it."),
  targetTime: restoreFields.targetTime
    .optional()
    .describe("The moment that was restored to. Default: the end of the WAL."),
  since: z.iso.datetime().optional().describe("When the restore began, for the report (ISO 8601, UTC)."),
  lostAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("When the database was lost, for the report (ISO 8601 with its offset)."),
  expect: expectationSchema.prefault({}),
  amcheck: amcheckSchema,
  harbor: harborAnswerSchema.prefault({}),
  registry: comparedRegistry.prefault({}).describe("How the registry is compared with the restored database."),
  bucketOwner: accountIdSchema.optional().describe("AWS account that the bucket of the new backups must belong to."),
  keys: sessionKeysSchema
    .optional()
    .describe("Keys that read the new backups. Default: the AWS credentials of whoever runs this."),
  endpointUrl: endpointUrlSchema
    .optional()
    .describe(
      "Address at which this machine reaches AWS S3, such as that of a VPC endpoint. Default: AWS's public address.",
    ),
  timeLimits: proofTimeLimits.prefault({}),
});

/** What a stack says of the proof. */
export interface DeclaredProof extends Pick<
  z.output<typeof restoreVerifyRequestSchema>,
  "amcheck" | "expect" | "harbor" | "lostAt" | "systemIdentifier" | "timeLimits"
> {
  /** How the registry is compared with the restored database. */
  readonly registry: RegistryProof;
  /** Why there is no proof. Default: there is one. */
  readonly skip?: string | undefined;
}
