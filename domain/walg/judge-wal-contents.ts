import type { FindingCodeOf } from "../catalogue/finding-codes.ts";
import type { Finding } from "../finding.ts";
import { encryptionOf, type SegmentReading } from "./contents.ts";
import type { Segment } from "./segments.ts";
import { segmentBytes, segmentName } from "./segment-name.ts";
import { lsn } from "./timeline.ts";
import { countOf, earlierBackup, judgeObstacle, nameOn, type Obstacle, type Replay } from "./wal-obstacle.ts";
import type { ExpectedSegment, WalContent } from "./wal-pages.ts";

/** A segment whose content ends PostgreSQL's recovery. */
interface Fault {
  readonly code: Extract<FindingCodeOf<"refuse">, `wal-content-${string}`>;
  readonly segment: Segment;
  readonly why: string;
}

const stops = "PostgreSQL would stop there, and later changes would be lost";
const fix =
  "bring the right objects back (their older versions, if the bucket keeps versions), or take a target time before this backup";

/**
 * The segments that a restore reads: from the backup's start to its target, as far as a later backup proves where that
 * is, or else to the end. Those that cannot be read by what the listing says are left out.
 */
export function segmentsToRead({ clock, recovery, way }: Replay): Segment[] {
  const { backup, descriptions, target } = recovery;
  const proven = target === undefined ? undefined : clock.firstAfter(target);
  const needed = descriptions.get(backup.name)?.lastNeededSegment ?? backup.startSegment;
  const last = proven === undefined ? Infinity : Math.max(proven, needed);
  return [...way.segments].filter(({ number, state }) => number <= last && (state === "whole" || state === "tiered"));
}

/** What a segment of a recovery must be. */
export function expectedSegment(
  { recovery, way }: Replay,
  { number }: Segment,
  systemIdentifier?: string,
): ExpectedSegment {
  const timeline = way.timelineOf(number);
  const index = way.legs.findIndex((leg) => leg.timeline === timeline);
  const description = recovery.descriptions.get(recovery.backup.name);
  return {
    number,
    timeline,
    timelineStart: way.legs[index - 1]?.end,
    postgresMajor: description?.postgresMajor,
    systemIdentifier,
  };
}

/** Whether the WAL leads from the backup's start to its target record by record, as far as its objects were read. */
export function judgeWalContents(replay: Replay, contents: ReadonlyMap<number, SegmentReading>): Finding[] {
  const read = segmentsToRead(replay).filter(({ number }) => contents.has(number));
  const encryption = encryptionOf([...contents.values()]);
  const judged = contentObstacles(replay, contents).map((obstacle) => judgeObstacle(replay, obstacle));
  const unread = read.flatMap((segment) => unreadWhy(contents.get(segment.number), encryption) ?? []);
  const [why] = unread;
  const [first, last] = [read[0], read.at(-1)];
  if (why !== undefined) {
    judged.push(
      replay.at.unknown(
        "wal-content-unread",
        `has ${countOf(unread, "segment")} that ${unread.length === 1 ? "was" : "were"} not read: ${why}`,
        "correct the access or the time limit, then check again; what cannot be read here, only a restore proves",
      ),
    );
  }
  if (judged.length > 0 || first === undefined || last === undefined) return judged;
  const earlier = read.filter(({ number }) => contents.get(number)?.kind === "proven");
  const ofThem = earlier.length === 0 ? "" : ` (${earlier.length} of them by an earlier check, and unchanged since)`;
  return [
    replay.at.ok(
      "wal-content-read",
      `${countOf(read, "segment")} from ${nameOn(replay.way, first)} to ${nameOn(replay.way, last)} were read${ofThem}: the WAL of this database, record by record`,
    ),
  ];
}

/** The segments of a recovery that were read now, and whether PostgreSQL gets through each of them. */
export function readSegments(
  replay: Replay,
  contents: ReadonlyMap<number, SegmentReading>,
): { readonly number: number; readonly timeline: number; readonly isSound: boolean }[] {
  const isEncrypted = encryptionOf([...contents.values()]) !== undefined;
  return segmentsToRead(replay).flatMap((segment) => {
    const reading = contents.get(segment.number);
    if (reading === undefined || reading.kind === "proven") return [];
    const isSound = reading.kind === "wal" && faultOf(replay, contents, segment, isEncrypted) === undefined;
    return [{ number: segment.number, timeline: replay.way.timelineOf(segment.number), isSound }];
  });
}

/** Where a recovery ends by what its segments hold. */
export function contentObstacles(replay: Replay, contents: ReadonlyMap<number, SegmentReading>): Obstacle[] {
  const read = segmentsToRead(replay).filter(({ number }) => contents.has(number));
  const isEncrypted = encryptionOf([...contents.values()]) !== undefined;
  const faults = read.flatMap((segment) => faultOf(replay, contents, segment, isEncrypted) ?? []);
  return [...Map.groupBy(faults, ({ code }) => code)].map(([code, all]) => obstacleOf(replay, code, all));
}

function obstacleOf(replay: Replay, code: Fault["code"], faults: readonly Fault[]): Obstacle {
  const [{ segment, why } = { segment: { number: 0 } as Segment, why: "" }] = faults;
  const others = faults.length === 1 ? "" : ` (and ${faults.length - 1} more)`;
  return {
    code,
    segment: segment.number,
    what: `${nameOn(replay.way, segment)} ${why}${others}`,
    consequence: stops,
    fix: segment.number === replay.recovery.backup.startSegment ? earlierBackup : fix,
  };
}

function unreadWhy(reading: SegmentReading | undefined, encryption: string | undefined): string | undefined {
  if (reading?.kind === "unread") return reading.why;
  return reading?.kind === "unrecognised" ? encryption : undefined;
}

function faultOf(
  replay: Replay,
  contents: ReadonlyMap<number, SegmentReading>,
  segment: Segment,
  isEncrypted: boolean,
): Fault | undefined {
  const reading = contents.get(segment.number);
  switch (reading?.kind) {
    case "damaged":
      return { code: "wal-content-damaged", segment, why: `is damaged: ${reading.why}` };
    case "unrecognised":
      return isEncrypted ? undefined : { code: "wal-content-damaged", segment, why: "does not begin as its name says" };
    case "wrong":
      return { code: "wal-content-wrong", segment, why: reading.why };
    case "wal": {
      const why = brokenWhy(replay, contents, segment, reading.wal);
      return why === undefined ? undefined : { code: "wal-content-broken", segment, why };
    }
    case "proven":
    case "unread":
    case undefined:
      return undefined;
  }
}

/** Why PostgreSQL does not get through a segment; undefined when it does, or when the WAL may end in it. */
function brokenWhy(
  { recovery, way }: Replay,
  contents: ReadonlyMap<number, SegmentReading>,
  { number }: Segment,
  wal: WalContent,
): string | undefined {
  const before = contents.get(number - 1);
  if (before?.kind === "wal" && !follows(before.wal, wal)) {
    const name = segmentName(way.timelineOf(number - 1), number - 1);
    return `does not go on where ${name} ends: another server may have written it`;
  }
  const { end } = wal;
  if (end.kind !== "inside") return undefined;
  // The last segment may have been archived before it was full, for instance by hand from a lost server's disk.
  const { finishLsn = 0n } = recovery.descriptions.get(recovery.backup.name) ?? {};
  const mayEnd = number === way.segments.last?.number && end.at >= finishLsn && end.at > BigInt(number) * segmentBytes;
  return mayEnd ? undefined : `ends at ${lsn(end.at)}: it ${end.why}`;
}

/** Whether a segment continues the one before it. */
function follows(before: WalContent, { continues, overwrites, previous }: WalContent): boolean {
  if (before.end.kind === "inside") return true;
  if (overwrites) return true;
  const missing = before.end.kind === "full" ? before.end.missing : 0;
  // A record that fills a whole segment leaves no link to compare.
  const isLinked = previous === undefined || before.last === undefined || previous === before.last;
  return continues === missing && isLinked;
}
