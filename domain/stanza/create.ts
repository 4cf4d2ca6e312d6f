import { z } from "zod";
import { dumpBucketSchema } from "../dump/bucket.ts";
import { dumpDirectorySchema } from "../dump/dump.ts";
import { durationSchema } from "../duration-schema.ts";
import { kubernetesAccessSchema } from "../kubernetes/access.ts";
import { clusterNameSchema } from "../kubernetes/object-name-schema.ts";
import { writtenReason } from "../written-reason.ts";
import { dumpReportSchema } from "../dump/report.ts";
import { stanzaStatusSchema } from "./status.ts";

/** Distinguishes a cluster from one that was created later under the same name. */
export const clusterUid = z
  .uuid()
  .describe(
    "`metadata.uid` of the PostgresCluster. Nothing is done for a cluster of the same name with another UID. Default: any UID. " +
      "`kubectl get postgrescluster CLUSTER -n NAMESPACE -o jsonpath={.metadata.uid}` prints it.",
  );

/** How long each part of the procedure may take. */
export const timeLimitsSchema = z.strictObject({
  info: durationSchema.prefault("30s").describe("Each call of `pgbackrest info`."),
  dump: durationSchema.prefault("1h").describe("The dump of all databases."),
  create: durationSchema.prefault("10m").describe("Creating the stanza, with all retries and waits for a lock."),
  operator: durationSchema.prefault("2m").describe("Waiting until PGO confirms the stanza."),
});
export type TimeLimits = z.infer<typeof timeLimitsSchema>;

/** Where the databases are dumped before the stanza is created, or why they are not dumped. */
const dumpSettingSchema = z.union([
  z.strictObject({
    directory: dumpDirectorySchema.describe("Folder for the dump, created when absent, or s3://BUCKET[/PREFIX]."),
    bucket: dumpBucketSchema.optional().describe("Only with s3://BUCKET[/PREFIX]."),
  }),
  z.strictObject({ skip: writtenReason.describe("Why no dump is taken.") }),
]);

/** What `postgres-recovery stanza create --request -` reads from stdin: one JSON object. */
export const stanzaCreateRequestSchema = z.strictObject({
  version: z.literal(1),
  kubernetes: kubernetesAccessSchema,
  cluster: clusterNameSchema("NAMESPACE/CLUSTER"),
  uid: clusterUid.optional(),
  dump: dumpSettingSchema,
  timeLimits: timeLimitsSchema,
});

/** What `postgres-recovery stanza create -o json` prints: the result of one run of the procedure. */
export const stanzaCreateReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** `metadata.uid` of the PostgresCluster; absent in reports of older versions. */
  uid: z.string().optional(),
  outcome: z.enum(["created", "already-okay"]),
  status: stanzaStatusSchema,
  /** Pod on which the stanza was created; absent when the stanza already existed. */
  leader: z.string().optional(),
  dump: z.union([dumpReportSchema, z.object({ skipped: z.string() })]).optional(),
  /** Whether PGO's own status confirms the stanza; `pending` when it did not within the time limit. */
  operator: z.enum(["confirmed", "pending"]),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type StanzaCreateReport = z.infer<typeof stanzaCreateReportSchema>;
