import { z } from "zod";
import { dumpBucketSchema } from "../dump/bucket.ts";
import { dumpDirectorySchema } from "../dump/dump.ts";
import { durationSchema } from "../duration-schema.ts";
import { kubernetesAccessSchema } from "../kubernetes/access.ts";
import { clusterNameSchema } from "../kubernetes/object-name-schema.ts";
import { writtenReason } from "../written-reason.ts";
import { dumpReportSchema } from "../dump/report.ts";
import { stanzaStatusSchema } from "./status.ts";

/** Which run of a stack's target this is. A stack compares it with the last one, to decide whether to run again. */
export const runSchema = z.strictObject({
  number: z.int().min(1).describe("Counts the runs of this target in this stack."),
  attempt: z.int().min(1).describe("The `attempt` in the stack's settings."),
});
export type Run = z.infer<typeof runSchema>;

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
  backup: durationSchema.prefault("2h").describe("The first backup, if `firstBackup` asks for one."),
});
export type TimeLimits = z.infer<typeof timeLimitsSchema>;

/** Where the databases are dumped before the stanza is created, or why they are not dumped. */
const dumpSettingSchema = z.union([
  z.strictObject({
    directory: dumpDirectorySchema.describe("Folder for the dump, created when absent, or s3://BUCKET[/PREFIX]."),
    bucket: dumpBucketSchema.optional().describe("Only with s3://BUCKET[/PREFIX]."),
    maxAge: durationSchema
      .prefault("1h")
      .describe("An earlier dump of this instance that is not older is verified and used again."),
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
  firstBackup: z
    .boolean()
    .optional()
    .describe("Whether PGO is to take a backup if the repositories hold none. Default: false."),
  timeLimits: timeLimitsSchema,
  run: runSchema
    .optional()
    .describe(
      "Set by a stack. A failure is then printed as a report, with exit code 0. If the variable PULUMI_COMMAND_STDOUT " +
        "holds the report of the same run, that report is printed again and nothing is done. Default: run by hand.",
    ),
});

/** Whether there is a first backup, or who takes it. Absent in reports of older versions. */
const firstBackupSchema = z.object({
  /**
   * `exists` (there was one before), `taken` (this run ordered it, or waited for it), `expected` (PGO takes it by itself),
   * or `missing` (nobody takes one before the next scheduled backup).
   */
  state: z.enum(["exists", "taken", "expected", "missing"]),
  /** Orders the first backup from PGO, as a command for a shell; absent when there is one. */
  command: z.string().optional(),
});
export type FirstBackup = z.infer<typeof firstBackupSchema>;

/** What a report has besides when a stack ran the step. Reports of older versions lack both. */
export const ofStack = {
  run: runSchema.optional().describe("Which run of the stack's target it was; absent when it was run by hand."),
  kubeSystemUid: z
    .string()
    .optional()
    .describe("UID of the Kubernetes cluster's kube-system namespace, as it was checked before the run."),
};

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
  /**
   * What PGO's own status says: `confirmed` (it changed to "created" after this run had created the stanza), `pending` (it
   * did not within the time limit), `already-created` (it said so before this run, which proves nothing), or `paused`
   * (`spec.paused`: it is not updated).
   */
  operator: z.enum(["confirmed", "pending", "already-created", "paused"]),
  firstBackup: firstBackupSchema.optional(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  ...ofStack,
});
export type StanzaCreateReport = z.infer<typeof stanzaCreateReportSchema>;
