import { findingsAt } from "../../finding.ts";
import type { Judged } from "./checks.ts";

/** What names the lost database: the backup that was restored, and what a person declared. */
export interface KnownIdentity {
  readonly backup: { readonly name: string; readonly systemIdentifier: string | null } | undefined;
  /** Declared for backups that do not name their database. */
  readonly declared: string | undefined;
}

/**
 * Whether the running database is the one of the backup. initdb gives every new database another system identifier, so an
 * empty one that Spilo made instead of a clone never passes.
 *
 * @param where the leader's Pod, for the findings.
 */
export function judgeIdentity(where: string, running: string, { backup, declared }: KnownIdentity): Judged {
  const at = findingsAt(where);
  const named = backup?.systemIdentifier ?? undefined;
  const wanted = named ?? declared;
  const found = `system identifier ${running}`;
  if (wanted === undefined) {
    const what =
      backup === undefined ? "the restored backup is not known" : `backup ${backup.name} names no system identifier`;
    const fix = "give the report of restore check, or the lost database's system identifier (restore.expect)";
    return {
      expected: "the system identifier of the lost database, which is not known",
      found,
      findings: [at.unknown("restored-identity-unknown", `${what}, so it cannot be compared with ${running}`, fix)],
    };
  }
  const source = named === undefined ? "the declared one" : `that of backup ${backup?.name ?? ""}`;
  const expected = `system identifier ${wanted}, ${source}`;
  if (wanted === running) {
    return { expected, found, findings: [at.ok("restored-identity-same", `has the ${expected}`)] };
  }
  return {
    expected,
    found,
    findings: [
      at.refuse(
        "restored-identity-different",
        `has ${found}, and the restored one must have ${wanted}, ${source}: this is another database, such as an empty one`,
        "see the Pod's log for why it was not cloned; delete the postgresql resource with its volumes, if its data may be lost, and restore again",
      ),
    ],
  };
}

/** Where the running database stands. */
export interface RunningTimeline {
  readonly timeline: number;
  readonly inRecovery: boolean;
}

/**
 * Whether the database has left recovery on a timeline of its own.
 *
 * @param backup timeline of the backup; undefined when it is not known.
 */
export function judgeTimeline(
  where: string,
  { timeline, inRecovery }: RunningTimeline,
  backup: number | undefined,
): Judged {
  const at = findingsAt(where);
  const expected = `out of recovery, on a timeline after ${backup ?? "that of the backup, which is not known"}`;
  const found = `${inRecovery ? "in recovery" : "out of recovery"}, on timeline ${timeline}`;
  if (inRecovery) {
    const fix = "wait until the recovery has ended, then verify again; see the Pod's log";
    return { expected, found, findings: [at.refuse("restored-in-recovery", "is still in recovery", fix)] };
  }
  if (backup === undefined) {
    const what = `is on timeline ${timeline}, and the backup's timeline is not known`;
    const fix = "give the report of restore check";
    return { expected, found, findings: [at.unknown("restored-timeline-unknown", what, fix)] };
  }
  if (timeline > backup) {
    const what = `is on timeline ${timeline}, after ${backup} of the backup`;
    return { expected, found, findings: [at.ok("restored-timeline-newer", what)] };
  }
  const what = `is on timeline ${timeline}, and a recovery of a backup of timeline ${backup} ends on a later one`;
  const fix = "see the Pod's log for how the database was created";
  return { expected, found, findings: [at.refuse("restored-timeline-old", what, fix)] };
}

/**
 * The timeline in the name of a backup.
 *
 * @example timelineOfBackup("base_000000020000000000000005_D_000000020000000000000003") // → 2
 */
export function timelineOfBackup(name: string): number | undefined {
  const [, timeline] = /^base_([0-9A-F]{8})/.exec(name) ?? [];
  return timeline === undefined ? undefined : Number.parseInt(timeline, 16);
}
