import { z } from "zod";
import { durationSchema } from "../../duration-schema.ts";
import { harborRequestSchema } from "../request.ts";

/** What `postgres-recovery harbor fingerprint --request -` reads from stdin. */
export const fingerprintRequestSchema = harborRequestSchema.extend({
  pgHba: z.array(z.string()).describe("The whole list of pg_hba as it should be."),
  wait: durationSchema
    .optional()
    .describe("How long to wait until the Harbor operator has created the database's resource. Default: not at all."),
});

/** What `postgres-recovery harbor fingerprint -o json` prints. */
export const fingerprintReportSchema = z.object({
  version: z.literal(1),
  /** Changes whenever pg_hba must be written again: see {@link pgHbaFingerprint}. */
  fingerprint: z.string(),
  /** Lines that somebody else wrote and that `harbor pg-hba` would remove, because the list does not have them. */
  dropped: z.array(z.string()).default([]),
});
