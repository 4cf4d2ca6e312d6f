import { z } from "zod";
import { dumpDirectorySchema } from "../dump/dump.ts";
import { durationSchema } from "../duration-schema.ts";
import { kubernetesAccessSchema } from "../kubernetes/access.ts";
import { objectNamePattern } from "../kubernetes/object-name.ts";
import { writtenReason } from "../written-reason.ts";
import { dumpReportSchema } from "../dump/report.ts";
import { stanzaStatusSchema } from "./status.ts";

/** Tells a cluster from another one that was made under its name after it was deleted. */
export const clusterUid = z
  .uuid()
  .describe(
    "`metadata.uid` of the PostgresCluster that is meant; nothing is done for another one of its name. Default: any. " +
      "`kubectl get postgrescluster CLUSTER -n NAMESPACE -o jsonpath={.metadata.uid}` prints it.",
  );

/** How long each part of the procedure may take. */
export const timeLimitsSchema = z.strictObject({
  info: durationSchema.prefault("30s").describe("Each question to pgBackRest about the stanza's state."),
  dump: durationSchema.prefault("1h").describe("The dump of all databases."),
  create: durationSchema.prefault("10m").describe("Creating the stanza, all tries and waits for a lock together."),
  operator: durationSchema.prefault("2m").describe("Waiting until PGO, too, says that the stanza is created."),
});
export type TimeLimits = z.infer<typeof timeLimitsSchema>;

/** Whether the databases are dumped before the stanza is created, and why not. */
export const dumpSettingSchema = z.union([
  z.strictObject({
    directory: dumpDirectorySchema.describe("Folder for the dump, made when it is absent, or s3://BUCKET[/PREFIX]."),
  }),
  z.strictObject({ skip: writtenReason.describe("Why no dump is taken.") }),
]);

/** What `postgres-recovery stanza create --request -` reads from stdin: one JSON object. */
export const stanzaCreateRequestSchema = z.strictObject({
  version: z.literal(1),
  kubernetes: kubernetesAccessSchema,
  cluster: z.string().regex(objectNamePattern, "must be NAMESPACE/CLUSTER"),
  uid: clusterUid.optional(),
  dump: dumpSettingSchema,
  timeLimits: timeLimitsSchema,
});
export type StanzaCreateRequest = z.infer<typeof stanzaCreateRequestSchema>;

/** What `postgres-recovery stanza create -o json` prints: the result of one run of the procedure. */
export const stanzaCreateReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** `metadata.uid` of the PostgresCluster; reports of former runs do not have it. */
  uid: z.string().optional(),
  outcome: z.enum(["created", "already-okay"]),
  status: stanzaStatusSchema,
  /** Pod on which the stanza was created; absent when it stood already. */
  leader: z.string().optional(),
  dump: z.union([dumpReportSchema, z.object({ skipped: z.string() })]).optional(),
  /** Whether PGO's own status says so too; `pending` when it had not within the time limit. */
  operator: z.enum(["confirmed", "pending"]),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
});
export type StanzaCreateReport = z.infer<typeof stanzaCreateReportSchema>;
