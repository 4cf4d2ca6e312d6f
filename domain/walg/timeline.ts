import { segmentBytes } from "./segment-name.ts";

/** Where a timeline was left for the next one. */
export interface TimelineSwitch {
  readonly timeline: number;
  /** Position in the WAL: nothing of this timeline is replayed from here on. */
  readonly at: bigint;
}

/** What a history file says: the timelines that lead to its own, oldest first. */
export interface TimelineHistory {
  readonly timeline: number;
  readonly switches: readonly TimelineSwitch[];
}

/** The part of a recovery that reads one timeline. */
export interface Leg {
  readonly timeline: number;
  /** Where the next timeline begins; undefined on the last one. */
  readonly end: bigint | undefined;
}

const switchPattern = /^\s*(\d+)\s*([0-9A-Fa-f]+)\/([0-9A-Fa-f]+)/;

/**
 * Reads `<timeline>.history` as PostgreSQL 12 does (timeline.c, readTimeLineHistory).
 *
 * @throws SyntaxError where PostgreSQL would stop with a FATAL.
 * @example parseHistory(2, "1\t0/1A000000\tno recovery target specified\n")
 * // → { timeline: 2, switches: [{ timeline: 1, at: 0x1A000000n }] }
 */
export function parseHistory(timeline: number, text: string): TimelineHistory {
  const switches: TimelineSwitch[] = [];
  for (const line of text.split("\n")) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, id, high, low] = switchPattern.exec(line) ?? [];
    if (id === undefined || high === undefined || low === undefined)
      throw new SyntaxError("it has a line that names no switch");
    const next = { timeline: Number(id), at: (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`) };
    if (next.timeline <= (switches.at(-1)?.timeline ?? 0))
      throw new SyntaxError("its timelines are not in ascending order");
    switches.push(next);
  }
  if ((switches.at(-1)?.timeline ?? 0) >= timeline) throw new SyntaxError(`it leads beyond timeline ${timeline}`);
  return { timeline, switches };
}

/**
 * The timeline that `recovery_target_timeline = latest` leads to: PostgreSQL looks for the history files one by one,
 * from the backup's timeline on, and stops at the first that is missing (timeline.c, findNewestTimeLine).
 *
 * @example newestTimeline(1, [2, 3, 5])  // → 3
 */
export function newestTimeline(start: number, histories: readonly number[]): number {
  const known = new Set(histories);
  let newest = start;
  while (known.has(newest + 1)) newest += 1;
  return newest;
}

/**
 * The legs from a position on a timeline to the end of the history. Undefined when the history does not contain the position:
 * PostgreSQL then stops with "requested timeline is not a child of this server's history".
 *
 * @param start position at which the backup begins.
 * @param finish position at which the backup ends; PostgreSQL must replay the WAL of its timeline up to there.
 */
export function wayOn(
  timeline: number,
  { start, finish }: { readonly start: bigint; readonly finish: bigint },
  history: TimelineHistory | undefined,
): Leg[] | undefined {
  if (history === undefined || history.timeline === timeline) return [{ timeline, end: undefined }];
  const index = history.switches.findIndex((one) => one.timeline === timeline);
  const own = history.switches[index];
  const begin = history.switches[index - 1]?.at ?? 0n;
  if (own === undefined || start < begin || own.at < finish) return undefined;
  return [
    ...history.switches.slice(index).map(({ timeline: old, at }) => ({ timeline: old, end: at })),
    { timeline: history.timeline, end: undefined },
  ];
}

/** The segment that holds a position: with this one the next timeline begins. */
export function segmentOf(position: bigint): number {
  return Number(position / segmentBytes);
}

/** A position as PostgreSQL writes it. @example lsn(0x1_1A000000n)  // → "1/1A000000" */
export function lsn(position: bigint): string {
  return `${(position >> 32n).toString(16)}/${(position & 0xffff_ffffn).toString(16)}`.toUpperCase();
}
