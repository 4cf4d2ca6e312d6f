import { findingsAt, type Finding } from "../finding.ts";

/**
 * Whether somebody is told when backups fail.
 *
 * @param backups the objects that switch backups on, for people.
 * @param alarms how many alarms the stack declares that tell somebody.
 */
export function alarmFindings(backups: readonly string[], alarms: number): Finding[] {
  if (alarms > 0) return [];
  return backups.map((where) =>
    findingsAt(where).warn(
      "backup-without-alarm",
      "switches backups on, and the stack declares nobody who is told when they fail",
      "declare an alarm with an action, such as a PrometheusRule or a CloudWatch MetricAlarm",
    ),
  );
}
