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

/**
 * The segments that PostgreSQL reads one after the other. A timeline begins with the segment in which it left the one
 * before, so each number occurs once, whatever the timeline.
 */
export interface WalWay {
  readonly legs: readonly Leg[];
  /** What is there, in order. */
  readonly segments: readonly Segment[];
  /** Holes with WAL behind them; one hole may reach over several timelines. */
  readonly holes: readonly (readonly MissingRange[])[];
  /** The timeline on which PostgreSQL would look for a segment. */
  timelineOf(segment: number): number;
}

/** Walks from a segment on along the timelines. */
export function walkWal(legs: readonly Leg[], start: number, tables: ReadonlyMap<number, SegmentTable>): WalWay {
  const segments: Segment[] = [];
  const holes: MissingRange[][] = [];
  let hole: MissingRange[] = [];
  let next = start;
  const lack = (timeline: number, first: number, count: number): void => {
    if (count > 0) hole.push({ timeline, first, count });
  };
  for (const { timeline, end } of legs) {
    // WAL up to the switch was written, or there would be no switch there: what is missing before it is lost.
    const last = end === undefined ? Number.MAX_SAFE_INTEGER : segmentOf(end) - 1;
    for (const segment of tables.get(timeline)?.between(next, last) ?? []) {
      lack(timeline, next, segment.number - next);
      if (hole.length > 0) holes.push(hole);
      hole = [];
      segments.push(segment);
      next = segment.number + 1;
    }
    if (end === undefined) continue;
    lack(timeline, next, last + 1 - next);
    next = Math.max(next, last + 1);
  }
  // Behind a hole before the last switch nothing may be there; rows are lost in it all the same.
  if (hole.length > 0) holes.push(hole);
  return {
    legs,
    segments,
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
  /** For each segment of the recovery, the earliest LastModified from there on. */
  readonly #latest: readonly number[];

  constructor(way: WalWay, backups: readonly KnownBackup[]) {
    this.#way = way;
    this.#backups = backups.filter(({ backup, description }) => liesOn(way, backup, description));
    const latest: number[] = [];
    let earliest = Infinity;
    for (const { modified } of way.segments.toReversed()) {
      earliest = Math.min(earliest, modified);
      latest.push(earliest);
    }
    this.#latest = latest.toReversed();
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
    const index = this.#way.segments.findIndex(({ number }) => number >= segment);
    return Math.min(this.#latest[index] ?? Infinity, ...later);
  }
}

function liesOn(way: WalWay, { timeline, startSegment }: StoredBackup, description?: BackupDescription): boolean {
  const leg = way.legs.find((one) => one.timeline === timeline);
  if (leg === undefined) return false;
  if (leg.end === undefined) return true;
  return description?.startLsn === undefined ? startSegment < segmentOf(leg.end) : description.startLsn <= leg.end;
}
