import { z } from "zod";
import { accessKeysSchema } from "../aws/access-keys.ts";
import { endpointUrlSchema } from "../aws/endpoint-url.ts";
import { durationSchema } from "../duration-schema.ts";
import { harborRequestSchema } from "../harbor/request.ts";
import { amcheckSchema, expectationSchema } from "../restore/proof/request.ts";
import { restoreSchema } from "../restore/restore.ts";

const quantity = (text: string) =>
  z.string().regex(/^\d+(\.\d+)?(m|[KMGT]i?)?$/, `must be a quantity as Kubernetes writes it, such as ${text}`);

/** What the drill must keep to. */
export const drillTargetsSchema = z.strictObject({
  rpo: durationSchema
    .optional()
    .describe("How old the newest restored commit may be when the drill begins. Default: it is only measured."),
  rto: durationSchema
    .optional()
    .describe("How long it may take until the restored database is proven. Default: it is only measured."),
});

/** What the clone may use. */
export const drillResourcesSchema = z.strictObject({
  cpu: quantity("1 or 500m").default("1").describe("Processors of the Pod, as its request and its limit."),
  memory: quantity("2Gi").default("2Gi").describe("Memory of the Pod, as its request and its limit."),
  volume: quantity("20Gi")
    .optional()
    .describe("Size of the volume. Default: by the backup's size and the WAL that is replayed."),
  storageClass: z.string().min(1).optional().describe("Class of the volume. Default: the cluster's default class."),
});

/** How long each part of a drill may take. */
const drillTimeLimits = z.strictObject({
  check: durationSchema.prefault("5m").describe("For all listings of S3 before the restore."),
  start: durationSchema.prefault("15m").describe("Until the Pod runs: its image is pulled, its volume created."),
  restore: durationSchema.prefault("12h").describe("From the Pod's start to the end of the recovery."),
  query: durationSchema.prefault("1m").describe("One query."),
  indexes: durationSchema.prefault("30m").describe("The check of all indexes of one database."),
  dump: durationSchema.prefault("6h").describe("The dump of one database."),
  remove: durationSchema.prefault("5m").describe("Until the namespace is gone."),
});

/** What `postgres-recovery drill run --request -` reads from stdin. */
export const drillRunRequestSchema = harborRequestSchema.extend({
  image: z.string().min(1).describe("Spilo image of the clone."),
  restore: restoreSchema.describe("The backup to restore, and up to which moment."),
  keys: accessKeysSchema
    .optional()
    .describe("Keys that read the backups, for the clone and the check before it. Absent where it assumes a role."),
  endpointUrl: endpointUrlSchema
    .optional()
    .describe(
      "Address at which this machine reaches AWS S3, such as that of a VPC endpoint; the clone does not use it. Default: AWS's public address.",
    ),
  targets: drillTargetsSchema.prefault({}).describe("What the drill must keep to."),
  expect: expectationSchema.prefault({}),
  amcheck: amcheckSchema,
  resources: drillResourcesSchema.prefault({}).describe("What the clone may use."),
  keep: z.boolean().default(false).describe("true: the namespace stays, so that somebody can look at the clone."),
  timeLimits: drillTimeLimits.prefault({}),
});
