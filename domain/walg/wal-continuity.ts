import { finding, type Finding } from "../finding.ts";
import { segmentName, walgFolders, type StoredBackup, type WalgListing, type WalRun } from "./storage.ts";

/** The backup to restore, and how far. Times are milliseconds since 1970. */
export interface Recovery {
  readonly backup: StoredBackup;
  /** Undefined: as far as the WAL goes. */
  readonly target: number | undefined;
  /** The segment up to which the WAL must be replayed for the backup to be consistent; undefined when it is not known. */
  readonly lastNeededSegment: number | undefined;
}

/**
 * Whether the WAL leads from the start of a backup to its target without a gap, as far as names tell. PostgreSQL 12 ends
 * its recovery at the first segment that is missing, promotes, and says nothing of what came after.
 *
 * @param place for the findings: `s3://BUCKET/…/wal/12`.
 */
export function judgeWal({ wal, histories }: WalgListing, recovery: Recovery, place: string): Finding[] {
  const { backup, target, lastNeededSegment } = recovery;
  const { timeline, startSegment } = backup;
  const where = `${place}/${walgFolders.wal}`;
  const earlier = "take a target time before this backup, so that an older one is restored";
  const onTimeline = wal.get(timeline) ?? [];
  const own = onTimeline.find(({ first, last }) => first <= startSegment && startSegment <= last);
  if (own === undefined) {
    return [
      finding(
        "refuse",
        `lacks the WAL segment ${segmentName(timeline, startSegment)}, at which the backup begins`,
        where,
        earlier,
      ),
    ];
  }
  if (lastNeededSegment !== undefined && lastNeededSegment > own.last) {
    const needed = segmentName(timeline, lastNeededSegment);
    return [
      finding(
        "refuse",
        `ends with ${segmentName(timeline, own.last)}, and the backup is consistent only after ${needed}`,
        where,
        earlier,
      ),
    ];
  }

  const later = [...wal].filter(([other]) => other > timeline);
  const newest = Math.max(
    ...[...onTimeline, ...later.flatMap(([, runs]) => runs)].map(({ lastModified }) => lastModified),
  );
  return [
    ...branchedBefore(later, startSegment).map((other) =>
      finding(
        "refuse",
        `holds the timeline ${other}, which left timeline ${timeline} before this backup began: PostgreSQL stops with "requested timeline is not a child"`,
        where,
        "move the WAL of the timeline that is not meant to another prefix",
      ),
    ),
    ...gaps([timeline, onTimeline], own, later).map((gap) => gapFinding(gap, target, where)),
    ...(target !== undefined && target > newest
      ? [
          finding(
            "refuse",
            `ends at ${new Date(newest).toISOString()}, before the target time: PostgreSQL 12 would stop there in silence`,
            where,
            "leave restore.targetTime out to restore as far as the WAL goes",
          ),
        ]
      : []),
    ...(later.length > 0 || histories.some((other) => other > timeline)
      ? [
          finding(
            "warn",
            `holds timelines beyond that of the backup (${timeline}): the restore follows the newest`,
            where,
            "make sure that the newest timeline is the one that is meant",
          ),
        ]
      : []),
  ];
}

/** A hole in the WAL: what is there before it, and the first segment behind it. */
interface Gap {
  readonly timeline: number;
  readonly before: WalRun;
  readonly next: number;
}

type TimelineRuns = readonly [timeline: number, runs: readonly WalRun[]];

/**
 * The holes on the way from the backup's run through the later timelines. A timeline begins with the segment in which it
 * left the one before, so the first of its segments must follow without a hole; the rest of the one before is not read.
 */
function gaps([ownTimeline, own]: TimelineRuns, from: WalRun, later: readonly TimelineRuns[]): Gap[] {
  const next = own.find(({ first }) => first > from.last);
  const found: Gap[] =
    next === undefined || later.length > 0 ? [] : [{ timeline: ownTimeline, before: from, next: next.first }];
  let reached = from;
  for (const [timeline, runs] of later) {
    const entry = runs.find(({ first, last }) => first <= reached.last + 1 && last >= reached.first) ?? runs[0];
    if (entry === undefined) continue;
    if (entry.first > reached.last + 1) found.push({ timeline, before: reached, next: entry.first });
    const behind = runs.find(({ first }) => first > entry.last);
    if (behind !== undefined) found.push({ timeline, before: entry, next: behind.first });
    reached = entry;
  }
  return found;
}

/** Later timelines whose first segment lies before the backup: their WAL cannot be replayed upon it. */
function branchedBefore(later: readonly TimelineRuns[], startSegment: number): number[] {
  return later.filter(([, [first]]) => first !== undefined && first.first < startSegment).map(([timeline]) => timeline);
}

function gapFinding({ timeline, before, next }: Gap, target: number | undefined, where: string): Finding {
  const missing = next - before.last - 1;
  const what = `lacks ${missing} segment${missing === 1 ? "" : "s"} from ${segmentName(timeline, before.last + 1)} on`;
  const upTo = new Date(before.lastModified).toISOString();
  return target !== undefined && before.lastModified >= target
    ? finding(
        "warn",
        `${what}, after the target time`,
        where,
        "nothing for this restore; later moments cannot be reached",
      )
    : finding(
        "refuse",
        `${what}: PostgreSQL would stop there, without what came after`,
        where,
        `take a target time before ${upTo}, if what came after may be lost`,
      );
}
