import { segmentBytes, segmentNumber } from "../walg/segment-name.ts";

const gibibyte = 1024n ** 3n;
/** PostgreSQL's own WAL, logs and temporary files, whatever the size of the data. */
const fixedBytes = 2n * gibibyte;

/** What the size of the volume follows from. */
export interface RestoredSize {
  /** Bytes of the backup's files before compression, with those of the backups on which it builds. */
  readonly dataBytes: number;
  /** The backup's name, which has its first WAL segment. */
  readonly name: string;
  /** The last WAL segment that the recovery can reach; null when it is not known. */
  readonly lastSegment: string | null;
}

/**
 * The size of the volume for a restored database, in whole gibibytes: its data with a fifth in addition, all WAL that is
 * replayed, because each row in it may be a new one, and 2 GiB.
 *
 * @example volumeSize({ dataBytes: 3_000_000_000, name: "base_000000010000000000000003", lastSegment: null }) // → "6Gi"
 */
export function volumeSize({ dataBytes, name, lastSegment }: RestoredSize): string {
  const data = (BigInt(Math.ceil(dataBytes)) * 6n) / 5n;
  const bytes = data + walBytes(name, lastSegment) + fixedBytes;
  return `${(bytes + gibibyte - 1n) / gibibyte}Gi`;
}

function walBytes(name: string, lastSegment: string | null): bigint {
  const first = numberIn(name);
  const last = lastSegment === null ? undefined : numberIn(lastSegment);
  if (first === undefined || last === undefined || last < first) return 0n;
  return BigInt(last - first + 1) * segmentBytes;
}

/** The number of the segment in the name of a backup or of a segment; its timeline does not count. */
function numberIn(name: string): number | undefined {
  const [, log, segment] = /^(?:base_)?[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})/.exec(name) ?? [];
  return log === undefined || segment === undefined ? undefined : segmentNumber(log, segment);
}
