import { z } from "zod";
import { durationSchema } from "../../duration-schema.ts";
import { runbookPgHba } from "../pg-hba.ts";
import { harborRequestSchema } from "../request.ts";

/** What `postgres-recovery harbor pg-hba --request -` reads from stdin. */
export const pgHbaRequestSchema = harborRequestSchema.extend({
  pgHba: z
    .array(z.string())
    .default([...runbookPgHba])
    .describe("The whole list of pg_hba. Default: the runbook's nine lines."),
  image: z
    .string()
    .min(1)
    .optional()
    .describe("Image that the database must have. With a different image nothing is written. Default: any."),
  externalUrl: z.string().min(1).optional().describe("externalURL that the HarborCluster must have. Default: any."),
  timeLimit: durationSchema
    .prefault("15m")
    .describe("How long to wait for the Harbor operator to create the database's resource."),
});

/** What `postgres-recovery harbor pg-hba -o json` prints. Within one version, fields are only ever added. */
export const pgHbaReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  outcome: z.enum(["applied", "already-in-place"]),
  /** UID of the `postgresql` resource that has the list. */
  uid: z.string(),
  /** Generation of the HarborCluster from which the Harbor operator wrote the resource. Any later one reverts the list. */
  generation: z.string().nullable(),
  pgHba: z.array(z.string()),
  /** Lines that were on the resource and have been removed. */
  dropped: z.array(z.string()),
  finishedAt: z.iso.datetime(),
});
