import { z } from "zod";
import { flagSchema } from "./flags.ts";
import { stanzaRecoverySchema } from "./recovery.ts";
import { stanzaStatusSchema, verdicts } from "./status.ts";

/** The stanza of one PostgresCluster. */
export const scanEntrySchema = z.object({
  namespace: z.string(),
  cluster: z.string(),
  /** `metadata.uid` of the PostgresCluster. */
  uid: z.string(),
  /** The instance that was asked; absent when none was. */
  pod: z.string().optional(),
  status: stanzaStatusSchema,
  /** What is wrong with the backups although the stanza exists, the most important first. */
  flags: z.array(flagSchema),
  /** What status and flags mean together. */
  verdict: z.enum(verdicts),
  recovery: stanzaRecoverySchema
    .optional()
    .describe(
      "To which moments it can be restored, and what its loss would cost. Absent in reports of older versions.",
    ),
  /** Where the repositories are: behind PGO's repo host, in a bucket, or some here and some there. */
  repositoryPlace: z.enum(["repo host", "bucket", "repo host or bucket"]),
  /** Set when `spec.paused` is true: PGO changes nothing and updates no status. */
  paused: z.literal(true).optional(),
  /** Whether PGO's `status.pgbackrest.repos[].stanzaCreated` is true for every repository; absent when PGO has no such status. */
  operatorSaysCreated: z.boolean().optional(),
  /** Where PGO contradicts pgBackRest. */
  disagreement: z.enum(["operator-says-created", "operator-says-missing"]).optional(),
});
export type ScanEntry = z.infer<typeof scanEntrySchema>;

/**
 * What `postgres-recovery stanza list -o json` prints. Within one version, fields are only ever added.
 */
export const scanReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  clusters: z.array(scanEntrySchema),
  /**
   * How many clusters are okay, need a repair or a person's attention, could not be determined, and are not expected to
   * have a stanza (backups disabled, shut down, standby).
   */
  summary: z.object({ okay: z.int(), finding: z.int(), undetermined: z.int(), notExpected: z.int() }),
});
export type ScanReport = z.infer<typeof scanReportSchema>;
