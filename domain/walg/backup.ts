import { z } from "zod";
import { parseJsonOutput } from "../json-output.ts";
import { segmentBefore } from "./segment-name.ts";
import type { StoredBackup } from "./storage.ts";

const integer = z.union([z.int(), z.bigint()]);
const moment = z.string().transform((text, context) => {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) context.addIssue({ code: "custom", message: "is not a moment" });
  return milliseconds;
});

const sentinelSchema = z.object({
  LSN: integer.nullish(),
  FinishLSN: integer.nullish(),
  PgVersion: integer.nullish(),
  SystemIdentifier: integer.nullish(),
  DeltaFrom: z.string().nullish(),
  CompressedSize: integer.nullish(),
  UncompressedSize: integer.nullish(),
  /** Since WAL-G 2.0: 2. */
  Version: integer.nullish(),
  StartTime: moment.nullish(),
  FinishTime: moment.nullish(),
  FilesMetadataDisabled: z.boolean().nullish(),
  /** WAL-G up to 1.1 keeps the list of all files here. */
  Files: z.looseObject({}).nullish(),
});
const metadataSchema = z.object({
  start_time: moment,
  finish_time: moment,
  pg_version: integer,
  system_identifier: integer.nullish(),
});
type Metadata = z.infer<typeof metadataSchema>;

/** Where the list of a backup's files is, without which WAL-G does not restore it. */
export type FileList = "files-metadata" | "sentinel" | "not-needed";

/** What the sentinel and the metadata of a backup say of it; undefined where the WAL-G that made it wrote nothing. */
export interface BackupDescription {
  /** PostgreSQL major version. */
  readonly postgresMajor: number | undefined;
  /** All 64 bits, in decimal digits. */
  readonly systemIdentifier: string | undefined;
  /** Milliseconds since 1970, as the database's own Pod saw it; what the WAL holds at {@link startLsn} is not older. */
  readonly started: number | undefined;
  /** Milliseconds since 1970. */
  readonly finished: number | undefined;
  /** Position at which its WAL begins. */
  readonly startLsn: bigint | undefined;
  /** Position up to which the WAL must be replayed for it to be consistent. */
  readonly finishLsn: bigint | undefined;
  /** The last segment without which the backup is not consistent. */
  readonly lastNeededSegment: number | undefined;
  /** Bytes that its parts should have together. */
  readonly compressedSize: number | undefined;
  /** Bytes of its files before they were packed. */
  readonly uncompressedSize: number | undefined;
  /** Name of the backup on which this one, a delta, builds. */
  readonly deltaFrom: string | undefined;
  readonly fileList: FileList;
}

/**
 * Reads a backup's `…_backup_stop_sentinel.json`, and its `metadata.json` when there is one. WAL-G restores without the
 * latter, so one that cannot be read is ignored.
 *
 * @throws SyntaxError or ZodError when the sentinel is cut or something else.
 */
export function describeBackup(sentinelText: string, metadataText: string | undefined): BackupDescription {
  const sentinel = sentinelSchema.parse(parseJsonOutput(shallow(sentinelText)));
  const metadata = readMetadata(metadataText);
  const version = sentinel.PgVersion ?? metadata?.pg_version;
  const finishLsn = position(sentinel.FinishLSN);
  return {
    postgresMajor: version === undefined ? undefined : Math.floor(Number(version) / 10_000),
    systemIdentifier: (sentinel.SystemIdentifier ?? metadata?.system_identifier)?.toString(),
    started: sentinel.StartTime ?? metadata?.start_time,
    finished: sentinel.FinishTime ?? metadata?.finish_time,
    startLsn: position(sentinel.LSN),
    finishLsn,
    lastNeededSegment: finishLsn === undefined ? undefined : segmentBefore(finishLsn),
    compressedSize: sentinel.CompressedSize == null ? undefined : Number(sentinel.CompressedSize),
    uncompressedSize: sentinel.UncompressedSize == null ? undefined : Number(sentinel.UncompressedSize),
    deltaFrom: sentinel.DeltaFrom ?? undefined,
    fileList: fileListOf(sentinel),
  };
}

/**
 * JSON without anything below its first level: the list of files that an old WAL-G keeps in a sentinel may have
 * dozens of megabytes.
 *
 * @example shallow('{"LSN":1,"Files":{"/PG_VERSION":{}}}')  // → '{"LSN":1,"Files":{}}'
 */
function shallow(json: string): string {
  const kept: string[] = [];
  let [depth, from] = [0, 0];
  for (const { 0: found, index } of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/g)) {
    if (found === "{" || found === "[") {
      depth += 1;
      if (depth === 2) kept.push(json.slice(from, index + 1));
    } else if (found === "}" || found === "]") {
      if (depth === 2) from = index;
      depth -= 1;
    }
  }
  // What is cut on a deeper level stays cut.
  if (depth < 2) kept.push(json.slice(from));
  return kept.join("");
}

function position(value: number | bigint | null | undefined): bigint | undefined {
  return value == null ? undefined : BigInt(value);
}

function readMetadata(text: string | undefined): Metadata | undefined {
  if (text === undefined) return undefined;
  try {
    return metadataSchema.safeParse(parseJsonOutput(text)).data;
  } catch {
    return undefined;
  }
}

/** wal-g internal/databases/postgres/backup.go, GetSentinelAndFilesMetadata. */
function fileListOf(sentinel: z.infer<typeof sentinelSchema>): FileList {
  if (sentinel.Files != null) return "sentinel";
  const isOptional = sentinel.FilesMetadataDisabled === true || Number(sentinel.Version ?? 0) < 2;
  return isOptional ? "not-needed" : "files-metadata";
}

/**
 * The backups that a backup needs besides itself, and the first that is missing of them. A delta's sentinel names its
 * parent; without it, the parent is found by the segment in the delta's own name.
 */
export function deltaChain(
  backup: StoredBackup,
  all: readonly StoredBackup[],
  deltaFrom: (backup: StoredBackup) => string | undefined = () => undefined,
): { parents: StoredBackup[]; missing: string | undefined } {
  const parents: StoredBackup[] = [];
  let current = backup;
  for (;;) {
    const { parent, startSegment } = current;
    const named = deltaFrom(current);
    if (parent === undefined && named === undefined) return { parents, missing: undefined };
    const found = all.find(({ name, startSegment: start }) => {
      if (start >= startSegment) return false;
      if (named !== undefined) return name === named;
      return name === `base_${parent}` || name.startsWith(`base_${parent}_`);
    });
    if (found === undefined) return { parents, missing: named ?? `base_${parent}` };
    parents.push(found);
    current = found;
  }
}
