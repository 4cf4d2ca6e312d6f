import type { KeyRange, S3Client } from "../../clients/aws/s3.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { segmentName } from "../../domain/walg/segment-name.ts";
import { walgFolders, type WalgListingReader } from "../../domain/walg/storage.ts";
import type { Ends } from "../ends.ts";

/** One key less than four pages of a listing: then the fourth page holds the first key of the next part, and no fifth page is read. */
const segmentsPerPart = 3999;
/** A listing waits for S3 most of the time; more at once would wait for our own parsing. */
const partsAtOnce = 4;

/** Where the WAL that is needed begins. */
export interface WalStart {
  readonly timeline: number;
  readonly segment: number;
}

/**
 * Lists the WAL of one place from a segment on, with all later timelines, into `reader`.
 *
 * One listing can only be read page by page, so the order of keys is cut into parts that are read side by side: the
 * segments from the start on, 3999 to a part, and after the first empty part everything else in one listing. The
 * parts are adjacent, so no key is left out, whatever the archive holds.
 */
export async function listWal(
  s3: S3Client,
  { bucket, prefix }: S3Location,
  start: WalStart,
  reader: Pick<WalgListingReader, "add">,
  signal: AbortSignal,
): Promise<void> {
  const folder = `${prefix}/${walgFolders.wal}/`;
  // Behind every object of the segment before. An object that is not compressed has the bare name of its segment.
  const before = (part: number): string => {
    const last = start.segment + part * segmentsPerPart - 1;
    return folder + (last < 0 ? segmentName(start.timeline, 0).slice(0, 8) : `${segmentName(start.timeline, last)}~`);
  };
  let parts = 0;
  let endSeen = false;
  const read = async (range: Pick<KeyRange, "after" | "through">): Promise<void> => {
    let objects = 0;
    await s3.list({ bucket, prefix: folder, ...range }, signal, (page) => {
      objects += page.length;
      for (const object of page) reader.add(object);
      return undefined;
    });
    endSeen ||= objects === 0;
  };
  const readParts = async (): Promise<void> => {
    while (!endSeen) {
      const part = parts;
      parts += 1;
      await read({ after: before(part), through: before(part + 1) });
    }
  };
  await Promise.all(Array.from({ length: partsAtOnce }, readParts));
  await read({ after: before(parts) });
}

/** Lists the base backups of one place into `reader`. */
export async function listBackups(
  s3: S3Client,
  { bucket, prefix }: S3Location,
  reader: Pick<WalgListingReader, "add">,
  bound: AbortSignal,
): Promise<void> {
  await s3.list({ bucket, prefix: `${prefix}/${walgFolders.backups}/` }, bound, (page) => {
    for (const object of page) reader.add(object);
    return undefined;
  });
}

/**
 * What a listing returns, or an error that says that its time is over.
 *
 * @param ends `bound` ends with the time limit, `stop` when somebody stops everything.
 */
export async function listedInTime<T>(
  work: Promise<T>,
  { bound, stop }: Ends,
  bucket: string,
  limit: Duration,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    stop.throwIfAborted();
    if (!bound.aborted) throw error;
    const problem = `bucket ${bucket}: the backups were not listed within ${formatDuration(limit)}`;
    throw new RecoveryError("s3-failed", problem, { next: "give a longer --timeout" });
  }
}
