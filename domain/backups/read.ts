import { planRead, type ReadPlan } from "../restore/read.ts";
import type { GatheredPlace } from "../restore/sources.ts";
import { nothingProven, type ProvenBackup, type ProvenContents } from "../ledger/proven.ts";
import { newestTimeline } from "../walg/timeline.ts";
import { placeOf, type GatheredPrefix } from "./recoverability.ts";

/** What is to be read for one backup, and not for an earlier one. */
export interface EveryReadPlan extends ReadPlan {
  readonly place: GatheredPlace;
  /** The timeline at which the backup's recovery ends. */
  readonly newest: number;
  /** What need not be read again. */
  readonly skipped: { readonly backups: readonly ProvenBackup[]; readonly segments: readonly number[] };
}

/**
 * What restores of all backups of a place read, oldest backup first, each object once.
 *
 * @param proven what an earlier check has read, and has not changed since. Default: nothing.
 */
export function planEveryRead(prefix: GatheredPrefix, proven: ProvenContents = nothingProven): EveryReadPlan[] {
  const plannedBackups = new Set<string>();
  const plannedSegments = new Map<number, Set<number>>();
  return prefix.listing.backups.flatMap((backup) => {
    const place = placeOf(prefix, backup);
    const plan = planRead(place, undefined, backup);
    if (plan === undefined) return [];
    const newest = newestTimeline(backup.timeline, prefix.listing.histories);
    const known = plannedSegments.get(newest) ?? new Set<number>();
    plannedSegments.set(newest, known);
    const newBackups = plan.backups.filter(({ backup: { name } }) => !plannedBackups.has(name));
    const needless = needlessSegments(plan, proven);
    const newSegments = plan.wal?.segments.filter(({ number }) => !known.has(number)) ?? [];
    for (const one of newBackups) plannedBackups.add(one.backup.name);
    for (const { number } of newSegments) known.add(number);
    const backups = newBackups.filter(({ backup: { name } }) => !proven.backups.has(name));
    const segments = newSegments.filter(({ number }) => !needless.has(number));
    const skipped = {
      backups: newBackups.flatMap(({ backup: { name } }) => proven.backups.get(name) ?? []),
      segments: newSegments.flatMap(({ number }) => (needless.has(number) ? [number] : [])),
    };
    const sizes = [...backups.map((one) => one.backup.size), ...segments.map(({ size }) => size)];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return [{ ...plan, place, newest, backups, wal: plan.wal && { ...plan.wal, segments }, bytes, skipped }];
  });
}

/** Proven segments whose neighbours are proven, too: where WAL is read, it must follow from what is before it. */
function needlessSegments({ wal }: ReadPlan, { isSegmentProven }: ProvenContents): Set<number> {
  if (wal === undefined) return new Set();
  const { replay, segments } = wal;
  const unproven = new Set(
    segments.flatMap(({ number }) => (isSegmentProven(replay.way.timelineOf(number), number) ? [] : [number])),
  );
  const isNeedless = (number: number): boolean => ![number - 1, number, number + 1].some((one) => unproven.has(one));
  return new Set(segments.flatMap(({ number }) => (isNeedless(number) ? [number] : [])));
}
