import { z } from "zod";
import { stanzaStatusSchema } from "./status.ts";

/** What `postgres-recovery stanza create --dry-run -o json` prints: what a run would do. */
export const stanzaCreatePreviewSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** `metadata.uid` of the PostgresCluster. */
  uid: z.string(),
  status: stanzaStatusSchema,
  /** How the stanza would be created; absent when it exists. */
  create: z
    .object({
      /** Pod on which the stanza would be created. */
      leader: z.string(),
      dump: z.union([
        z.object({
          /** Folder or s3://BUCKET[/PREFIX]. */
          directory: z.string(),
          /** Size of all databases; absent when Postgres did not tell. */
          databaseBytes: z.int().optional(),
        }),
        z.object({ skipped: z.string() }),
      ]),
    })
    .optional(),
  /** Whether a first backup would be ordered from PGO, or waited for because PGO takes it by itself; absent for neither. */
  firstBackup: z.enum(["ordered", "waited-for"]).optional(),
});
export type StanzaCreatePreview = z.infer<typeof stanzaCreatePreviewSchema>;

/** Whether a run would change something. */
export function wouldChange({ create, firstBackup }: StanzaCreatePreview): boolean {
  return create !== undefined || firstBackup === "ordered";
}
