import type { S3Client } from "../../clients/aws/s3.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import type { GatheredPrefix } from "../../domain/backups/recoverability.ts";
import type { Gathered } from "../../domain/gathered.ts";
import { walgFolders, WalgListingReader, type StoredBackup } from "../../domain/walg/storage.ts";
import { newestTimeline, type TimelineHistory } from "../../domain/walg/timeline.ts";
import { listBackups, listWal } from "../backups/listing.ts";
import { describeAll, gatherHistory, readerOf, settleTiers } from "./sources.ts";
import type { Ends } from "../ends.ts";

/**
 * Everything about the backups of a place, in one pass over its keys: the backups, the WAL from the oldest of them on, each
 * sentinel, and the history files that recoveries follow.
 *
 * @throws S3Error when the place cannot be listed, or the reason of a signal.
 */
export async function gatherPrefix(
  s3: S3Client,
  location: S3Location,
  now: number,
  ends: Ends,
): Promise<GatheredPrefix> {
  const reader = new WalgListingReader(location.prefix);
  const taking = readerOf(reader, now);
  await listBackups(s3, location, taking, ends.bound);
  const { backups } = reader.listing;
  const oldest = oldestStart(backups);
  const [descriptions] = await Promise.all([
    describeAll(s3, location, backups, ends, { withTimes: true }),
    oldest === undefined
      ? listSomeWal(s3, location, taking, ends.bound)
      : listWal(s3, location, { timeline: oldest.timeline, segment: oldest.startSegment }, taking, ends.bound),
  ]);
  await settleTiers(
    s3,
    location,
    reader,
    backups.flatMap(({ tiered }) => tiered),
    ends,
  );
  const listing = reader.listing;
  const histories = new Map<number, Gathered<TimelineHistory>>();
  for (const timeline of new Set(backups.map((backup) => backup.timeline))) {
    const newest = newestTimeline(timeline, listing.histories);
    if (histories.has(newest)) continue;
    const history = await gatherHistory(s3, location, listing, timeline, ends);
    if (history !== undefined) histories.set(newest, history);
  }
  return { location, listing, descriptions, histories };
}

/** The backup whose WAL comes first in the order of keys. */
function oldestStart(backups: readonly StoredBackup[]): StoredBackup | undefined {
  return backups.toSorted((a, b) => a.timeline - b.timeline || a.startSegment - b.startSegment)[0];
}

/** Without a backup, it only matters whether there is WAL at all: one page is enough. */
async function listSomeWal(
  s3: S3Client,
  { bucket, prefix }: S3Location,
  reader: Pick<WalgListingReader, "add">,
  bound: AbortSignal,
): Promise<void> {
  await s3.list({ bucket, prefix: `${prefix}/${walgFolders.wal}/` }, bound, (page) => {
    for (const object of page) reader.add(object);
    return "enough";
  });
}
