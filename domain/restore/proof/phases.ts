import { momentText } from "../../text.ts";

/** A moment of the restore, in milliseconds since 1970. */
export interface Moment {
  readonly phase: string;
  readonly at: number | undefined;
}

/** A moment of the report. */
export interface Phase {
  readonly phase: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Seconds since the moment before; null for the first one. */
  readonly seconds: number | null;
}

/** The moments that are known, in order. */
export function phasesOf(moments: readonly Moment[]): Phase[] {
  const known = moments
    .flatMap(({ phase, at }) => (at === undefined ? [] : [{ phase, at }]))
    .toSorted((a, b) => a.at - b.at);
  return known.map(({ phase, at }, index) => {
    const previous = known[index - 1];
    return { phase, at: momentText(at), seconds: previous === undefined ? null : seconds(at - previous.at) };
  });
}

/** How much was lost, and how long the restore took. */
export function measuresOf({
  newestCommit,
  lostAt,
  since,
  now,
}: {
  /** The last commit that was replayed. */
  readonly newestCommit: number | undefined;
  /** When the database was lost. */
  readonly lostAt: number | undefined;
  /** When the restore began. */
  readonly since: number | undefined;
  readonly now: number;
}): { rpo: { newestCommit: string | null; lostSeconds: number | null }; rto: { seconds: number | null } } {
  const lost = newestCommit === undefined || lostAt === undefined ? null : seconds(lostAt - newestCommit);
  return {
    rpo: { newestCommit: newestCommit === undefined ? null : momentText(newestCommit), lostSeconds: lost },
    rto: { seconds: since === undefined ? null : seconds(now - since) },
  };
}

const commitPattern =
  /last completed transaction was at log time (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*([+-]\d\d)(:\d\d)?/;
const timelinePattern = /selected new timeline ID: (\d+)/;

/**
 * The last commit that was replayed before PostgreSQL chose a timeline, by its log, in milliseconds since 1970. Undefined
 * when the log does not hold that recovery.
 *
 * @param log lines of the log, in order; other lines may be between.
 */
export function lastReplayedCommit(log: string, timeline: number): number | undefined {
  let commit: number | undefined;
  for (const line of log.split("\n")) {
    const [, day, time, hours, minutes = ":00"] = commitPattern.exec(line) ?? [];
    if (day !== undefined && time !== undefined && hours !== undefined)
      commit = Date.parse(`${day}T${time}${hours}${minutes}`);
    const [, chosen] = timelinePattern.exec(line) ?? [];
    if (chosen === undefined) continue;
    if (Number(chosen) === timeline) return commit;
    commit = undefined;
  }
  return undefined;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
