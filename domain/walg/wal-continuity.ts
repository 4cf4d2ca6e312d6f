import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
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
  const at = findingsAt(`${place}/${walgFolders.wal}`);
  const earlier = "take a target time before this backup, so that an older one is restored";
  const onTimeline = wal.get(timeline) ?? [];
  const own = onTimeline.find(({ first, last }) => first <= startSegment && startSegment <= last);
  if (own === undefined) {
    const start = segmentName(timeline, startSegment);
    return [at.refuse("wal-start-missing", `lacks the WAL segment ${start}, at which the backup begins`, earlier)];
  }
  if (lastNeededSegment !== undefined && lastNeededSegment > own.last) {
    const needed = segmentName(timeline, lastNeededSegment);
    return [
      at.refuse(
        "wal-too-short",
        `ends with ${segmentName(timeline, own.last)}, and the backup is consistent only after ${needed}`,
        earlier,
      ),
    ];
  }

  const later = [...wal].filter(([other]) => other > timeline);
  const runs = [...onTimeline, ...later.flatMap(([, others]) => others)];
  const newest = Math.max(...runs.map(({ lastModified }) => lastModified));
  const findings: Finding[] = [];
  for (const other of branchedBefore(later, startSegment)) {
    findings.push(
      at.refuse(
        "wal-timeline-foreign",
        `holds the timeline ${other}, which left timeline ${timeline} before this backup began: PostgreSQL stops with "requested timeline is not a child"`,
        "move the WAL of the timeline that is not meant to another prefix",
      ),
    );
  }
  for (const gap of gaps([timeline, onTimeline], own, later)) findings.push(gapFinding(gap, target, at));
  if (target !== undefined && target > newest) {
    findings.push(
      at.refuse(
        "wal-ends-before-target",
        `ends at ${new Date(newest).toISOString()}, before the target time: PostgreSQL 12 would stop there in silence`,
        "leave restore.targetTime out to restore as far as the WAL goes",
      ),
    );
  }
  if (later.length > 0 || histories.some((other) => other > timeline)) {
    findings.push(
      at.warn(
        "wal-newer-timeline",
        `holds timelines beyond that of the backup (${timeline}): the restore follows the newest`,
        "make sure that the newest timeline is the one that is meant",
      ),
    );
  }
  return findings;
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

function gapFinding({ timeline, before, next }: Gap, target: number | undefined, at: FindingsAt): Finding {
  const missing = next - before.last - 1;
  const what = `lacks ${missing} segment${missing === 1 ? "" : "s"} from ${segmentName(timeline, before.last + 1)} on`;
  if (target !== undefined && before.lastModified >= target) {
    return at.warn(
      "wal-gap-after-target",
      `${what}, after the target time`,
      "nothing for this restore; later moments cannot be reached",
    );
  }
  const upTo = new Date(before.lastModified).toISOString();
  return at.refuse(
    "wal-gap",
    `${what}: PostgreSQL would stop there, without what came after`,
    `take a target time before ${upTo}, if what came after may be lost`,
  );
}
