import { findingsAt, type FindingsAt } from "../../finding.ts";
import { momentText } from "../../text.ts";
import { segmentBytes, segmentNumber } from "../../walg/segment-name.ts";
import { lsn } from "../../walg/timeline.ts";
import type { Judged } from "./checks.ts";
import { endOfRecovery, restorePromotion, type Promotion } from "./promotion.ts";

/** The end of the WAL that the check before the restore found. */
export interface KnownEnd {
  /** The newest timeline that the recovery follows. */
  readonly timeline: number;
  /** Name of the last WAL segment that the recovery can reach; null when there is none. */
  readonly segment: string | null;
}

export interface ReplayFacts {
  /** Lines of the leader's history file; empty when it has none. */
  readonly promotions: readonly Promotion[];
  /** Undefined when the report of the check is not known, or too old to name it. */
  readonly end: KnownEnd | undefined;
  /** Milliseconds since 1970; undefined when the restore goes to the end of the WAL. */
  readonly target: number | undefined;
}

/**
 * The last record of a complete segment may continue in the next one, which was never archived: then the recovery ends
 * before it. No record of an ordinary transaction is longer than its 32 page images.
 */
const longestRecord = 33n * 8192n;

/**
 * Whether the recovery went as far as it should. PostgreSQL forgets the last replayed commit at its next restart. What
 * stays is the history file: the position at which the recovery ended, and why.
 */
export function judgeReplay(where: string, { promotions, end, target }: ReplayFacts): Judged {
  const at = findingsAt(where);
  const expected =
    target === undefined
      ? `the end of the WAL, in segment ${end?.segment ?? "(not known)"}`
      : `the target time ${momentText(target)}`;
  if (end === undefined) {
    const what = "how far the WAL reached before the restore is not known";
    const fix = "give the report of restore check";
    return { expected, found: "not known", findings: [at.unknown("restored-wal-unknown", what, fix)] };
  }
  const promotion = restorePromotion(promotions, end.timeline);
  if (promotion === undefined) {
    const what = `no history file tells where timeline ${end.timeline} was left`;
    const fix = "see the Pod's log for how the database was created";
    return { expected, found: "no history", findings: [at.unknown("restored-wal-unknown", what, fix)] };
  }
  const found = `recovery ended at ${lsn(promotion.at)} of timeline ${promotion.timeline}: ${promotion.reason}`;
  const finding = target === undefined ? endFinding(at, promotion, end) : targetFinding(at, promotion, target);
  return { expected, found, findings: [finding] };
}

const again =
  "delete the postgresql resource with its volumes, if its data may be lost, and restore again under another id";

function targetFinding(at: FindingsAt, promotion: Promotion, target: number) {
  const ended = endOfRecovery(promotion.reason);
  switch (ended.end) {
    case "before": {
      if (ended.commit > target) {
        const what = `was recovered up to ${momentText(target)}: the next commit, of ${momentText(ended.commit)}, was left out`;
        return at.ok("restored-to-target", what);
      }
      const what = `was stopped before a commit of ${momentText(ended.commit)}, which belongs to the target time ${momentText(target)}`;
      return at.refuse("restored-target-missed", what, again);
    }
    case "target-not-reached": {
      const what = `was recovered to the end of the WAL, which no commit after the target time ${momentText(target)} follows: rows from the time between are missing, if there were any`;
      return at.refuse("restored-target-missed", what, "restore without targetTime, which goes to the end of the WAL");
    }
    case "end-of-wal": {
      const what = `was recovered without a target, so it also has what was committed after ${momentText(target)}`;
      return at.refuse("restored-target-missed", what, again);
    }
    case "other":
      return strange(at, promotion);
  }
}

function endFinding(at: FindingsAt, promotion: Promotion, { segment }: KnownEnd) {
  if (endOfRecovery(promotion.reason).end !== "end-of-wal") {
    const what = `was recovered with a target that was not declared (${promotion.reason}), so later rows may be missing`;
    return at.refuse("restored-target-missed", what, again);
  }
  const number = segment === null ? undefined : numberOf(segment);
  if (number === undefined) {
    const what = "the last WAL segment before the restore is not known";
    return at.unknown("restored-wal-unknown", what, "give the report of restore check");
  }
  const [start, next] = [BigInt(number) * segmentBytes, BigInt(number + 1) * segmentBytes];
  const position = lsn(promotion.at);
  if (promotion.at <= start) {
    const what = `was recovered only to ${position}, and S3 has WAL up to the end of segment ${segment ?? ""}: the rows in between are missing`;
    return at.refuse("restored-wal-left", what, `see the Pod's log for why the recovery ended there; ${again}`);
  }
  if (promotion.at < next - longestRecord) {
    const what = `was recovered to ${position}, in the last WAL segment ${segment ?? ""}, though not to its end: the rest may be damaged`;
    return at.unknown("restored-wal-end-unproven", what, "compare the newest rows with what is expected");
  }
  return at.ok("restored-to-end", `was recovered to ${position}, the end of the last WAL segment ${segment ?? ""}`);
}

function strange(at: FindingsAt, { reason }: Promotion) {
  const what = `its recovery ended for a reason that is not known: ${reason}`;
  return at.unknown("restored-wal-unknown", what, "compare the newest rows with what is expected");
}

function numberOf(segment: string): number | undefined {
  const [, log, low] = /^[0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8})$/.exec(segment) ?? [];
  return log === undefined || low === undefined ? undefined : segmentNumber(log, low);
}
