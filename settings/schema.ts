import { z } from "zod";
import { dumpBucketSchema } from "../domain/dump/bucket.ts";
import { durationSchema } from "../domain/duration-schema.ts";
import { dumpDirectorySchema } from "../domain/dump/dump.ts";
import { clusterUid, timeLimitsSchema } from "../domain/stanza/create.ts";
import { alarmSchema } from "./alarm.ts";
import { harborSchema, databaseKeysSchema } from "./harbor.ts";
import { formatObjectName } from "../domain/kubernetes/object-name.ts";
import { clusterNameSchema, objectNameSchema } from "../domain/kubernetes/object-name-schema.ts";
import { kubernetesAccessSchema } from "../domain/kubernetes/access.ts";
import { writtenReason } from "../domain/written-reason.ts";

/** `- cluster calendar/calendar-db`, without the colon, is a text in YAML. */
const targetForm = {
  error: ({ input }: z.core.$ZodRawIssue) =>
    typeof input === "string" ? "must begin with a key: write `- cluster: NAMESPACE/CLUSTER`" : undefined,
};

const target = z
  .strictObject(
    {
      cluster: clusterNameSchema("NAMESPACE/CLUSTER").describe("The PostgresCluster, as NAMESPACE/CLUSTER."),
      uid: clusterUid.optional(),
      hold: writtenReason
        .optional()
        .describe("Why nothing should be done yet. Preview and outputs show the target, and nothing runs for it."),
      dump: z
        .union([z.literal(true), z.strictObject({ skip: writtenReason.describe("Why no dump is taken.") })], {
          error: "must be true, or {skip: REASON} with a written reason of at least 10 characters",
        })
        .default(true)
        .describe("Whether all databases are dumped before the stanza is created. To skip the dump, give the reason."),
      firstBackup: z
        .boolean()
        .default(false)
        .describe("Whether PGO is to take a backup if the repositories hold none. The step waits until it is there."),
      attempt: z
        .int()
        .min(1)
        .default(1)
        .describe(
          "Raise it to run the procedure again for this target. A target that failed is tried again without that.",
        ),
      repairAgain: z
        .boolean()
        .optional()
        .describe("Like `repairAgain` of all targets, for this one. Default: that of all targets."),
      timeLimits: timeLimitsSchema.prefault({}).describe("How long each part may take: 30s, 10m, 2h; at most 7d."),
    },
    targetForm,
  )
  .describe("A cluster whose missing stanza should be created, once per stack.");

/** Clusters that occur more than once in a list of targets, which may be malformed. */
function listedTwice(targets: unknown): string[] {
  const named = z.array(z.looseObject({ cluster: objectNameSchema }).optional().catch(undefined)).safeParse(targets);
  const clusters = (named.data ?? []).flatMap((target) =>
    target === undefined ? [] : [formatObjectName(target.cluster)],
  );
  return [...new Set(clusters.filter((cluster, index) => clusters.indexOf(cluster) < index))];
}

const stanza = z
  .strictObject({
    dumpDirectory: dumpDirectorySchema
      .default("dumps")
      .describe(
        "Where dumps go: a folder, relative to the project, or s3://BUCKET[/PREFIX]. They contain the databases' content: keep the place private.",
      ),
    dumpMaxAge: durationSchema
      .prefault("1h")
      .describe(
        "An earlier dump of the same instance that is not older is verified and used again, such as after a failed run.",
      ),
    dumpBucket: dumpBucketSchema.optional().describe("About the bucket, when dumpDirectory is in S3."),
    targets: z
      .array(target)
      .refine((targets) => listedTwice(targets).length === 0, {
        error: ({ input }) => `listed more than once: ${listedTwice(input).join(", ")}`,
        // Also when a target has a mistake of its own: everything wrong is reported at once.
        when: () => true,
      })
      .prefault([])
      .describe("The clusters whose stanza should be created."),
    repairAgain: z
      .boolean()
      .default(false)
      .describe(
        "Whether `up` creates a stanza again that was lost after a successful run. Otherwise preview and `up` fail, and say which one was lost.",
      ),
  })
  .describe("The stanza runbook: the clusters whose pgBackRest stanza should be created.")
  .transform(({ repairAgain, targets, ...rest }) => ({
    ...rest,
    targets: targets.map((each) => ({ ...each, repairAgain: each.repairAgain ?? repairAgain })),
  }));

/** What the stack file may say under `postgres-recovery:`; each property is one configuration key. */
export const settingsSchema = z.strictObject({
  kubernetes: kubernetesAccessSchema.describe("The Kubernetes cluster that this stack works on."),
  stanza: stanza.prefault({}),
  harbor: harborSchema.optional(),
  harborSecrets: databaseKeysSchema.optional(),
  alarm: alarmSchema.optional(),
});
/** The keys whose values are secret as a whole; no other key may hold a secret. */
export const secretKeys: readonly string[] = ["harborSecrets"] satisfies (keyof Settings)[];
export type Settings = z.infer<typeof settingsSchema>;
