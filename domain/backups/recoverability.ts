import { s3Url } from "../aws/s3-location.ts";
import { gravest, type Finding } from "../finding.ts";
import type { Gathered } from "../gathered.ts";
import { judgeStored, recoveryOf, type GatheredPlace } from "../restore/sources.ts";
import type { BackupDescription } from "../walg/backup.ts";
import type { BackupContents, SegmentReading } from "../walg/contents.ts";
import { segmentName } from "../walg/segment-name.ts";
import type { StoredBackup, WalgListing } from "../walg/storage.ts";
import { newestTimeline, type TimelineHistory } from "../walg/timeline.ts";
import { judgeTiers, obstaclesOf, replayOf, segmentsIn } from "../walg/wal-continuity.ts";
import { isCopied } from "../walg/wal-way.ts";
import { judgeObstacle, nameOn, type Obstacle, type Replay } from "../walg/wal-obstacle.ts";

/** Everything that is known of a place of backups. */
export interface GatheredPrefix extends Pick<GatheredPlace, "location" | "descriptions"> {
  readonly listing: WalgListing;
  /** The history files that a recovery follows, by their timeline. */
  readonly histories: ReadonlyMap<number, Gathered<TimelineHistory>>;
  /** What the objects hold; undefined when they were not read. */
  readonly contents?: PrefixContents | undefined;
}

/** What the objects of a place hold. */
export interface PrefixContents {
  /** By the backup's name. */
  readonly backups: ReadonlyMap<string, BackupContents>;
  /** By the newest timeline of the recovery, then by the segment's number. */
  readonly wal: ReadonlyMap<number, ReadonlyMap<number, SegmentReading>>;
}

/** The moments to which a backup can be restored, in milliseconds since 1970. */
export interface Window {
  /** When the backup was finished; LastModified of its sentinel when it does not say. */
  readonly from: number;
  /**
   * LastModified of the last segment that a recovery reaches: nothing that was written later is in it. Undefined when that
   * is the time of a copy, and no later backup shows when the segment was written.
   */
  readonly until: number | undefined;
  /** Name of that segment, and its number. */
  readonly lastSegment: string;
  readonly lastNumber: number;
  /** What ends the recovery; undefined when it reaches the newest WAL. */
  readonly end: WindowEnd | undefined;
}

/** What is at the segment behind the last one that a recovery reaches. */
export interface WindowEnd extends Pick<Obstacle, "segment" | "what"> {
  readonly code: Obstacle["code"] | "wal-tier-unknown";
}

/** Whether a backup can be restored, and to which moments. */
export interface RecoverableBackup {
  readonly backup: StoredBackup;
  readonly description: BackupDescription | undefined;
  readonly restorable: "yes" | "no" | "unknown";
  /** What is wrong with the backup itself, or with the WAL that makes it consistent. */
  readonly findings: readonly Finding[];
  /** Undefined when it cannot be restored, or when its WAL is not known. */
  readonly window: Window | undefined;
  /** Its WAL; undefined when its recovery cannot even begin. */
  readonly replay: Replay | undefined;
}

/** Judges every backup of a place, oldest first, as `restore check` judges the one that it would restore. */
export function judgeEveryBackup(prefix: GatheredPrefix): RecoverableBackup[] {
  return prefix.listing.backups.map((backup) => judgeBackup(prefix, backup));
}

/** The place as a restore of one backup sees it. */
export function placeOf(prefix: GatheredPrefix, backup: StoredBackup): GatheredPlace {
  const { contents, descriptions, histories, listing, location } = prefix;
  const newest = newestTimeline(backup.timeline, listing.histories);
  return {
    location,
    listing: { found: listing },
    descriptions,
    history: histories.get(newest),
    contents: contents && { backups: contents.backups, wal: contents.wal.get(newest) ?? new Map() },
  };
}

function judgeBackup(prefix: GatheredPrefix, backup: StoredBackup): RecoverableBackup {
  const { listing, location } = prefix;
  const place = placeOf(prefix, backup);
  const recovery = recoveryOf(place, backup, undefined);
  const description = recovery.descriptions.get(backup.name);
  const { findings: stored } = judgeStored(place, listing, backup);
  const replay = replayOf(listing, recovery, s3Url(location));
  if ("unusable" in replay) {
    const findings = [...stored, replay.unusable];
    return { backup, description, restorable: restorableBy(findings), findings, window: undefined, replay: undefined };
  }
  const needed = description?.lastNeededSegment ?? backup.startSegment;
  const own = obstaclesOf(replay, listing).filter(({ segment }) => segment <= needed);
  const findings = [
    ...stored,
    ...own.map((obstacle) => judgeObstacle(replay, obstacle)),
    ...neededTiers(replay, needed),
  ];
  const restorable = restorableBy(findings);
  const window = restorable === "no" ? undefined : windowOf(replay, listing);
  return { backup, description, restorable, findings, window, replay };
}

function restorableBy(findings: readonly Finding[]): RecoverableBackup["restorable"] {
  const severity = gravest(findings);
  if (severity === "refuse") return "no";
  return severity === "unknown" ? "unknown" : "yes";
}

/** Objects of which S3 has to say whether they are archived, in the WAL that the backup itself needs. */
function neededTiers(replay: Replay, needed: number): Finding[] {
  return judgeTiers(replay).filter(() => (segmentsIn("tiered", replay)[0]?.number ?? Infinity) <= needed);
}

function windowOf(replay: Replay, listing: WalgListing): Window | undefined {
  const { clock, recovery, way } = replay;
  const { backup, descriptions } = recovery;
  const [tiered] = segmentsIn("tiered", replay);
  const ends: WindowEnd[] = obstaclesOf(replay, listing);
  if (tiered !== undefined) {
    const what = `${nameOn(way, tiered)} is in S3 Intelligent-Tiering, and S3 did not say whether it is archived`;
    ends.push({ code: "wal-tier-unknown", segment: tiered.number, what });
  }
  const [end] = ends.toSorted((a, b) => a.segment - b.segment);
  const last = end === undefined ? (way.segments.last?.number ?? backup.startSegment) : end.segment - 1;
  const needed = descriptions.get(backup.name)?.lastNeededSegment ?? backup.startSegment;
  if (last < needed) return undefined;
  const description = descriptions.get(backup.name);
  const from = description?.finished ?? backup.modified;
  const written = clock.writtenBy(last);
  const isTimeOfCopy = isCopied({ backup, description }) && written >= (backup.partsModified ?? 0);
  const until = isTimeOfCopy ? undefined : Math.max(from, written);
  return { from, until, lastSegment: segmentName(way.timelineOf(last), last), lastNumber: last, end };
}
