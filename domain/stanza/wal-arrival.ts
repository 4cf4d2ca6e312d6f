import { segmentNumber } from "../walg/segment-name.ts";
import type { DatabaseAnswer } from "./database-answer.ts";
import type { RepositoryBackups } from "./status.ts";

/** Whether the WAL that Postgres has archived is in a repository, as far as names tell. */
export type WalArrival = "arrived" | "missing" | "unknown";

/**
 * Seconds. Both questions are asked at the same time, and psql answers within 12 s (see `instanceAnswer`). What was archived
 * longer ago was there when pgBackRest listed the repository.
 */
const listingSeconds = 15;
/** More segments than a primary completes meanwhile: 4 GiB. */
const segmentsMeanwhile = 256;
/** A segment, also with the suffix of the history file that a backup leaves. A partial segment is not a whole one. */
const segmentPattern = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.[0-9A-F]{8}\.backup)?$/;

/**
 * Whether the last segment that Postgres has archived is in a repository. `archive_command` is believed by Postgres, so an
 * archiver without a failure does not prove that anything arrived: a queue limit of pgBackRest drops WAL and reports
 * success, and a bucket can be emptied.
 */
export function walArrival(wal: RepositoryBackups["wal"], database: DatabaseAnswer): WalArrival {
  if (wal === undefined || "unknown" in database || database.inRecovery) return "unknown";
  const archived = segmentOf(database.lastArchivedWal);
  if (archived === undefined) return "unknown";
  if (wal.max === null) return "missing";
  // Names sort by timeline and position.
  if (wal.max >= archived.name) return "arrived";
  const newest = segmentOf(wal.max);
  const isMoving = secondsSince(database.lastArchived, database.askedAt) < listingSeconds;
  const isClose = newest?.timeline === archived.timeline && archived.number - newest.number <= segmentsMeanwhile;
  return isMoving && isClose ? "arrived" : "missing";
}

function segmentOf(
  name: string | null,
): { readonly name: string; readonly timeline: string; readonly number: number } | undefined {
  const [, timeline, log, segment] = segmentPattern.exec(name ?? "") ?? [];
  if (timeline === undefined || log === undefined || segment === undefined) return undefined;
  return { name: timeline + log + segment, timeline, number: segmentNumber(log, segment) };
}

/** Zero when one of them is not known: then nothing is said to be missing too early. */
function secondsSince(moment: string | null, now: string | null): number {
  return moment === null || now === null ? 0 : (Date.parse(now) - Date.parse(moment)) / 1000;
}
