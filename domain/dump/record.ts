import { z } from "zod";
import { parsedJson } from "../text.ts";

/** What a dump says about itself, at its end. It decides whether the dump can be used again. */
export const dumpRecordSchema = z.object({
  version: z.literal(1),
  /** NAMESPACE/CLUSTER. */
  cluster: z.string(),
  /** `metadata.uid` of the PostgresCluster. */
  uid: z.string(),
  /** The database's system identifier. */
  systemIdentifier: z.string(),
  /** The instance that was dumped. */
  pod: z.string(),
  /** When pg_dumpall had ended (ISO 8601, UTC). */
  takenAt: z.iso.datetime(),
  /** Bytes of the SQL script. */
  uncompressedSize: z.int(),
  /** SHA-256 of all bytes before the record, hexadecimal. */
  sha256: z.string(),
});
export type DumpRecord = z.infer<typeof dumpRecordSchema>;

/** What a dump must be of, to be used again. */
export type DumpSource = Pick<DumpRecord, "cluster" | "uid" | "systemIdentifier" | "pod">;

/** Bytes that the record takes at the end of the file. */
export const recordBytes = 1024;
/** A frame of this kind is skipped by every decoder of zstd (RFC 8878, 3.1.2). */
const skippableFrame = 0x184d2a50;
const headerBytes = 8;

/**
 * The record as a skippable frame of zstd, so that `zstd -dc` prints the SQL script alone.
 *
 * @throws RangeError when the record is too long, which names of Kubernetes cannot make it.
 */
export function encodeRecord(record: DumpRecord): Buffer {
  const text = JSON.stringify(record);
  if (Buffer.byteLength(text) > recordBytes - headerBytes) throw new RangeError("the dump's record is too long");
  const frame = Buffer.alloc(recordBytes, " ");
  frame.writeUInt32LE(skippableFrame, 0);
  frame.writeUInt32LE(recordBytes - headerBytes, 4);
  frame.write(text, headerBytes);
  return frame;
}

/** The record in the last {@link recordBytes} bytes of a file; undefined when there is none. */
export function decodeRecord(end: Buffer): DumpRecord | undefined {
  if (end.length !== recordBytes) return undefined;
  if (end.readUInt32LE(0) !== skippableFrame || end.readUInt32LE(4) !== recordBytes - headerBytes) return undefined;
  return dumpRecordSchema.safeParse(parsedJson(end.toString("utf8", headerBytes))).data;
}

/**
 * Whether a dump is one of this database, from this instance, and not older than `maxAgeSeconds`. A dump of another instance
 * does not count: after a failover it can hold what the new leader has lost, or lack what it has.
 */
export function isUsable(record: DumpRecord, wanted: DumpSource, maxAgeSeconds: number, now: Date): boolean {
  const sameSource = (["cluster", "uid", "systemIdentifier", "pod"] as const).every(
    (key) => record[key] === wanted[key],
  );
  const ageSeconds = (now.getTime() - Date.parse(record.takenAt)) / 1000;
  return sameSource && ageSeconds >= 0 && ageSeconds <= maxAgeSeconds;
}
