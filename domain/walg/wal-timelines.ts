import type { Finding } from "../finding.ts";
import { segmentName, type WalgListing } from "./storage.ts";
import { lsn, newestTimeline, segmentOf, type Leg } from "./timeline.ts";
import { countOf, judgeObstacle, type Replay } from "./wal-obstacle.ts";

/** What the way of a recovery leaves aside, and which way it is. */
export function judgeTimelines(replay: Replay, listing: WalgListing): Finding[] {
  return [...judgeUnreachable(replay, listing), ...judgeBranches(replay, listing)];
}

/** Timelines with WAL that PostgreSQL does not find, because a history file on the way to them is missing. */
function judgeUnreachable(replay: Replay, { wal, histories }: WalgListing): Finding[] {
  const { backup } = replay.recovery;
  const { legs, segments } = replay.way;
  const newest = legs.at(-1)?.timeline ?? backup.timeline;
  const end = segments.at(-1)?.number ?? backup.startSegment;
  const missing = historyName(newestTimeline(newest, histories) + 1);
  const findings: Finding[] = [];
  for (const [timeline, runs] of wal) {
    const [first] = runs;
    // What is older than the backup is left from another life of the place.
    const isOlder = runs.every(({ lastModified }) => lastModified < backup.modified);
    if (timeline <= newest || first === undefined || isOlder) continue;
    findings.push(
      judgeObstacle(replay, {
        code: "wal-timeline-unreachable",
        segment: Math.min(first.first, end + 1),
        what: `holds WAL of timeline ${timeline}, and no ${missing}, without which PostgreSQL does not find it`,
        consequence: "it ends with the timelines before, without what came after",
        fix: "bring the history file back (the database's own pg_wal may still have it), or take a backup of that timeline",
      }),
    );
  }
  return findings;
}

/** Rows on timelines that the newest one does not come from. */
function judgeBranches(replay: Replay, { wal, segments }: WalgListing): Finding[] {
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
        `has ${countOf(behind, "segment")} of timeline ${timeline} from ${segmentName(timeline, behind[0].number)} on, and PostgreSQL leaves that timeline at ${lsn(end)}: rows that were written to it afterwards do not come back`,
        "make sure that the newer timeline is the one that is meant",
      ),
    );
  }
  const onWay = new Set(legs.map(({ timeline }) => timeline));
  for (const timeline of wal.keys()) {
    if (onWay.has(timeline) || timeline < recovery.backup.timeline || timeline > last.timeline) continue;
    findings.push(
      at.warn(
        "wal-branch-left",
        `has WAL of timeline ${timeline}, which is not on the way to timeline ${last.timeline}: rows that were written to it do not come back`,
        `make sure that timeline ${last.timeline} is the one that is meant`,
      ),
    );
  }
  if (!wal.has(last.timeline)) {
    findings.push(
      at.warn(
        "timeline-without-wal",
        `has the history of timeline ${last.timeline} and none of its WAL: what was written to it is unproven and does not come back`,
        "make sure that the end of the timeline before is the moment that is meant",
      ),
    );
  }
  const followed = legs.map(({ timeline }) => timeline).join(", ");
  findings.push(at.ok("wal-timelines-followed", `leads through the timelines ${followed}, as the history files say`));
  return findings;
}

/** Whether a timeline is left only after the target: a backup that began later lies before the switch. */
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
