/** The folder of base backups, below the prefix. */
export const backupFolder = "basebackups_005";
/** The folder of the WAL, below the prefix. */
export const walFolder = "wal_005";
/** Ends the name of the object that makes a backup count as finished. */
export const sentinelSuffix = "_backup_stop_sentinel.json";

const segmentBytes = 16 * 1024 * 1024;
const segmentsPerLog = 0x1_0000_0000 / segmentBytes;

/** A WAL segment of 16 MiB. */
export interface Segment {
  readonly timeline: number;
  /** Position in the timeline: segment n begins at n × 16 MiB. */
  readonly number: number;
}

/** @example segmentName({ timeline: 1, number: 0x102 }) // "000000010000000100000002" */
export function segmentName({ timeline, number }: Segment): string {
  const parts = [timeline, Math.floor(number / segmentsPerLog), number % segmentsPerLog];
  return parts.map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("");
}

/** The segment of a file name such as 000000010000000000000002, or undefined for other files of pg_wal. */
export function parseSegment(name: string): Segment | undefined {
  if (!/^[0-9A-F]{24}$/.test(name)) return undefined;
  const [timeline = 0, log = 0, segment = 0] = [0, 8, 16].map((start) =>
    Number.parseInt(name.slice(start, start + 8), 16),
  );
  return segment < segmentsPerLog ? { timeline, number: log * segmentsPerLog + segment } : undefined;
}

/** The number of the segment that holds the position. */
export function segmentAt(lsn: bigint): number {
  return Number(lsn / BigInt(segmentBytes));
}

/** @example formatLsn(33554472n) // "0/2000028" */
export function formatLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`;
}

/** @example parseLsn("0/2000028") // 33554472n */
export function parseLsn(text: string): bigint {
  const [high = "", low = ""] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** The segment in which a backup begins, which is part of its name. */
export function walFileOf(backup: string): string {
  return backup.slice("base_".length, "base_".length + 24);
}
