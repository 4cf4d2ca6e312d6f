import { planRead, type ReadPlan } from "../restore/read.ts";
import type { GatheredPlace } from "../restore/sources.ts";
import { newestTimeline } from "../walg/timeline.ts";
import { placeOf, type GatheredPrefix } from "./recoverability.ts";

/** What is to be read for one backup, and not for an earlier one. */
export interface EveryReadPlan extends ReadPlan {
  readonly place: GatheredPlace;
  /** The timeline at which the backup's recovery ends. */
  readonly newest: number;
}

/** What restores of all backups of a place read, oldest backup first, each object once. */
export function planEveryRead(prefix: GatheredPrefix): EveryReadPlan[] {
  const plannedBackups = new Set<string>();
  const plannedSegments = new Map<number, Set<number>>();
  return prefix.listing.backups.flatMap((backup) => {
    const place = placeOf(prefix, backup);
    const plan = planRead(place, undefined, backup);
    if (plan === undefined) return [];
    const newest = newestTimeline(backup.timeline, prefix.listing.histories);
    const known = plannedSegments.get(newest) ?? new Set<number>();
    plannedSegments.set(newest, known);
    const backups = plan.backups.filter(({ backup: { name } }) => !plannedBackups.has(name));
    const segments = plan.wal?.segments.filter(({ number }) => !known.has(number)) ?? [];
    for (const one of backups) plannedBackups.add(one.backup.name);
    for (const { number } of segments) known.add(number);
    const sizes = [...backups.map((one) => one.backup.size), ...segments.map(({ size }) => size)];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return [{ ...plan, place, newest, backups, wal: plan.wal && { ...plan.wal, segments }, bytes }];
  });
}
