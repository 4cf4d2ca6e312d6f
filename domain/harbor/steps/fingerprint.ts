import { z } from "zod";
import { durationSchema } from "../../duration-schema.ts";
import { harborRequestSchema } from "../request.ts";

/** What `postgres-recovery harbor fingerprint --request -` reads from stdin. */
export const fingerprintRequestSchema = harborRequestSchema.extend({
  pgHba: z.array(z.string()).describe("The whole list of pg_hba as it should be."),
  wait: durationSchema
    .optional()
    .describe("How long to wait until the Harbor operator has made the database's resource. Default: not at all."),
});

/** What `postgres-recovery harbor fingerprint -o json` prints. */
export const fingerprintReportSchema = z.object({
  version: z.literal(1),
  /** Another text whenever pg_hba has to be written anew: see {@link pgHbaFingerprint}. */
  fingerprint: z.string(),
});
