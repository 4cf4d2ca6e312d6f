import { findingsAt, type Finding } from "../finding.ts";
import { momentText } from "../text.ts";
import type { BackupDescription } from "./backup.ts";
import type { Segment, SegmentState } from "./segments.ts";
import { segmentBytes, segmentName } from "./segment-name.ts";
import { walgFolders, type StoredBackup, type WalgListing } from "./storage.ts";
import { contentObstacles, judgeWalContents } from "./judge-wal-contents.ts";
import { wayOn } from "./timeline.ts";
import {
  countOf,
  earlierBackup,
  judgeObstacle,
  nameOn,
  orderOfTarget,
  type Obstacle,
  type Recovery,
  type Replay,
} from "./wal-obstacle.ts";
import { judgeBranches, unreachableTimelines } from "./wal-timelines.ts";
import { isCopied, walkWal, WalClock, type KnownBackup, type MissingRange } from "./wal-way.ts";

const minute = 60_000;
/** WAL-G uploads segments side by side, and a slow one ends some time after its successors. */
const uploadTolerance = 5 * minute;
const stops = "PostgreSQL would stop there, and later changes would be lost";

/**
 * Whether the WAL leads from the start of a backup to its target, judged by names, sizes and times. PostgreSQL 12
 * ends its recovery at the first missing segment, promotes, and does not mention later changes. Contents are judged as
 * far as they were read.
 *
 * @param place for the findings: `s3://BUCKET/…/wal/12`.
 */
export function judgeWal(listing: WalgListing, recovery: Recovery, place: string): Finding[] {
  const replay = replayOf(listing, recovery, place);
  if ("unusable" in replay) return [replay.unusable];
  return [
    ...listedObstacles(replay, listing).map((obstacle) => judgeObstacle(replay, obstacle)),
    ...judgeTiers(replay),
    ...judgeCopies(replay),
    ...judgeBranches(replay, listing),
    ...judgeEnd(replay),
    ...(recovery.contents === undefined ? [] : judgeWalContents(replay, recovery.contents)),
  ];
}

/** Where a recovery ends by what the listing and the contents say, in the order of the segments. */
export function obstaclesOf(replay: Replay, listing: WalgListing): Obstacle[] {
  const { contents } = replay.recovery;
  const read = contents === undefined ? [] : contentObstacles(replay, contents);
  return [...listedObstacles(replay, listing), ...read].toSorted((a, b) => a.segment - b.segment);
}

function listedObstacles(replay: Replay, listing: WalgListing): Obstacle[] {
  return [
    ...holesOf(replay),
    ...unusableSegments(replay),
    ...overwrittenSegments(replay),
    ...unreachableTimelines(replay, listing),
  ];
}

/** The WAL that a recovery would read, or why there is none. */
export function replayOf(
  listing: WalgListing,
  recovery: Recovery,
  place: string,
): Replay | { readonly unusable: Finding } {
  const { backup, history, descriptions } = recovery;
  const at = findingsAt(`${place}/${walgFolders.wal}`);
  const unusable = judgeStart(listing, recovery, place);
  if (unusable !== undefined) return { unusable };
  if (history !== undefined && "failed" in history) {
    return {
      unusable: at.unknown(
        "timeline-history-unreadable",
        `its newest history file cannot be read, so the timelines that PostgreSQL would follow are unknown: ${history.failed}`,
        "correct the access to the file, or read it by hand",
      ),
    };
  }
  const legs = wayOn(backup.timeline, extentOf(backup, descriptions.get(backup.name)), history);
  if (legs === undefined) {
    return {
      unusable: at.refuse(
        "wal-timeline-foreign",
        `has timeline ${history?.timeline ?? backup.timeline}, which branched off timeline ${backup.timeline} before this backup began or was complete: PostgreSQL stops with "requested timeline is not a child", or with "online backup was canceled"`,
        "move the history and the WAL of the unwanted timeline to another prefix, or choose a backup of that timeline",
      ),
    };
  }
  const way = walkWal(legs, backup.startSegment, listing.segments);
  const known = listing.backups.map((one): KnownBackup => ({ backup: one, description: descriptions.get(one.name) }));
  return { at, recovery, way, clock: new WalClock(way, known) };
}

/** The positions at which a backup begins and ends; the start of its segment when its sentinel does not say. */
export function extentOf(
  { startSegment }: StoredBackup,
  description: BackupDescription | undefined,
): { start: bigint; finish: bigint } {
  const start = description?.startLsn ?? BigInt(startSegment) * segmentBytes;
  return { start, finish: description?.finishLsn ?? start };
}

/** What is wrong with the WAL that the backup itself needs. */
function judgeStart({ segments }: WalgListing, { backup, descriptions }: Recovery, place: string): Finding | undefined {
  const at = findingsAt(`${place}/${walgFolders.wal}`);
  const { timeline, startSegment } = backup;
  const table = segments.get(timeline);
  if (table?.has(startSegment) !== true) {
    const start = segmentName(timeline, startSegment);
    return at.refuse("wal-start-missing", `lacks the WAL segment ${start}, at which the backup begins`, earlierBackup);
  }
  const needed = descriptions.get(backup.name)?.lastNeededSegment ?? startSegment;
  let reached = startSegment;
  while (reached < needed && table.has(reached + 1)) reached += 1;
  if (reached >= needed) return undefined;
  return at.refuse(
    "wal-too-short",
    `ends with ${segmentName(timeline, reached)}, and the backup is consistent only after ${segmentName(timeline, needed)}`,
    earlierBackup,
  );
}

function holesOf({ way }: Replay): Obstacle[] {
  return way.holes.map((ranges) => ({
    code: "wal-gap",
    segment: ranges[0]?.first ?? 0,
    what: `lacks ${ranges.map(rangeText).join(" and ")}`,
    consequence: stops,
  }));
}

function rangeText({ timeline, first, count }: MissingRange): string {
  return `${count} segment${count === 1 ? "" : "s"} from ${segmentName(timeline, first)} on`;
}

/** The segments of the recovery in one state. */
export function segmentsIn(state: SegmentState, { way }: Pick<Replay, "way">): Segment[] {
  return [...way.segments].filter((segment) => segment.state === state);
}

/** Objects from which PostgreSQL gets no complete segment. */
function unusableSegments({ way }: Replay): Obstacle[] {
  const unusable = Map.groupBy(notWhole(way.segments), ({ state }) => state);
  const [empty = [], cut = [], archived = []] = (["empty", "cut", "archived"] as const).map((state) =>
    unusable.get(state),
  );
  const obstacles: Obstacle[] = [];
  if (empty[0] !== undefined) {
    obstacles.push({
      code: "wal-empty",
      segment: empty[0].number,
      what: `has ${countOf(empty, "segment")} without content, from ${nameOn(way, empty[0])} on`,
      consequence: 'PostgreSQL stops with "archive file has wrong size" and does not start',
    });
  }
  if (cut[0] !== undefined) {
    obstacles.push({
      code: "wal-cut",
      segment: cut[0].number,
      what: `has ${countOf(cut, "segment")} with fewer bytes than a complete one, from ${nameOn(way, cut[0])} on`,
      consequence: stops,
    });
  }
  if (archived[0] !== undefined) {
    obstacles.push({
      code: "wal-archived",
      segment: archived[0].number,
      what: `has ${countOf(archived, "segment")} from ${nameOn(way, archived[0])} on in an archive of S3 (Glacier, Deep Archive, or an archive tier of Intelligent-Tiering), where they cannot be read`,
      consequence: stops,
      fix: "have S3 restore them (aws s3api restore-object) for as long as the restore may take, then check again",
    });
  }
  return obstacles;
}

function* notWhole(segments: Iterable<Segment>): Generator<Segment> {
  for (const segment of segments) if (segment.state !== "whole") yield segment;
}

/** Objects for which only S3 itself can say whether PostgreSQL gets a segment. */
export function judgeTiers(replay: Replay): Finding[] {
  const { at, way } = replay;
  const tiered = segmentsIn("tiered", replay);
  if (tiered[0] === undefined || orderOfTarget(replay, tiered[0].number) === "before") return [];
  return [
    at.unknown(
      "wal-tier-unknown",
      `has ${countOf(tiered, "segment")} from ${nameOn(way, tiered[0])} on in S3 Intelligent-Tiering, and whether they are archived could not be asked`,
      "give the credentials s3:GetObject on them, then check again",
    ),
  ];
}

/** Times that were lost in a copy, so that they cannot show who wrote the WAL. */
function judgeCopies(replay: Replay): Finding[] {
  // The content says which database wrote it.
  if (!hasCopiedTimes(replay) || replay.recovery.contents !== undefined) return [];
  return [
    replay.at.warn(
      "wal-origin-unproven",
      "was copied, so LastModified is the time of the copy: another database may have overwritten a part of it",
      "check again with --read (restore.read in a stack), which reads the WAL, or compare the restored data with what is expected",
    ),
  ];
}

function hasCopiedTimes({ recovery: { backup, descriptions } }: Replay): boolean {
  return isCopied({ backup, description: descriptions.get(backup.name) });
}

/**
 * Two databases that archive to one place overwrite each other's WAL without an error. PostgreSQL archives in order, and a
 * backup ends only when its WAL is archived: a segment that is newer than its successors, or than a later backup, was
 * written a second time.
 */
function overwrittenSegments(replay: Replay): Obstacle[] {
  if (hasCopiedTimes(replay)) return [];
  const { way } = replay;
  const { contents } = replay.recovery;
  // A segment whose content is right was put back.
  const overwritten = way.legs
    .flatMap(({ timeline }) => writtenAgain(replay, timeline))
    .filter(({ number }) => !["wal", "proven"].includes(contents?.get(number)?.kind ?? ""));
  const [first] = overwritten;
  if (first === undefined) return [];
  return [
    {
      code: "wal-overwritten",
      segment: first.number,
      what: `has ${countOf(overwritten, "segment")} from ${nameOn(way, first)} on that ${overwritten.length === 1 ? "was" : "were"} written after later ones or after a later backup, at ${momentText(first.modified)}: another database has overwritten them, or somebody has copied them there`,
      consequence: "PostgreSQL stops at another database's WAL, and later changes are lost",
      fix: "bring the right objects back (their older versions, if the bucket keeps versions), or take a target time before this backup",
    },
  ];
}

/**
 * The segments of one timeline that are newer than they can be. Timelines are not compared with each other: after a
 * failover Patroni has the old primary archive the last segments of the old one, late.
 */
function writtenAgain({ way, clock }: Replay, timeline: number): Segment[] {
  const ends = clock.backups
    .filter((known) => known.backup.timeline === timeline)
    .filter((known) => known.description?.finished !== undefined && !isCopied(known))
    .map(({ backup, description }) => ({
      segment: description?.lastNeededSegment ?? backup.startSegment,
      modified: backup.modified + minute,
    }))
    .toSorted((a, b) => a.segment - b.segment);
  const found: Segment[] = [];
  let latest = Infinity;
  for (const segment of way.segments.newestFirst()) {
    if (way.timelineOf(segment.number) !== timeline) continue;
    for (let end = ends.at(-1); end !== undefined && end.segment >= segment.number; end = ends.at(-1)) {
      latest = Math.min(latest, end.modified);
      ends.pop();
    }
    if (segment.modified > latest) found.push(segment);
    else latest = Math.min(latest, segment.modified + uploadTolerance);
  }
  return found.toReversed();
}

/** Whether the WAL reaches the target. */
function judgeEnd({ at, recovery: { target }, way, clock }: Replay): Finding[] {
  const end = way.segments.last;
  if (target === undefined || end === undefined) return [];
  switch (clock.order(target, end.number)) {
    case "before":
      return [];
    case "behind":
      return [
        at.refuse(
          "wal-ends-before-target",
          `ends at ${momentText(clock.writtenBy(end.number))}, before the target time: PostgreSQL 12 would stop there and report no error`,
          "leave restore.targetTime out to restore as far as the WAL goes",
        ),
      ];
    case "unproven":
      return [
        at.warn(
          "wal-reach-unproven",
          `ends with ${nameOn(way, end)}, archived at ${momentText(end.modified)}: it may end before the target time, because WAL can be archived long after it was written, and no later backup shows when this segment was written`,
          "compare the newest restored rows with what is expected",
        ),
      ];
  }
}
