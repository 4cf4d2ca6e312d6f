import type { Finding } from "../finding.ts";
import { segmentName } from "./segment-name.ts";
import type { WalgListing } from "./storage.ts";
import { lsn, newestTimeline, segmentOf, type Leg } from "./timeline.ts";
import { countOf, type Obstacle, type Replay } from "./wal-obstacle.ts";

/** Timelines with WAL that PostgreSQL does not find, because a history file that leads to them is missing. */
export function unreachableTimelines(replay: Replay, { wal, histories }: WalgListing): Obstacle[] {
  const { backup } = replay.recovery;
  const { legs, segments } = replay.way;
  const newest = legs.at(-1)?.timeline ?? backup.timeline;
  const end = segments.last?.number ?? backup.startSegment;
  const missing = historyName(newestTimeline(newest, histories) + 1);
  const obstacles: Obstacle[] = [];
  for (const [timeline, runs] of wal) {
    const [first] = runs;
    // WAL that is older than the backup comes from an earlier database at the same place.
    const isOlder = runs.every(({ lastModified }) => lastModified < backup.modified);
    if (timeline <= newest || first === undefined || isOlder) continue;
    obstacles.push({
      code: "wal-timeline-unreachable",
      segment: Math.min(first.first, end + 1),
      what: `has WAL of timeline ${timeline}, but no ${missing}, without which PostgreSQL does not find that timeline`,
      consequence: "PostgreSQL ends with the earlier timelines, and later changes are lost",
      fix: "bring the history file back (the database's own pg_wal may still have it), or take a backup of that timeline",
    });
  }
  return obstacles;
}

/** Which timelines a recovery follows, and the rows on others that it leaves out. */
export function judgeBranches(replay: Replay, { wal, segments }: WalgListing): Finding[] {
  const { at, way, recovery } = replay;
  const { legs } = way;
  const last = legs.at(-1);
  if (last === undefined || legs.length === 1) return [];
  const findings: Finding[] = [];
  for (const leg of legs) {
    const { timeline, end } = leg;
    if (end === undefined) continue;
    const behind = [...(segments.get(timeline)?.between(segmentOf(end), Number.MAX_SAFE_INTEGER) ?? [])];
    if (behind[0] === undefined || isAfterTarget(replay, leg)) continue;
    findings.push(
      at.warn(
        "wal-branch-left",
        `has ${countOf(behind, "segment")} of timeline ${timeline} from ${segmentName(timeline, behind[0].number)} on, and PostgreSQL leaves that timeline at ${lsn(end)}: rows written to it afterwards are not restored`,
        "make sure that the newer timeline is the one you want",
      ),
    );
  }
  const onWay = new Set(legs.map(({ timeline }) => timeline));
  for (const timeline of wal.keys()) {
    if (onWay.has(timeline) || timeline < recovery.backup.timeline || timeline > last.timeline) continue;
    findings.push(
      at.warn(
        "wal-branch-left",
        `has WAL of timeline ${timeline}, which is not an ancestor of timeline ${last.timeline}: rows written to it are not restored`,
        `make sure that timeline ${last.timeline} is the one you want`,
      ),
    );
  }
  if (!wal.has(last.timeline)) {
    findings.push(
      at.warn(
        "timeline-without-wal",
        `has the history of timeline ${last.timeline} but none of its WAL: whatever was written to it is not restored`,
        "make sure that the end of the previous timeline is the moment you want",
      ),
    );
  }
  const followed = legs.map(({ timeline }) => timeline).join(", ");
  findings.push(at.ok("wal-timelines-followed", `follows the timelines ${followed}, as the history files say`));
  return findings;
}

/** Whether a timeline is left only after the target: a backup that began after the target comes before the switch. */
function isAfterTarget({ recovery, clock }: Replay, { timeline, end }: Leg): boolean {
  const { target } = recovery;
  if (target === undefined || end === undefined) return false;
  return clock.backups.some(({ backup, description }) => {
    const isLater = description?.started !== undefined && description.started >= target;
    return backup.timeline === timeline && isLater && backup.startSegment <= segmentOf(end);
  });
}

function historyName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
}
