import pLimit from "p-limit";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import type { Gathered } from "../../domain/gathered.ts";
import { restorePath, targetOf, type Restore } from "../../domain/restore/restore.ts";
import { backupToRestore, placeToRestore, type GatheredPlace } from "../../domain/restore/sources.ts";
import { harborPostgresMajor, majorsIn, parseSpiloImage } from "../../domain/spilo/image.ts";
import { cloneLocations } from "../../domain/spilo/path.ts";
import { deltaChain, describeBackup, type BackupDescription } from "../../domain/walg/backup.ts";
import { unpackSmall } from "../../domain/walg/decompress.ts";
import {
  readabilityOf,
  WalgListingReader,
  type ListedObject,
  type StoredBackup,
  type WalgListing,
} from "../../domain/walg/storage.ts";
import { newestTimeline, parseHistory, type TimelineHistory } from "../../domain/walg/timeline.ts";
import type { Ends } from "../ends.ts";
import { gathered } from "../gathered.ts";
import { listBackups, listWal } from "../backups/listing.ts";

/** Objects asked for at the same time; big ones, such as the sentinels of an old WAL-G, one after the other. */
const questionsAtOnce = 16;
const bigBytes = 1024 * 1024;
/** S3 Intelligent-Tiering archives nothing before its 90th day without access. */
const neverArchivedBefore = 90 * 24 * 3_600_000;

/** What is to be restored, and by which image. */
export interface AskedRestore {
  readonly image: string;
  readonly restore: Restore;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Every place in which Spilo will look, and all that is known of the one that it will take. */
export async function gatherSources(s3: S3Client, asked: AskedRestore, ends: Ends): Promise<GatheredPlace[]> {
  const { image, restore } = asked;
  const parsed = parseSpiloImage(image);
  const versions = (parsed === undefined ? [harborPostgresMajor] : majorsIn(parsed)).map(String);
  const locations = cloneLocations(restorePath(restore), versions, String(harborPostgresMajor));
  const readers = locations.map((location) => ({ location, reader: new WalgListingReader(location.prefix) }));
  const places = await Promise.all(
    readers.map(async ({ location, reader }) => ({
      location,
      reader,
      listing: await gathered(
        listBackups(s3, location, readerOf(reader, asked.now), ends.bound).then(() => reader.listing),
        ends.stop,
      ),
    })),
  );
  const bare = places.map(({ location, listing }): GatheredPlace => ({ location, listing, descriptions: new Map() }));
  const target = targetOf(restore);
  const chosen = placeToRestore(bare, target);
  const place = places[chosen === undefined ? -1 : bare.indexOf(chosen)];
  if (place === undefined || "failed" in place.listing) return bare;
  const backup = backupToRestore(place.listing.found, target);
  if (backup === undefined) return bare;
  const whole = await gatherPlace(s3, place.location, { reader: place.reader, backup, now: asked.now }, ends);
  return bare.map((other) => (other === chosen ? whole : other));
}

interface ListedPlace {
  readonly reader: WalgListingReader;
  readonly backup: StoredBackup;
  readonly now: number;
}

/** Which WAL is needed follows from the backup, so it is asked for only when that is known. */
async function gatherPlace(
  s3: S3Client,
  location: S3Location,
  { reader, backup, now }: ListedPlace,
  ends: Ends,
): Promise<GatheredPlace> {
  const { backups } = reader.listing;
  const start = { timeline: backup.timeline, segment: backup.startSegment };
  const [wal, descriptions] = await Promise.all([
    gathered(listWal(s3, location, start, readerOf(reader, now), ends.bound), ends.stop),
    describeAll(s3, location, backups, ends, { withTimes: true }),
  ]);
  if ("failed" in wal) return { location, listing: wal, descriptions };
  const history = await gatherHistory(s3, location, reader.listing, backup.timeline, ends);
  const deltaFrom = ({ name }: StoredBackup): string | undefined => {
    const description = descriptions.get(name);
    return description !== undefined && "found" in description ? description.found.deltaFrom : undefined;
  };
  const needed = [backup, ...deltaChain(backup, backups, deltaFrom).parents].flatMap(({ tiered }) => tiered);
  await settleTiers(s3, location, reader, needed, ends);
  return { location, listing: { found: reader.listing }, descriptions, history };
}

/** The history file of the newest timeline that PostgreSQL finds. */
export async function gatherHistory(
  s3: S3Client,
  { bucket }: S3Location,
  { histories, historyObjects }: WalgListing,
  timeline: number,
  { bound, stop }: Ends,
): Promise<Gathered<TimelineHistory> | undefined> {
  const newest = newestTimeline(timeline, histories);
  const object = historyObjects.get(newest);
  if (newest === timeline || object === undefined) return undefined;
  const { key } = object;
  return gathered(
    s3
      .bytes({ bucket, key }, bound)
      .then((content) => unpackSmall(key, content))
      .then((text) => parseHistory(newest, Buffer.from(text).toString("utf8"))),
    stop,
  );
}

/** Asks S3 whether each object of Intelligent-Tiering is archived. Without an answer it stays unknown. */
export async function settleTiers(
  s3: S3Client,
  { bucket }: S3Location,
  reader: WalgListingReader,
  backupKeys: readonly string[],
  { bound, stop }: Ends,
): Promise<void> {
  const atOnce = pLimit(questionsAtOnce);
  const settle = async (key: string): Promise<void> => {
    const answer = await gathered(s3.isArchived({ bucket, key }, bound), stop);
    if ("found" in answer) reader.settle(key, answer.found);
  };
  await Promise.all([...backupKeys, ...reader.tieredWal].map((key) => atOnce(() => settle(key))));
}

/** A reader that treats an object too young to be archived like any other. */
export function readerOf(reader: WalgListingReader, now: number): Pick<WalgListingReader, "add"> {
  return {
    add: (object: ListedObject): void => {
      const isYoung = readabilityOf(object) === "tiered" && object.modified > now - neverArchivedBefore;
      reader.add(isYoung ? { ...object, storageClass: undefined } : object);
    },
  };
}

/**
 * What the sentinel of every backup says.
 *
 * @param withTimes ask an old WAL-G's metadata.json for the times that its sentinel does not have.
 */
export async function describeAll(
  s3: S3Client,
  { bucket }: S3Location,
  backups: readonly StoredBackup[],
  { bound, stop }: Ends,
  { withTimes = false } = {},
): Promise<Map<string, Gathered<BackupDescription>>> {
  const [small, big] = [pLimit(questionsAtOnce), pLimit(1)];
  const describe = async ({ sentinelKey, metadataKey }: StoredBackup): Promise<BackupDescription> => {
    const sentinel = await s3.text({ bucket, key: sentinelKey }, bound);
    const described = describeBackup(sentinel, undefined);
    const isComplete = described.started !== undefined && described.finished !== undefined;
    if (isComplete || !withTimes || metadataKey === undefined) return described;
    const metadata = await gathered(s3.text({ bucket, key: metadataKey }, bound), stop);
    return describeBackup(sentinel, "found" in metadata ? metadata.found : undefined);
  };
  const described = backups.map((backup) =>
    (backup.sentinelSize > bigBytes ? big : small)(
      async () => [backup.name, await gathered(describe(backup), stop)] as const,
    ),
  );
  return new Map(await Promise.all(described));
}
