import type { BackupDescription } from "../../domain/walg/backup.ts";
import { segmentName } from "../../domain/walg/segment-name.ts";
import {
  WalgListingReader,
  type ListedObject,
  type StoredBackup,
  type WalgListing,
} from "../../domain/walg/storage.ts";

export const walgPrefix = "spilo/postgresql-harbor-cluster-harbor-cluster/99e85b8a-3f92-4c86-8d42-5056348c1e7e/wal/12";

/** A time on 21 November 2026, UTC. */
export function at(time: string): number {
  return Date.parse(`2026-11-21T${time}:00Z`);
}

/** The objects of a complete backup, as WAL-G writes them. */
export function backupObjects(
  segment: number,
  modified: number,
  { timeline = 1, parent = "", prefix = walgPrefix } = {},
): ListedObject[] {
  const name = `base_${segmentName(timeline, segment)}${parent === "" ? "" : `_D_${parent}`}`;
  const object = (path: string, size: number): ListedObject => ({
    key: `${prefix}/basebackups_005/${path}`,
    size,
    modified,
  });
  return [
    object(`${name}/metadata.json`, 400),
    object(`${name}/files_metadata.json`, 4000),
    object(`${name}/tar_partitions/part_001.tar.lz4`, 9000),
    object(`${name}/tar_partitions/pg_control.tar.lz4`, 400),
    object(`${name}_backup_stop_sentinel.json`, 300),
  ];
}

/**
 * WAL segments without a gap.
 *
 * @param from when the first one was archived, the others evenly after it. Default: all at the same moment.
 */
export function walObjects(
  first: number,
  last: number,
  modified: number,
  { timeline = 1, prefix = walgPrefix, from = modified } = {},
): ListedObject[] {
  const step = (modified - from) / Math.max(1, last - first);
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    key: `${prefix}/wal_005/${segmentName(timeline, first + index)}.lz4`,
    size: 70_000,
    modified: Math.round(from + index * step),
  }));
}

/** What a backup's sentinel says when it is right. */
export function described(
  { name, startSegment, modified, size }: Pick<StoredBackup, "name" | "startSegment" | "modified" | "size">,
  changes: Partial<BackupDescription> = {},
): BackupDescription {
  const start = BigInt(startSegment) * 0x100_0000n;
  return {
    postgresMajor: 12,
    systemIdentifier: "7710366851552716423",
    started: modified - 60_000,
    finished: modified,
    startLsn: start + 40n,
    finishLsn: start + 256n,
    lastNeededSegment: startSegment,
    compressedSize: size,
    uncompressedSize: size,
    deltaFrom: /_D_(.*)/.exec(name)?.[1]?.replace(/^/, "base_"),
    fileList: "files-metadata",
    ...changes,
  };
}

export function listingOf(...objects: readonly ListedObject[][]): WalgListing {
  const reader = new WalgListingReader(walgPrefix);
  for (const object of objects.flat()) reader.add(object);
  return reader.listing;
}
