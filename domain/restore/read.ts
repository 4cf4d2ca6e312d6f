import { z } from "zod";
import { s3Url } from "../aws/s3-location.ts";
import type { Finding } from "../finding.ts";
import { deltaChain, type BackupDescription } from "../walg/backup.ts";
import { segmentsToRead } from "../walg/judge-wal-contents.ts";
import type { Segment } from "../walg/segments.ts";
import type { StoredBackup } from "../walg/storage.ts";
import { replayOf } from "../walg/wal-continuity.ts";
import type { Replay } from "../walg/wal-obstacle.ts";
import { backupToRestore, recoveryOf, type GatheredPlace } from "./sources.ts";

/** What was read of the backup and its WAL. */
export const readReportSchema = z.object({
  /** Tar files of the backup, and of those on which it builds, that were read to their end. */
  parts: z.int(),
  /** WAL segments that were read to their end. */
  segments: z.int(),
  /** Bytes that were downloaded. */
  bytes: z.int(),
  /** How long that took. */
  seconds: z.number(),
});
export type ReadReport = z.infer<typeof readReportSchema>;

/** A backup to read; the description is undefined when it could not be read. */
export interface PlannedBackup {
  readonly backup: StoredBackup;
  readonly description: BackupDescription | undefined;
}

/** What is to be read of a place before a restore from it. */
export interface ReadPlan {
  /** The backup to restore. */
  readonly chosen: PlannedBackup;
  /** The backup to restore, and those on which it builds. */
  readonly backups: readonly PlannedBackup[];
  /** The recovery, and the segments that it reads; undefined when it cannot even begin. */
  readonly wal: { readonly replay: Replay; readonly segments: readonly Segment[] } | undefined;
  /** Bytes of all of it in S3, without lists of files. */
  readonly bytes: number;
}

/**
 * What a restore reads.
 *
 * @param chosen the backup. Default: the one that Spilo would take.
 * @returns undefined when there is no backup to restore.
 */
export function planRead(
  place: GatheredPlace,
  target: number | undefined,
  chosen?: StoredBackup,
): ReadPlan | undefined {
  if ("failed" in place.listing) return undefined;
  const listing = place.listing.found;
  const backup = chosen ?? backupToRestore(listing, target);
  if (backup === undefined) return undefined;
  const recovery = recoveryOf(place, backup, target);
  const describe = ({ name }: StoredBackup): BackupDescription | undefined => recovery.descriptions.get(name);
  const { parents } = deltaChain(backup, listing.backups, (one) => describe(one)?.deltaFrom);
  const planned = (one: StoredBackup): PlannedBackup => ({ backup: one, description: describe(one) });
  const backups = [backup, ...parents].map(planned);
  const replay = replayOf(listing, recovery, s3Url(place.location));
  const wal = "unusable" in replay ? undefined : { replay, segments: segmentsToRead(replay) };
  const partBytes = backups.map(({ backup: { size } }) => size);
  const walBytes = wal?.segments.map(({ size }) => size) ?? [];
  return {
    chosen: planned(backup),
    backups,
    wal,
    bytes: [...partBytes, ...walBytes].reduce((sum, size) => sum + size, 0),
  };
}

/**
 * Whether reading is of use: it costs hours, and shows nothing when the restore is refused anyway. Only WAL that seems to
 * be overwritten may turn out to be right.
 */
export function isWorthReading(findings: readonly Finding[]): boolean {
  return findings.every(({ severity, code }) => severity !== "refuse" || code === "wal-overwritten");
}

/**
 * A number of bytes for a person.
 *
 * @example formatBytes(1_234_567)  // → "1.2 MB"
 */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power] ?? ""}`;
}
