/** Segments of 16 MiB, the size that Spilo's initdb gives, in one of PostgreSQL's "logs" of 4 GiB. */
const segmentsPerLog = 256;
export const segmentBytes = 16n * 1024n * 1024n;

/** The number of a segment on its timeline, from the two last parts of its name: neighbours differ by 1. */
export function segmentNumber(log: string, segment: string): number {
  return Number.parseInt(log, 16) * segmentsPerLog + Number.parseInt(segment, 16);
}

/** The segment that holds the byte before a position in the WAL: the last one that is needed to get there. */
export function segmentBefore(position: bigint): number {
  return Number((position - 1n) / segmentBytes);
}

/** The name of a segment, as its object begins: 24 hexadecimal digits. */
export function segmentName(timeline: number, segment: number): string {
  const hex = (part: number): string => part.toString(16).toUpperCase().padStart(8, "0");
  return hex(timeline) + hex(Math.floor(segment / segmentsPerLog)) + hex(segment % segmentsPerLog);
}
