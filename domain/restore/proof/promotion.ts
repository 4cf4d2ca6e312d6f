/** Why and where a timeline ended, by a line of a history file. */
export interface Promotion {
  readonly timeline: number;
  /** Position in the WAL up to which the timeline was replayed. */
  readonly at: bigint;
  /** PostgreSQL's own words. */
  readonly reason: string;
}

/**
 * Why a recovery ended (PostgreSQL 12: xlog.c, StartupXLOG).
 * - `end-of-wal`: it had no target.
 * - `before`: it stopped before the first commit after its target time, made at `commit`: milliseconds since 1970.
 * - `target-not-reached`: it had a target time, and the WAL ended first. PostgreSQL 12 then writes a zero time, which
 *   is the year 2000; later versions stop with an error instead.
 * - `other`: a target that Spilo does not set, or words that are not known.
 */
export type EndOfRecovery =
  { readonly end: "end-of-wal" | "target-not-reached" | "other" } | { readonly end: "before"; readonly commit: number };

const linePattern = /^\s*(\d+)\s+([0-9A-Fa-f]+)\/([0-9A-Fa-f]+)\s+(.*)$/;
const beforePattern = /^before (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d)(:\d\d)?(:\d\d)?$/;
/** PostgreSQL counts from here. */
const zeroTime = Date.UTC(2000, 0, 1);

/**
 * The lines of `<timeline>.history`, oldest first. Unlike `parseHistory` of domain/walg it keeps the reasons.
 *
 * @example promotionsIn("1\t0/1A000000\tno recovery target specified\n")
 * // → [{ timeline: 1, at: 0x1A000000n, reason: "no recovery target specified" }]
 */
export function promotionsIn(text: string): Promotion[] {
  return text.split("\n").flatMap((line) => {
    const [, timeline, high, low, reason = ""] = linePattern.exec(line) ?? [];
    if (high === undefined || low === undefined) return [];
    const at = (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
    return [{ timeline: Number(timeline), at, reason: reason.trim() }];
  });
}

/**
 * The line of the restore. Later switchovers add lines; the restore's is the last of those timelines that the backups'
 * place knew before it.
 *
 * @param newest the newest timeline that the recovery followed.
 */
export function restorePromotion(promotions: readonly Promotion[], newest: number): Promotion | undefined {
  return promotions.findLast(({ timeline }) => timeline <= newest);
}

/**
 * What the reason of a history line says.
 *
 * @example endOfRecovery("before 2026-11-21 09:30:01.5+00") // → { end: "before", commit: 1795253401500 }
 * @example endOfRecovery("before 2000-01-01 00:00:00+00") // → { end: "target-not-reached" }
 */
export function endOfRecovery(reason: string): EndOfRecovery {
  if (reason === "no recovery target specified") return { end: "end-of-wal" };
  const [, day, time, fraction = "", hours, minutes = ":00"] = beforePattern.exec(reason) ?? [];
  if (day === undefined || time === undefined || hours === undefined) return { end: "other" };
  const commit = Date.parse(`${day}T${time}${hours}${minutes}`) + Number(fraction === "" ? 0 : `0${fraction}`) * 1000;
  if (Number.isNaN(commit)) return { end: "other" };
  return commit === zeroTime ? { end: "target-not-reached" } : { end: "before", commit };
}
