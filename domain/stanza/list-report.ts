import { z } from "zod";
import { stanzaStatusSchema } from "./status.ts";

/** The stanza of one PostgresCluster. */
export const scanEntrySchema = z.object({
  namespace: z.string(),
  cluster: z.string(),
  /** `metadata.uid` of the PostgresCluster. */
  uid: z.string(),
  /** The instance that was asked; absent when none was. */
  pod: z.string().optional(),
  status: stanzaStatusSchema,
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
  /** How many clusters are okay, need a repair or a person's attention, and could not be determined. */
  summary: z.object({ okay: z.int(), finding: z.int(), undetermined: z.int() }),
});
export type ScanReport = z.infer<typeof scanReportSchema>;
