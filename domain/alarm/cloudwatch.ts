import { severities, type Severity } from "../catalogue/finding-codes.ts";
import { checkTimestamp, unixSeconds } from "../metrics/metric.ts";
import type { AlarmMessage } from "./message.ts";
import type { AlarmCheck } from "./names.ts";
import type { ClusterSeverity } from "./report.ts";

/** One value for CloudWatch. CloudWatch stamps it with the time at which it arrives, so a wrong clock here does no harm. */
export interface CloudWatchValue {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  readonly unit: "Count" | "Seconds" | "None";
}

/** Has a value for each delivery that was proven. */
export const deliveryMetric = "postgres_recovery_alarm_delivery_seconds";
/** Has a value for each severity whenever a check ran. */
export const findingsMetric = "postgres_recovery_check_findings";

/** How long the last proven delivery of a topic took. An alarm that treats missing data as breaching watches its age. */
export function deliveryValue(topic: string, seconds: number): CloudWatchValue {
  return { name: deliveryMetric, dimensions: { topic }, value: seconds, unit: "Seconds" };
}

/** Severities as numbers, so that an alarm can compare them: the graver, the higher. */
const severityNumbers: Readonly<Record<Severity, number>> = { ok: 0, warn: 1, unknown: 2, refuse: 3 };

/** Which Kubernetes cluster a check has looked at. Two clusters never have the same, or one would hide the loss of the other. */
export interface CheckedPlace {
  readonly check: AlarmCheck;
  /** Name of the Kubernetes cluster. */
  readonly context: string;
}

/**
 * The results of a check: how many findings of each severity, how many clusters it looked at, when, and one value for each
 * cluster. Counts of 0 are values, too: only a check that did not run leaves none.
 */
export function resultValues(
  place: CheckedPlace,
  { findings, looked, sentAt }: AlarmMessage,
  clusters: readonly ClusterSeverity[],
): CloudWatchValue[] {
  const dimensions = { check: place.check, context: place.context };
  const counted = severities
    .filter((severity) => severity !== "ok")
    .map((severity): CloudWatchValue => {
      const value = findings.filter((finding) => finding.severity === severity).length;
      return {
        name: findingsMetric,
        dimensions: { ...dimensions, severity },
        value,
        unit: "Count",
      };
    });
  return [
    ...counted,
    { name: "postgres_recovery_check_clusters", dimensions, value: looked, unit: "Count" },
    { name: checkTimestamp.name, dimensions, value: unixSeconds(sentAt), unit: "Seconds" },
    ...clusters.map(({ cluster, namespace, severity }): CloudWatchValue => ({
      name: "postgres_recovery_cluster_severity",
      dimensions: { ...dimensions, namespace, cluster },
      value: severityNumbers[severity],
      unit: "None",
    })),
  ];
}
