import pLimit from "p-limit";
import type { S3Client } from "../../clients/aws/s3.ts";
import { planEveryRead } from "../../domain/backups/read.ts";
import type { GatheredPrefix, PrefixContents } from "../../domain/backups/recoverability.ts";
import type { Gathered } from "../../domain/gathered.ts";
import { nothingProven, type ProvenBackup, type ProvenContents } from "../../domain/ledger/proven.ts";
import { formatBytes, planRead, type ReadPlan, type ReadReport } from "../../domain/restore/read.ts";
import type { GatheredPlace } from "../../domain/restore/sources.ts";
import type { BackupDescription } from "../../domain/walg/backup.ts";
import type { BackupContents, PartReading, PlaceContents, SegmentReading } from "../../domain/walg/contents.ts";
import { startInLabel } from "../../domain/walg/backup-label.ts";
import { isOfAnotherTime, readFileList, type FileList } from "../../domain/walg/file-list.ts";
import { expectedSegment } from "../../domain/walg/judge-wal-contents.ts";
import type { ControlFile } from "../../domain/walg/pg-control.ts";
import { segmentName } from "../../domain/walg/segment-name.ts";
import { walgFolders, type StoredBackup } from "../../domain/walg/storage.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { labelFile, readPart, readSegment, type ObjectReader } from "./read-object.ts";
import type { Ends } from "../ends.ts";

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
  return measured(s3, plan.bytes, ends, { now, progress }, async (reader) => {
    const backups = await readBackups(reader, place, plan.backups);
    const wal = await readWal(reader, place, plan, backups);
    return { contents: { backups, wal }, backups, wal: [...wal.values()] };
  });
}

/**
 * Downloads every backup of a place and the WAL from the oldest one on, and reads all of it to the end, each object once.
 * Nothing is kept. What could not be read, or not in time, is part of the result.
 *
 * @param proven what an earlier check has read, and has not changed since. Default: nothing.
 * @throws the reason of `ends.stop`.
 */
export async function readEveryBackup(
  s3: S3Client,
  prefix: GatheredPrefix,
  ends: Ends,
  surroundings: Pick<Surroundings, "now" | "progress">,
  proven: ProvenContents = nothingProven,
): Promise<{ readonly contents: PrefixContents; readonly report: ReadReport }> {
  const plans = planEveryRead(prefix, proven);
  const bytes = plans.reduce((sum, plan) => sum + plan.bytes, 0);
  return measured(s3, bytes, ends, surroundings, async (reader) => {
    const backups = new Map<string, BackupContents>();
    const wal = new Map<number, Map<number, SegmentReading>>();
    for (const { place, newest, skipped, ...plan } of plans) {
      for (const one of skipped.backups) backups.set(one.name, provenEarlier(one));
      for (const [name, contents] of await readBackups(reader, place, plan.backups)) backups.set(name, contents);
      const read = wal.get(newest) ?? new Map<number, SegmentReading>();
      for (const [segment, reading] of await readWal(reader, place, plan, backups)) read.set(segment, reading);
      for (const number of skipped.segments) read.set(number, { kind: "proven" });
      wal.set(newest, read);
    }
    const readings = [...wal.values()].flatMap((read) => [...read.values()]);
    return { contents: { backups, wal }, backups, wal: readings };
  });
}

/** The contents of a backup that is not read again. */
function provenEarlier({ controlVersion, hasFileList, provenAt, systemIdentifier }: ProvenBackup): BackupContents {
  const isKnown = systemIdentifier !== null && controlVersion !== null;
  return {
    parts: [],
    list: hasFileList ? { found: { members: new Map(), parts: [] } } : undefined,
    missing: [],
    hasLabel: true,
    control: isKnown ? { systemIdentifier, version: controlVersion } : undefined,
    provenAt,
  };
}

interface Measured<T> {
  readonly contents: T;
  readonly backups: ReadonlyMap<string, BackupContents>;
  readonly wal: readonly SegmentReading[];
}

/** Reads, reports the progress, and counts what was read. */
async function measured<T>(
  s3: S3Client,
  total: number,
  ends: Ends,
  { now, progress }: Pick<Surroundings, "now" | "progress">,
  read: (reader: ListReader) => Promise<Measured<T>>,
): Promise<{ readonly contents: T; readonly report: ReadReport }> {
  const started = now().getTime();
  let bytes = 0;
  progress(`reading ${formatBytes(total)} of backup and WAL`);
  const timer = setInterval(() => {
    progress(`read ${formatBytes(bytes)} of ${formatBytes(total)}`);
  }, progressMilliseconds);
  try {
    const { contents, backups, wal } = await read({ s3, ends, count: (more) => void (bytes += more) });
    const seconds = Math.round((now().getTime() - started) / 100) / 10;
    const parts = [...backups.values()]
      .flatMap((backup) => backup.parts)
      .filter(({ reading }) => reading.kind === "read");
    const segments = wal.filter(({ kind }) => kind === "wal" || kind === "wrong");
    progress(`read ${formatBytes(bytes)} in ${seconds} s`);
    return { contents, report: { parts: parts.length, segments: segments.length, bytes, seconds } };
  } finally {
    clearInterval(timer);
  }
}

async function readBackups(
  reader: ListReader,
  { location: { bucket } }: GatheredPlace,
  backups: ReadPlan["backups"],
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
  const found = list !== undefined && "found" in list ? list.found : undefined;
  const missing = new Set(found?.members.keys());
  const foreign: string[] = [];
  let control: ControlFile | undefined;
  let hasLabel = false;
  let labelStart: bigint | undefined;
  const atOnce = pLimit(objectsAtOnce);
  const read = async ({ name, key }: StoredBackup["parts"][number]): Promise<PartReading> => {
    const reading = await readPart(reader, { bucket, key });
    if (reading.kind !== "read") return { name, reading };
    for (const member of reading.members) {
      missing.delete(member.name);
      hasLabel ||= member.name === labelFile;
    }
    const other = found && reading.members.find((member) => isOfAnotherTime(found, member.name, member.modified));
    if (other !== undefined) foreign.push(`${name} (${other.name})`);
    control ??= reading.control;
    labelStart ??= startInLabel(reading.label ?? "");
    return { name, reading: { kind: "read" } };
  };
  const readings = await Promise.all(parts.map((part) => atOnce(() => read(part))));
  return { parts: readings, list, missing: [...missing], hasLabel, control, labelStart, foreign };
}

async function readWal(
  reader: ObjectReader,
  { location: { bucket, prefix } }: GatheredPlace,
  { chosen, wal }: Pick<ReadPlan, "chosen" | "wal">,
  contents: ReadonlyMap<string, BackupContents>,
): Promise<Map<number, SegmentReading>> {
  const read = new Map<number, SegmentReading>();
  if (wal === undefined) return read;
  const { replay, segments } = wal;
  const control = contents.get(chosen.backup.name)?.control;
  const identifier = chosen.description?.systemIdentifier ?? control?.systemIdentifier;
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
