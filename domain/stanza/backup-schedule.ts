import { Cron } from "croner";

/**
 * The last time before a moment at which a cron schedule was due, in UTC, the time zone of kube-controller-manager.
 *
 * @example lastDue("0 1 * * 0", new Date("2026-11-28T12:00:00Z")) // → 2026-11-22T01:00:00Z
 * @returns undefined when the text is no schedule that Kubernetes understands, or one that is never due.
 */
export function lastDue(schedule: string, before: Date): Date | undefined {
  try {
    // Kubernetes takes five fields or a nickname such as @daily, and also 5/15, which other crons refuse.
    const cron = new Cron(schedule, { timezone: "UTC", mode: "5-part", sloppyRanges: true, paused: true });
    return cron.previousRuns(1, before)[0];
  } catch {
    return undefined;
  }
}
