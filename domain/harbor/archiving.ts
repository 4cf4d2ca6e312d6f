import { findingsAt, type Finding } from "../finding.ts";
import type { DatabaseAnswer } from "../stanza/database-answer.ts";
import type { WalgListing } from "../walg/storage.ts";

const minute = 60_000;
/** Seconds that a complete segment may wait for the archiver. Spilo completes one at least every half hour. */
const waitAllowedSeconds = 30 * 60;
/** How much older the newest object may be than the archiver's last success: clocks differ, and S3 counts whole seconds. */
const clockTolerance = 10 * minute;
/** Age from which the newest WAL is old when nothing is known of the archiver: four times Spilo's archive_timeout. */
const oldWal = 120 * minute;

/**
 * What the leader's Postgres says about its archiver.
 *
 * @param where the Pod, for the findings.
 */
export function judgeArchiver(where: string, answer: DatabaseAnswer): Finding[] {
  const at = findingsAt(where);
  const log = "see /home/postgres/pgdata/pgroot/pg_log in the leader's Pod: WAL-G's messages are there";
  if ("unknown" in answer) {
    const what = `Postgres did not report its archiver: ${answer.unknown}`;
    return [at.unknown("wal-archiving-unknown", what, "see its log, then check again")];
  }
  const { archiveMode, inRecovery, failedCount, lastFailed, lastArchived, oldestWaitingSeconds } = answer;
  if (inRecovery) {
    const what = "is labelled as the leader and is in recovery, so it does not archive";
    return [at.unknown("wal-archiving-unknown", what, "wait until the recovery has ended, then check again")];
  }
  if (archiveMode === "off") {
    const what = "archive_mode is off: no WAL is archived";
    return [at.refuse("wal-archiving-off", what, "set WAL_S3_BUCKET in pod-config, then roll the Pods")];
  }
  const since = lastArchived === null ? "nothing was ever archived" : `the last success was at ${lastArchived}`;
  if (lastFailed !== null && (lastArchived === null || Date.parse(lastFailed) > Date.parse(lastArchived))) {
    const what = `archiving fails: ${failedCount} failures, the last at ${lastFailed}; ${since}`;
    return [at.refuse("wal-archiving-failing", what, log)];
  }
  if (oldestWaitingSeconds !== null && oldestWaitingSeconds > waitAllowedSeconds) {
    const what = `WAL has waited for the archiver for ${Math.floor(oldestWaitingSeconds / 60)} min; ${since}`;
    return [at.warn("wal-archiving-stalled", what, log)];
  }
  return [at.ok("wal-archiving-works", `archives its WAL; ${since}`)];
}

/**
 * Whether the WAL arrives at the database's place. An idle database archives nothing, so that the age of the newest
 * object alone says little: it is compared with the archiver's last success.
 *
 * @param where the place, for the findings.
 * @param archiver undefined when there is no leader to ask.
 */
export function judgeNewestWal(
  where: string,
  { wal }: Pick<WalgListing, "wal">,
  archiver: DatabaseAnswer | undefined,
  now: number,
): Finding[] {
  const at = findingsAt(where);
  const newest = Math.max(...[...wal.values()].flatMap((runs) => runs.map(({ lastModified }) => lastModified)));
  if (!Number.isFinite(newest)) {
    const fix = "see the archiver, and the log of the leader's Pod";
    return [at.refuse("wal-none-archived", "there is no WAL", fix)];
  }
  const what = `the newest WAL is of ${new Date(newest).toISOString()}`;
  const lastArchived = archiver === undefined || "unknown" in archiver ? null : archiver.lastArchived;
  if (lastArchived !== null && Date.parse(lastArchived) - newest > clockTolerance) {
    return [
      at.refuse(
        "wal-not-in-store",
        `${what}, although the archiver reports a success at ${lastArchived}: the WAL goes elsewhere`,
        "compare archive_command and the Pod's WALG_ variables (/run/etc/wal-e.d/env) with this place",
      ),
    ];
  }
  if (lastArchived === null && now - newest > oldWal)
    return [at.warn("wal-outdated", what, "see the archiver, and the log of the leader's Pod")];
  return [at.ok("wal-recent", what)];
}
