import pLimit from "p-limit";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { Gathered } from "../../domain/gathered.ts";
import { formatBytes, planRead, type ReadPlan, type ReadReport } from "../../domain/restore/read.ts";
import type { GatheredPlace } from "../../domain/restore/sources.ts";
import type { BackupDescription } from "../../domain/walg/backup.ts";
import type { BackupContents, PartReading, PlaceContents, SegmentReading } from "../../domain/walg/contents.ts";
import { readFileList, type FileList } from "../../domain/walg/file-list.ts";
import { expectedSegment } from "../../domain/walg/judge-wal-contents.ts";
import type { ControlFile } from "../../domain/walg/pg-control.ts";
import { segmentName } from "../../domain/walg/segment-name.ts";
import { walgFolders, type StoredBackup } from "../../domain/walg/storage.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { readPart, readSegment, type ObjectReader } from "./read-object.ts";
import type { Ends } from "./sources.ts";

/** It also reads lists of files. */
interface ListReader extends ObjectReader {
  readonly s3: Pick<S3Client, "read" | "text">;
}

/** Downloads side by side. Each holds two blocks of LZ4, which are 8 MiB at most. */
const objectsAtOnce = 4;
const progressMilliseconds = 10_000;

/** What reading showed, and how much was read. */
export interface Contents {
  readonly contents: PlaceContents;
  readonly report: ReadReport;
}

/**
 * Downloads the backup to restore, those on which it builds, and the WAL that the restore needs, and reads all of it to the
 * end. Nothing is kept. What could not be read, or not in time, is part of the result. Undefined when no backup is chosen.
 *
 * @throws the reason of `ends.stop`.
 */
export async function readContents(
  s3: S3Client,
  place: GatheredPlace,
  target: number | undefined,
  ends: Ends,
  { now, progress }: Pick<Surroundings, "now" | "progress">,
): Promise<Contents | undefined> {
  const plan = planRead(place, target);
  if (plan === undefined) return undefined;
  const started = now().getTime();
  let bytes = 0;
  const reader = { s3, ends, count: (more: number) => void (bytes += more) };
  progress(`reading ${formatBytes(plan.bytes)} of backup and WAL`);
  const timer = setInterval(() => {
    progress(`read ${formatBytes(bytes)} of ${formatBytes(plan.bytes)}`);
  }, progressMilliseconds);
  try {
    const backups = await readBackups(reader, place, plan);
    const wal = await readWal(reader, place, plan, backups);
    const seconds = Math.round((now().getTime() - started) / 100) / 10;
    const parts = [...backups.values()]
      .flatMap((backup) => backup.parts)
      .filter(({ reading }) => reading.kind === "read");
    const segments = [...wal.values()].filter(({ kind }) => kind === "wal" || kind === "wrong");
    progress(`read ${formatBytes(bytes)} in ${seconds} s`);
    return {
      contents: { backups, wal },
      report: { parts: parts.length, segments: segments.length, bytes, seconds },
    };
  } finally {
    clearInterval(timer);
  }
}

async function readBackups(
  reader: ListReader,
  { location: { bucket } }: GatheredPlace,
  { backups }: ReadPlan,
): Promise<Map<string, BackupContents>> {
  const read = new Map<string, BackupContents>();
  // One after the other: a list of files may have as many bytes as a part.
  for (const { backup, description } of backups) {
    const list = await readList(reader, bucket, backup, description);
    read.set(backup.name, await readParts(reader, bucket, backup, list));
  }
  return read;
}

/** The list of a backup's files; undefined when WAL-G wrote none. */
async function readList(
  { s3, ends: { bound, stop } }: ListReader,
  bucket: string,
  { filesMetadataKey, sentinelKey }: StoredBackup,
  description: BackupDescription | undefined,
): Promise<Gathered<FileList> | undefined> {
  const key = description?.fileList === "sentinel" ? sentinelKey : filesMetadataKey;
  if (key === undefined) return undefined;
  return gathered(s3.text({ bucket, key }, bound).then(readFileList), stop);
}

async function readParts(
  reader: ObjectReader,
  bucket: string,
  { parts }: StoredBackup,
  list: Gathered<FileList> | undefined,
): Promise<BackupContents> {
  const missing = new Set(list !== undefined && "found" in list ? list.found.members : []);
  let control: ControlFile | undefined;
  let hasLabel = false;
  const atOnce = pLimit(objectsAtOnce);
  const read = async ({ name, key }: StoredBackup["parts"][number]): Promise<PartReading> => {
    const reading = await readPart(reader, { bucket, key });
    if (reading.kind !== "read") return { name, reading };
    for (const member of reading.members) {
      missing.delete(member);
      hasLabel ||= member === "backup_label";
    }
    control ??= reading.control;
    return { name, reading: { kind: "read" } };
  };
  const readings = await Promise.all(parts.map((part) => atOnce(() => read(part))));
  return { parts: readings, list, missing: [...missing], hasLabel, control };
}

async function readWal(
  reader: ObjectReader,
  { location: { bucket, prefix } }: GatheredPlace,
  { backups, wal }: ReadPlan,
  contents: ReadonlyMap<string, BackupContents>,
): Promise<Map<number, SegmentReading>> {
  const read = new Map<number, SegmentReading>();
  if (wal === undefined) return read;
  const { replay, segments } = wal;
  const [chosen] = backups;
  const control = chosen && contents.get(chosen.backup.name)?.control;
  const identifier = chosen?.description?.systemIdentifier ?? control?.systemIdentifier;
  const atOnce = pLimit(objectsAtOnce);
  const readOne = async (segment: (typeof segments)[number]): Promise<void> => {
    const name = segmentName(replay.way.timelineOf(segment.number), segment.number);
    const key = `${prefix}/${walgFolders.wal}/${name}${segment.ending}`;
    const expected = expectedSegment(replay, segment, identifier);
    read.set(segment.number, await readSegment(reader, { bucket, key }, expected));
  };
  await Promise.all(segments.map((segment) => atOnce(() => readOne(segment))));
  return read;
}
