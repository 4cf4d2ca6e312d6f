import { createHash, type Hash } from "node:crypto";
/** WAL-G's folders below the place of a database's backups (wal-g utility/utility.go). */
export const walgFolders = { backups: "basebackups_005", wal: "wal_005" } as const;

import { segmentBytes, segmentNumber } from "./segment-name.ts";
import { SegmentTable, walEndings, type SegmentState, type WalRun } from "./segments.ts";

/** An object in S3 as a listing names it. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** S3's storage class; a store that says none keeps everything ready to be read. */
  readonly storageClass?: string | undefined;
  /** S3's tag of the content; not every listing has it. */
  readonly etag?: string | undefined;
  /** Whether an archived object has been restored for a while, so that it can be read. */
  readonly restored?: boolean | undefined;
}

/** Whether S3 returns an object immediately; `tiered`: only a request for the object itself tells. */
export type Readability = "readable" | "archived" | "tiered";

/**
 * Whether an object can be read, by its storage class. S3 answers InvalidObjectState for an archived one until somebody
 * restores it. Glacier Instant Retrieval (GLACIER_IR) is read at once.
 *
 * @example readabilityOf({ storageClass: "DEEP_ARCHIVE" })  // → "archived"
 */
export function readabilityOf({ storageClass, restored = false }: Partial<ListedObject>): Readability {
  if (storageClass === "INTELLIGENT_TIERING") return "tiered";
  return (storageClass === "GLACIER" || storageClass === "DEEP_ARCHIVE") && !restored ? "archived" : "readable";
}

/** A base backup whose sentinel exists: WAL-G writes that last, so the backup is whole. */
export interface StoredBackup {
  readonly name: string;
  readonly timeline: number;
  /** Number of the WAL segment at which it begins; see {@link segmentNumber}. */
  readonly startSegment: number;
  /** Name of the segment at which the backup begins on which this one, a delta, is based. */
  readonly parent: string | undefined;
  readonly sentinelKey: string;
  /** LastModified of the sentinel, by which WAL-G chooses a backup for a target time. A copied bucket changes it. */
  readonly modified: number;
  /** Bytes of the sentinel: WAL-G up to 1.1 keeps the list of all files in it. */
  readonly sentinelSize: number;
  readonly metadataKey: string | undefined;
  readonly filesMetadataKey: string | undefined;
  /** Whether `files_metadata.json` is there, with content. */
  readonly hasFilesMetadata: boolean;
  /** Its tar files. */
  readonly parts: readonly StoredPart[];
  readonly hasPgControl: boolean;
  /** Bytes of all its parts. */
  readonly size: number;
  /** Bytes of its parts without pg_control. */
  readonly dataSize: number;
  /** Newest LastModified of its parts; undefined when there is none. A copied bucket changes it. */
  readonly partsModified: number | undefined;
  /** Objects of it that S3 has archived. */
  readonly archived: number;
  /** Keys of its objects for which only a request for the object tells whether S3 has archived them. */
  readonly tiered: readonly string[];
  /** SHA-256, as base64url, of the names, sizes, LastModified and ETags of its objects in the order of the listing. */
  readonly fingerprint: string;
}

/** A tar file of a backup. */
export interface StoredPart {
  /** As the list of the backup's files has it, such as `part_001.tar.lz4`. */
  readonly name: string;
  readonly key: string;
  readonly size: number;
}

/** The content of one prefix `…/wal/12`. */
export interface WalgListing {
  /** By LastModified, oldest first. */
  readonly backups: readonly StoredBackup[];
  /** Folders without a sentinel: a backup that is still running or was interrupted, with the newest LastModified in it. */
  readonly incomplete: readonly { readonly name: string; readonly modified: number }[];
  /** Segments by timeline, as runs in rising order. */
  readonly wal: ReadonlyMap<number, readonly WalRun[]>;
  /** The same segments one by one, by timeline. */
  readonly segments: ReadonlyMap<number, SegmentTable>;
  /** Timelines that have a history file. */
  readonly histories: readonly number[];
  /** The objects of the history files, by timeline. */
  readonly historyObjects: ReadonlyMap<number, ListedObject>;
}

/** LZ4 makes at most 255 bytes out of one, so that a whole segment takes at least this many (lz4_Block_format.md). */
const leastLz4Bytes = Math.ceil(Number(segmentBytes) / 255);

interface Folder {
  sentinel?: ListedObject;
  metadataKey?: string;
  filesMetadataKey?: string;
  hasFilesMetadata: boolean;
  readonly parts: StoredPart[];
  hasPgControl: boolean;
  size: number;
  dataSize: number;
  modified: number;
  partsModified?: number;
  archived: Set<string>;
  tiered: Set<string>;
  readonly hash: Hash;
}

const hex8 = "([0-9A-F]{8})";
const compression = "(?:\\.(?:lz4|lzma|br|zst|lzo|gz))?";
const segmentDigits = 24;
const segmentPattern = new RegExp(`^[0-9A-F]{${segmentDigits}}${compression}$`);
const historyPattern = new RegExp(`^${hex8}\\.history${compression}$`);
const backupPattern = new RegExp(`^base_${hex8}${hex8}${hex8}(?:_D_([0-9A-F]{24}))?(?:_[0-9A-F]{8})?$`);
const sentinelEnd = "_backup_stop_sentinel.json";

/**
 * Reads a listing object by object, so that a prefix of any size needs little memory: about 15 bytes for a WAL segment.
 * Layout: wal-g utility/utility.go.
 */
export class WalgListingReader {
  readonly #walPrefix: string;
  readonly #backupsPrefix: string;
  readonly #folders = new Map<string, Folder>();
  readonly #segments = new Map<number, SegmentTable>();
  readonly #histories = new Map<number, ListedObject>();
  /** Where the WAL objects are whose readability is still to be settled. */
  readonly #tieredWal = new Map<string, { readonly table: SegmentTable; readonly number: number }>();

  /** @param prefix the place of the backups, `spilo/…/wal/12`, without a slash at its end. */
  constructor(prefix: string) {
    this.#walPrefix = `${prefix}/${walgFolders.wal}/`;
    this.#backupsPrefix = `${prefix}/${walgFolders.backups}/`;
  }

  /** Adds an object. Keys that are not WAL-G's, and those of another prefix, are ignored. */
  add(object: ListedObject): void {
    const { key } = object;
    if (key.startsWith(this.#walPrefix)) this.#addWal(key.slice(this.#walPrefix.length), object);
    else if (key.startsWith(this.#backupsPrefix))
      this.#addToBackup(key.slice(this.#backupsPrefix.length).split("/"), object);
  }

  /** The keys of WAL objects for which only a request for the object tells whether S3 has archived them. */
  get tieredWal(): readonly string[] {
    return [...this.#tieredWal.keys()];
  }

  /** Records S3's answer about one object of Intelligent-Tiering. */
  settle(key: string, archived: boolean): void {
    const wal = this.#tieredWal.get(key);
    if (wal !== undefined) {
      wal.table.settle(wal.number, archived ? "archived" : "whole");
      this.#tieredWal.delete(key);
      return;
    }
    for (const folder of this.#folders.values()) if (folder.tiered.delete(key) && archived) folder.archived.add(key);
  }

  get listing(): WalgListing {
    const backups = [...this.#folders].flatMap(([name, folder]) => storedBackup(name, folder) ?? []);
    const segments = [...this.#segments].toSorted(([a], [b]) => a - b);
    return {
      // WAL-G sorts what S3 lists in the order of keys by LastModified alone.
      backups: backups.toSorted((a, b) => a.modified - b.modified || (a.sentinelKey < b.sentinelKey ? -1 : 1)),
      incomplete: [...this.#folders]
        .filter(([, { sentinel }]) => sentinel === undefined)
        .map(([name, { modified }]) => ({ name, modified })),
      wal: new Map(segments.map(([timeline, table]) => [timeline, table.runs()])),
      segments: new Map(segments),
      histories: [...this.#histories.keys()].toSorted((a, b) => a - b),
      historyObjects: new Map(this.#histories),
    };
  }

  #addWal(name: string, object: ListedObject): void {
    if (!segmentPattern.test(name)) {
      const history = historyPattern.exec(name)?.[1];
      if (history !== undefined) this.#histories.set(Number.parseInt(history, 16), object);
      return;
    }
    const timeline = Number.parseInt(name.slice(0, 8), 16);
    const number = segmentNumber(name.slice(8, 16), name.slice(16, 24));
    const table = this.#segments.get(timeline) ?? new SegmentTable();
    this.#segments.set(timeline, table);
    const state = segmentState(name, object);
    if (state === "tiered") this.#tieredWal.set(object.key, { table, number });
    const ending = walEndings.find((one) => one === name.slice(segmentDigits)) ?? "";
    table.add({ number, modified: object.modified, state, size: object.size, ending });
  }

  #addToBackup([name = "", ...rest]: readonly string[], object: ListedObject): void {
    const isSentinel = rest.length === 0 && name.endsWith(sentinelEnd);
    if (rest.length === 0 && !isSentinel) return;
    const backup = isSentinel ? name.slice(0, -sentinelEnd.length) : name;
    if (!backupPattern.test(backup)) return;
    const folder = this.#folders.get(backup) ?? newFolder();
    this.#folders.set(backup, folder);
    folder.modified = Math.max(folder.modified, object.modified);
    folder.hash.update(`${[name, ...rest].join("/")} ${object.size} ${object.modified} ${object.etag ?? ""}\n`);
    const [first = "", second = ""] = rest;
    // A restore does not read metadata.json.
    const readability = first === "metadata.json" ? "readable" : readabilityOf(object);
    if (readability === "archived") folder.archived.add(object.key);
    if (readability === "tiered") folder.tiered.add(object.key);
    if (isSentinel) folder.sentinel = object;
    else if (first === "metadata.json") folder.metadataKey = object.key;
    else if (first === "files_metadata.json") {
      folder.filesMetadataKey = object.key;
      folder.hasFilesMetadata = object.size > 0;
    } else if (first === "tar_partitions") {
      folder.parts.push({ name: second, key: object.key, size: object.size });
      const isPgControl = second.startsWith("pg_control.tar");
      folder.size += object.size;
      if (!isPgControl) folder.dataSize += object.size;
      folder.hasPgControl ||= isPgControl && object.size > 0;
      folder.partsModified = Math.max(folder.partsModified ?? 0, object.modified);
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
    sentinelSize: folder.sentinel.size,
    metadataKey: folder.metadataKey,
    filesMetadataKey: folder.filesMetadataKey,
    hasFilesMetadata: folder.hasFilesMetadata,
    parts: folder.parts,
    hasPgControl: folder.hasPgControl,
    size: folder.size,
    dataSize: folder.dataSize,
    partsModified: folder.partsModified,
    archived: folder.archived.size,
    tiered: [...folder.tiered],
    fingerprint: folder.hash.copy().digest("base64url"),
  };
}

function newFolder(): Folder {
  return {
    hasFilesMetadata: false,
    parts: [],
    hasPgControl: false,
    size: 0,
    dataSize: 0,
    modified: 0,
    archived: new Set(),
    tiered: new Set(),
    hash: createHash("sha256"),
  };
}

/** Whether PostgreSQL can get a complete segment from an object, judged by name, size and storage class. */
function segmentState(name: string, object: ListedObject): SegmentState {
  const { size } = object;
  if (size === 0) return "empty";
  const isCut = name.endsWith(".lz4") ? size < leastLz4Bytes : !name.includes(".") && size < Number(segmentBytes);
  if (isCut) return "cut";
  const readability = readabilityOf(object);
  return readability === "readable" ? "whole" : readability;
}
