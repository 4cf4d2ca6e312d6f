import { z } from "zod";

/** A finished dump. */
export const dumpReportSchema = z.object({
  /** Path of the zstd-compressed SQL script, or its `s3://BUCKET/KEY`. */
  file: z.string(),
  /** Bytes of the file. */
  size: z.int(),
  /** Bytes of the SQL script before compression. */
  uncompressedSize: z.int(),
  /** SHA-256 of the file, hexadecimal. */
  sha256: z.string(),
  /** When pg_dumpall had ended (ISO 8601, UTC); absent in reports of older versions. */
  takenAt: z.iso.datetime().optional(),
  /** Set when an earlier run took the dump, and this run verified it again. */
  reused: z.literal(true).optional(),
});
export type DumpReport = z.infer<typeof dumpReportSchema>;

/** What `postgres-recovery dump -o json` prints. */
export const dumpCommandReportSchema = dumpReportSchema.extend({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  /** The instance that was dumped. */
  pod: z.string(),
});
export type DumpCommandReport = z.infer<typeof dumpCommandReportSchema>;
