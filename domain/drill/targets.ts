import { formatDuration, type Duration } from "../duration.ts";
import { findingsAt } from "../finding.ts";
import type { Judged } from "../restore/proof/checks.ts";
import { momentText } from "../text.ts";

/** How much a restore would lose, if the database were lost when the drill began. */
export interface MeasuredRpo {
  /** The last commit that was replayed, in milliseconds since 1970; undefined when PostgreSQL's log does not have it. */
  readonly newestCommit: number | undefined;
  /** When the drill began, in milliseconds since 1970. */
  readonly began: number;
  /** The moment that was restored to; undefined when it is the end of the WAL. */
  readonly target: number | undefined;
}

/** Seconds between the newest replayed commit and the beginning of the drill; null when that is not known. */
export function rpoSeconds({ newestCommit, began, target }: MeasuredRpo): number | null {
  if (newestCommit === undefined || target !== undefined) return null;
  return Math.max(0, Math.round((began - newestCommit) / 100) / 10);
}

/**
 * Whether the loss is within the target. A database in which nobody has written for a while seems to lose that time: what
 * cannot be told apart from a loss counts as one.
 */
export function judgeRpo(cluster: string, measured: MeasuredRpo, limit: Duration | undefined): Judged {
  const at = findingsAt(`drill of ${cluster}`);
  const expected = limit === undefined ? "no target is set" : `at most ${formatDuration(limit)} are lost`;
  if (measured.target !== undefined) {
    const what = `restored to ${momentText(measured.target)} and not to the end of the WAL, so the loss was not measured`;
    return { expected, found: "not measured", findings: [at.warn("drill-rpo-not-checked", what, "")] };
  }
  const seconds = rpoSeconds(measured);
  if (seconds === null || measured.newestCommit === undefined) {
    const what = "PostgreSQL's log does not have the last replayed commit";
    const findings =
      limit === undefined
        ? [at.warn("drill-rpo-not-checked", what, "")]
        : [at.unknown("drill-rpo-unknown", what, "drill again; see whether the log in the Pod is written")];
    return { expected, found: "not known", findings };
  }
  const found = `newest replayed commit ${momentText(measured.newestCommit)}, ${seconds} s before the drill`;
  if (limit === undefined) {
    const fix = "name a target with --rpo";
    return { expected, found, findings: [at.warn("drill-rpo-not-checked", "no target is set for the loss", fix)] };
  }
  if (seconds <= limit)
    return { expected, found, findings: [at.ok("drill-rpo-met", `${seconds} s are lost, of ${limit} s at most`)] };
  const what = `${seconds} s would be lost, and the target is ${limit} s`;
  const fix = `see whether WAL is archived, and whether anybody has written since then: postgres-recovery harbor status ${cluster}`;
  return { expected, found, findings: [at.refuse("drill-rpo-missed", what, fix)] };
}

/**
 * Whether the restore was fast enough.
 *
 * @param seconds from the first write to the Kubernetes API until the restored database was proven; undefined when it was not.
 */
export function judgeRto(cluster: string, seconds: number | undefined, limit: Duration | undefined): Judged {
  const at = findingsAt(`drill of ${cluster}`);
  const expected = limit === undefined ? "no target is set" : `restored and proven within ${formatDuration(limit)}`;
  const found = seconds === undefined ? "not proven" : `${seconds} s`;
  if (seconds === undefined) {
    const what = "nothing was restored and looked at, so there is no time to measure";
    return { expected, found, findings: [at.unknown("drill-rto-unknown", what, "see the other checks")] };
  }
  if (limit === undefined) {
    const fix = "name a target with --rto";
    return { expected, found, findings: [at.warn("drill-rto-not-checked", "no target is set for the time", fix)] };
  }
  if (seconds <= limit)
    return { expected, found, findings: [at.ok("drill-rto-met", `took ${seconds} s, of ${limit} s at most`)] };
  const what = `took ${seconds} s, and the target is ${limit} s`;
  const fix = "see the phases for where the time went: a more recent base backup leaves less WAL to replay";
  return { expected, found, findings: [at.refuse("drill-rto-missed", what, fix)] };
}
