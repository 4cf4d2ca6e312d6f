/** WAL-G's folders below the place of a database's backups (wal-g utility/utility.go). */
export const walgFolders = { backups: "basebackups_005", wal: "wal_005" } as const;

/** An object in S3 as a listing names it. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** A base backup whose sentinel exists: WAL-G writes that last, so the backup is whole. */
export interface StoredBackup {
  readonly name: string;
  readonly timeline: number;
  /** Number of the WAL segment at which it begins; see {@link segmentNumber}. */
  readonly startSegment: number;
  /** Name of the segment at which the backup begins that this one, a delta, builds upon. */
  readonly parent: string | undefined;
  readonly sentinelKey: string;
  /** LastModified of the sentinel, by which WAL-G chooses a backup for a target time. A copied bucket changes it. */
  readonly modified: number;
  readonly metadataKey: string | undefined;
  readonly hasPgControl: boolean;
  /** Bytes of all its parts. */
  readonly size: number;
}

/** Segments without a gap between them. */
export interface WalRun {
  readonly first: number;
  readonly last: number;
  /** LastModified of the last one: everything up to this moment lies in the run, as far as nobody copied it. */
  readonly lastModified: number;
}

/** What lies below one prefix `…/wal/12`. */
export interface WalgListing {
  /** By LastModified, oldest first. */
  readonly backups: readonly StoredBackup[];
  /** Folders without a sentinel: a backup that is being made or was broken off, with the newest LastModified in it. */
  readonly incomplete: readonly { readonly name: string; readonly modified: number }[];
  /** Segments by timeline, as runs in rising order. */
  readonly wal: ReadonlyMap<number, readonly WalRun[]>;
  /** Timelines that have a history file. */
  readonly histories: readonly number[];
}

/** Segments of 16 MiB, the size that Spilo's initdb gives, in one of PostgreSQL's "logs" of 4 GiB. */
const segmentsPerLog = 256;
const segmentBytes = 16n * 1024n * 1024n;

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

interface Folder {
  sentinel?: ListedObject;
  metadataKey?: string;
  hasPgControl: boolean;
  size: number;
  modified: number;
}

const hex8 = "([0-9A-F]{8})";
const compression = "(?:\\.(?:lz4|lzma|br|zst|lzo))?";
const segmentPattern = new RegExp(`^[0-9A-F]{24}${compression}$`);
const historyPattern = new RegExp(`^${hex8}\\.history${compression}$`);
const backupPattern = new RegExp(`^base_${hex8}${hex8}${hex8}(?:_D_([0-9A-F]{24}))?$`);
const sentinelEnd = "_backup_stop_sentinel.json";

/**
 * Reads a listing object by object, so that a prefix of any size needs little memory: WAL segments are kept as runs.
 * Layout: wal-g utility/utility.go.
 */
export class WalgListingReader {
  readonly #walPrefix: string;
  readonly #backupsPrefix: string;
  readonly #folders = new Map<string, Folder>();
  readonly #wal = new Map<number, WalRun[]>();
  readonly #histories = new Set<number>();

  /** @param prefix the place of the backups, `spilo/…/wal/12`, without a slash at its end. */
  constructor(prefix: string) {
    this.#walPrefix = `${prefix}/${walgFolders.wal}/`;
    this.#backupsPrefix = `${prefix}/${walgFolders.backups}/`;
  }

  /** Takes an object in; keys that are not WAL-G's, and those of another prefix, are passed over. */
  add(object: ListedObject): void {
    const { key } = object;
    if (key.startsWith(this.#walPrefix)) this.#addWal(key.slice(this.#walPrefix.length), object.modified);
    else if (key.startsWith(this.#backupsPrefix))
      this.#addToBackup(key.slice(this.#backupsPrefix.length).split("/"), object);
  }

  get listing(): WalgListing {
    const backups = [...this.#folders].flatMap(([name, folder]) => storedBackup(name, folder) ?? []);
    return {
      backups: backups.toSorted((a, b) => a.modified - b.modified || a.startSegment - b.startSegment),
      incomplete: [...this.#folders]
        .filter(([, { sentinel }]) => sentinel === undefined)
        .map(([name, { modified }]) => ({ name, modified })),
      wal: new Map([...this.#wal].toSorted(([a], [b]) => a - b).map(([timeline, runs]) => [timeline, joined(runs)])),
      histories: [...this.#histories].toSorted((a, b) => a - b),
    };
  }

  #addWal(name: string, modified: number): void {
    if (!segmentPattern.test(name)) {
      const history = historyPattern.exec(name)?.[1];
      if (history !== undefined) this.#histories.add(Number.parseInt(history, 16));
      return;
    }
    const key = Number.parseInt(name.slice(0, 8), 16);
    const number = segmentNumber(name.slice(8, 16), name.slice(16, 24));
    const runs = this.#wal.get(key) ?? [];
    const newest = runs.at(-1);
    // S3 lists in the order of names, so nearly every segment follows the one before it.
    if (newest?.last === number - 1)
      runs[runs.length - 1] = { first: newest.first, last: number, lastModified: modified };
    else runs.push({ first: number, last: number, lastModified: modified });
    this.#wal.set(key, runs);
  }

  #addToBackup([name = "", ...rest]: readonly string[], object: ListedObject): void {
    const isSentinel = rest.length === 0 && name.endsWith(sentinelEnd);
    if (rest.length === 0 && !isSentinel) return;
    const backup = isSentinel ? name.slice(0, -sentinelEnd.length) : name;
    if (!backupPattern.test(backup)) return;
    const folder = this.#folders.get(backup) ?? { hasPgControl: false, size: 0, modified: 0 };
    this.#folders.set(backup, folder);
    folder.modified = Math.max(folder.modified, object.modified);
    const [first = "", second = ""] = rest;
    if (isSentinel) folder.sentinel = object;
    else if (first === "metadata.json") folder.metadataKey = object.key;
    else if (first === "tar_partitions") {
      folder.size += object.size;
      folder.hasPgControl ||= second.startsWith("pg_control.tar");
    }
  }
}

function storedBackup(name: string, folder: Folder): StoredBackup | undefined {
  const [, timeline = "", log = "", segment = "", parent] = backupPattern.exec(name) ?? [];
  if (folder.sentinel === undefined) return undefined;
  return {
    name,
    timeline: Number.parseInt(timeline, 16),
    startSegment: segmentNumber(log, segment),
    parent,
    sentinelKey: folder.sentinel.key,
    modified: folder.sentinel.modified,
    metadataKey: folder.metadataKey,
    hasPgControl: folder.hasPgControl,
    size: folder.size,
  };
}

/** Runs in rising order, joined where they touch; needed only when a listing was not in the order of names. */
function joined(runs: readonly WalRun[]): WalRun[] {
  const result: WalRun[] = [];
  for (const run of runs.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before === undefined || run.first > before.last + 1) result.push(run);
    else if (run.last > before.last) result[result.length - 1] = { ...run, first: before.first };
  }
  return result;
}
