import { z } from "zod";
import { findingSchema } from "../../finding-schema.ts";
import { registryCheckReportSchema } from "../../registry/check.ts";
import { checkStatuses, proofChecks, proofVerdicts } from "./checks.ts";

/** What `postgres-recovery restore verify -o json` prints. It contains no value of a secret. */
export const restoreVerifyReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** The Pod that is the leader; null when there is none. */
  leader: z.string().nullable(),
  verdict: z.enum(proofVerdicts),
  checks: z.array(
    z.object({
      check: z.enum(proofChecks).describe("What was checked. docs/restore-verify.md says what each check proves."),
      status: z.enum(checkStatuses),
      expected: z.string(),
      found: z.string(),
      seconds: z.number(),
      findings: z.array(findingSchema),
    }),
  ),
  registry: registryCheckReportSchema
    .pick({ place: true, counted: true, blobs: true })
    .nullable()
    .default(null)
    .describe("The registry compared with the database; null when it was not compared."),
  /** Moments of the restore that are known, in order, each with the seconds since the one before. */
  phases: z.array(z.object({ phase: z.string(), at: z.iso.datetime(), seconds: z.number().nullable() })),
  /** How much was lost. `newestCommit` and `lostSeconds` are null when PostgreSQL left no record of it. */
  rpo: z.object({ newestCommit: z.iso.datetime().nullable(), lostSeconds: z.number().nullable() }),
  /** Seconds from the beginning of the restore to this report; null when the beginning is not known. */
  rto: z.object({ seconds: z.number().nullable() }),
  checkedAt: z.iso.datetime(),
});
