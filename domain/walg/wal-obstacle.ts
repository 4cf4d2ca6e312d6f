import type { FindingCodeOf } from "../catalogue/finding-codes.ts";
import type { Finding, FindingsAt } from "../finding.ts";
import { momentText } from "../text.ts";
import type { BackupDescription } from "./backup.ts";
import type { SegmentReading } from "./contents.ts";
import type { Segment } from "./segments.ts";
import { segmentName } from "./segment-name.ts";
import type { StoredBackup } from "./storage.ts";
import type { TimelineHistory } from "./timeline.ts";
import type { Order, WalClock, WalWay } from "./wal-way.ts";

/** The backup to restore, and how far. Times are milliseconds since 1970. */
export interface Recovery {
  readonly backup: StoredBackup;
  /** Undefined: as far as the WAL goes. */
  readonly target: number | undefined;
  /** What the sentinel of each backup at the place says, by its name, as far as it could be read. */
  readonly descriptions: ReadonlyMap<string, BackupDescription>;
  /** The history file of the newest timeline that PostgreSQL finds; undefined when that is the backup's own. */
  readonly history: TimelineHistory | { readonly failed: string } | undefined;
  /** What the segments hold, by their number; undefined when none was read. */
  readonly contents?: ReadonlyMap<number, SegmentReading> | undefined;
}

/** A recovery, and the WAL that it would read. */
export interface Replay {
  readonly at: FindingsAt;
  readonly recovery: Recovery;
  readonly way: WalWay;
  readonly clock: WalClock;
}

export const earlierBackup = "take a target time before this backup, so that an older one is restored";

/** A problem at a segment that ends PostgreSQL's recovery. */
export interface Obstacle {
  readonly code: FindingCodeOf<"refuse">;
  readonly segment: number;
  readonly what: string;
  /** What PostgreSQL does there. */
  readonly consequence: string;
  readonly fix?: string;
}

/** Whether everything up to the target comes before a segment. WAL that the backup itself needs never does. */
export function orderOfTarget({ recovery, clock }: Replay, segment: number): Order {
  const { target, backup, descriptions } = recovery;
  const needed = descriptions.get(backup.name)?.lastNeededSegment ?? backup.startSegment;
  const before = segment - 1;
  return target === undefined || before < needed ? "behind" : clock.order(target, before);
}

/** An obstacle after the target is harmless; whether it comes after the target may be unproven. */
export function judgeObstacle(replay: Replay, { code, segment, what, consequence, fix }: Obstacle): Finding {
  const { at, recovery, clock } = replay;
  switch (orderOfTarget(replay, segment)) {
    case "before":
      return at.warn(
        "wal-gap-after-target",
        `${what}, after the target time`,
        "none for this restore; later moments cannot be reached",
      );
    case "behind": {
      const reached = clock.writtenBy(segment - 1);
      const isWithin = segment > recovery.backup.startSegment && Number.isFinite(reached);
      const earlier = isWithin
        ? `take a target time before ${momentText(reached)}, if later changes may be lost`
        : earlierBackup;
      return at.refuse(code, `${what}: ${consequence}`, fix ?? earlier);
    }
    case "unproven":
      if (recovery.target !== undefined && clock.isSteadyBetween(recovery.target, segment - 1)) {
        return at.warn(
          "wal-gap-likely-after-target",
          `${what}, after the target time, if the WAL was archived when it was written; its times suggest that, but no backup proves it`,
          "compare the newest restored rows with what is expected",
        );
      }
      return at.unknown(
        "wal-gap-unproven",
        `${what}; it may be before the target time, because WAL can be archived long after it was written. If it is: ${consequence}`,
        fix ??
          "choose a target time before the start of a backup that began after it and before the gap: that backup proves which WAL is needed",
      );
  }
}

/** The name of a segment that the recovery reads. */
export function nameOn(way: WalWay, { number }: Segment): string {
  return segmentName(way.timelineOf(number), number);
}

/** @example countOf([1], "segment")  // → "1 segment" */
export function countOf(things: readonly unknown[], what: string): string {
  return `${things.length} ${what}${things.length === 1 ? "" : "s"}`;
}
