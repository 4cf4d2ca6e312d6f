import type { BackupDescription } from "./backup.ts";
import type { Segment, SegmentTable } from "./segments.ts";
import type { StoredBackup } from "./storage.ts";
import { segmentOf, type Leg } from "./timeline.ts";

/** Segments that are missing on one timeline. */
export interface MissingRange {
  readonly timeline: number;
  readonly first: number;
  readonly count: number;
}

/** A part of a way on one timeline. */
interface Stretch {
  readonly table: SegmentTable;
  readonly first: number;
  readonly last: number;
}

/** What is there of a way, in order. It is read from the listing's tables each time, so it takes no memory of its own. */
export class WaySegments implements Iterable<Segment> {
  readonly length: number;
  /** The last one; undefined when there is none. */
  readonly last: Segment | undefined;
  readonly #stretches: readonly Stretch[];

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches;
    let length = 0;
    let last: Segment | undefined;
    for (const segment of this) {
      length += 1;
      last = segment;
    }
    this.length = length;
    this.last = last;
  }

  *[Symbol.iterator](): Generator<Segment> {
    for (const { table, first, last } of this.#stretches) yield* table.between(first, last);
  }

  *newestFirst(): Generator<Segment> {
    for (const { table, first, last } of this.#stretches.toReversed()) yield* table.backward(first, last);
  }
}

/**
 * The segments that PostgreSQL reads one after the other. A timeline begins with the segment in which it left the one
 * before, so each number occurs once, whatever the timeline.
 */
export interface WalWay {
  readonly legs: readonly Leg[];
  readonly segments: WaySegments;
  /** Holes with WAL behind them; one hole may reach over several timelines. */
  readonly holes: readonly (readonly MissingRange[])[];
  /** The timeline on which PostgreSQL would look for a segment. */
  timelineOf(segment: number): number;
}

/** Walks from a segment on along the timelines. */
export function walkWal(legs: readonly Leg[], start: number, tables: ReadonlyMap<number, SegmentTable>): WalWay {
  const stretches: Stretch[] = [];
  const holes: MissingRange[][] = [];
  let hole: MissingRange[] = [];
  let next = start;
  const lack = (timeline: number, first: number, count: number): void => {
    if (count > 0) hole.push({ timeline, first, count });
  };
  for (const { timeline, end } of legs) {
    // WAL up to the switch was written, or there would be no switch there: what is missing before it is lost.
    const last = end === undefined ? Number.MAX_SAFE_INTEGER : segmentOf(end) - 1;
    const table = tables.get(timeline);
    if (table !== undefined) stretches.push({ table, first: next, last });
    for (const { number } of table?.between(next, last) ?? []) {
      lack(timeline, next, number - next);
      if (hole.length > 0) holes.push(hole);
      hole = [];
      next = number + 1;
    }
    if (end === undefined) continue;
    lack(timeline, next, last + 1 - next);
    next = Math.max(next, last + 1);
  }
  // Behind a hole before the last switch nothing may be there; rows are lost in it all the same.
  if (hole.length > 0) holes.push(hole);
  return {
    legs,
    segments: new WaySegments(stretches),
    holes,
    timelineOf: (segment) =>
      legs.find(({ end }) => end === undefined || segment < segmentOf(end))?.timeline ?? legs.at(-1)?.timeline ?? 0,
  };
}

/** A backup, and what its sentinel says; it ties a position in the WAL to a moment. */
export interface KnownBackup {
  readonly backup: StoredBackup;
  readonly description: BackupDescription | undefined;
}

/** How long after its end a backup's parts may have been written, before they must be copies: clocks may differ. */
const clockTolerance = 15 * 60_000;

/**
 * Whether a backup's objects are copies: then LastModified says when they were copied, and nothing of when they were made.
 */
export function isCopied({ backup, description }: KnownBackup): boolean {
  const { finished } = description ?? {};
  if (finished === undefined || backup.partsModified === undefined) return false;
  return backup.partsModified - finished > clockTolerance;
}

/** Longer than an archiver that has more to do waits between two segments. */
const pause = 5 * 60_000;

/** Whether a moment comes before or after a position in the WAL. */
export type Order = "before" | "behind" | "unproven";

/**
 * Ties moments to positions on a way. LastModified of a segment is only the latest moment at which it can have been
 * written: an archiver that was held up writes it much later. That a position is not older than a moment is known only
 * from a backup that began there.
 */
export class WalClock {
  readonly #way: WalWay;
  readonly #backups: readonly KnownBackup[];
  /** The numbers of the recovery's segments, in order. */
  readonly #numbers: Float64Array;
  /** For each of them, the earliest LastModified from there on. */
  readonly #latest: Float64Array;

  constructor(way: WalWay, backups: readonly KnownBackup[]) {
    this.#way = way;
    this.#backups = backups.filter(({ backup, description }) => liesOn(way, backup, description));
    this.#numbers = new Float64Array(way.segments.length);
    this.#latest = new Float64Array(way.segments.length);
    let earliest = Infinity;
    let index = way.segments.length;
    for (const { number, modified } of way.segments.newestFirst()) {
      index -= 1;
      earliest = Math.min(earliest, modified);
      this.#numbers[index] = number;
      this.#latest[index] = earliest;
    }
  }

  /** The backups that the recovery passes. */
  get backups(): readonly KnownBackup[] {
    return this.#backups;
  }

  /** Whether everything committed up to a moment is in the WAL up to the end of a segment. */
  order(moment: number, segment: number): Order {
    const proven = this.firstAfter(moment);
    if (proven !== undefined && proven <= segment) return "before";
    return this.writtenBy(segment) < moment ? "behind" : "unproven";
  }

  /**
   * The earliest segment at which a backup began after a moment: everything committed up to the moment is in the WAL up to
   * there. Undefined when no backup proves it.
   */
  firstAfter(moment: number): number | undefined {
    const starts = this.#backups.flatMap(({ backup, description }) =>
      description?.started !== undefined && description.started >= moment ? [backup.startSegment] : [],
    );
    return starts.length === 0 ? undefined : Math.min(...starts);
  }

  /**
   * Whether the archive had a pause between a moment and the end of a segment. An archiver that has to catch up makes
   * none, so what was written before the moment had been archived by then, unless it was held up a second time.
   */
  isSteadyBetween(moment: number, segment: number): boolean {
    let previous: number | undefined;
    for (const { number, modified } of this.#way.segments) {
      if (number > segment) return false;
      if (modified < moment) continue;
      if (previous !== undefined && modified - previous > pause) return true;
      previous = modified;
    }
    return false;
  }

  /** The latest moment at which the end of a segment can have been written. */
  writtenBy(segment: number): number {
    const later = this.#backups.flatMap(({ backup, description }) =>
      backup.startSegment > segment && description?.finished !== undefined ? [description.finished] : [],
    );
    return Math.min(this.#latest[firstAtLeast(this.#numbers, segment)] ?? Infinity, ...later);
  }
}

/** Whether a recovery on a way passes the start of a backup. */
export function liesOn(
  way: Pick<WalWay, "legs">,
  { timeline, startSegment }: StoredBackup,
  description?: BackupDescription,
): boolean {
  const leg = way.legs.find((one) => one.timeline === timeline);
  if (leg === undefined) return false;
  if (leg.end === undefined) return true;
  return description?.startLsn === undefined ? startSegment < segmentOf(leg.end) : description.startLsn <= leg.end;
}

/** The index of the first of the rising numbers that is not less than a limit; their count when there is none. */
function firstAtLeast(numbers: Float64Array, limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
