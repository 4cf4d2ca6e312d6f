import type { Duration } from "../duration.ts";
import { checkTimestamp } from "../metrics/metric.ts";
import { deliveryMetric, findingsMetric } from "./cloudwatch.ts";
import type { AlarmCheck } from "./names.ts";

/** An alarm of CloudWatch. Every one of them also goes off when there is no data. */
export interface DeclaredAlarm {
  /** Ends the alarm's name. */
  readonly suffix: string;
  readonly description: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Maximum" | "SampleCount";
  readonly comparison: "GreaterThanThreshold" | "LessThanThreshold";
  readonly threshold: number;
  /** Seconds. */
  readonly period: number;
  readonly periods: number;
}

/** What the alarms of a stack watch. */
export interface WatchedChecks {
  /** Name of the SNS topic. */
  readonly topic: string;
  /** What `alarm send --cluster-name` says. */
  readonly clusterName: string;
  readonly checks: readonly AlarmCheck[];
  /** How often the checks run. */
  readonly every: Duration;
  /** How old the last proven delivery may be: whole hours. */
  readonly proofMaxAge: Duration;
}

const hour = 3600;

/**
 * The alarms: for each check, what it found and whether it still runs; and the age of the last proven delivery.
 *
 * A check has two of its intervals to run in, because it does not start at the same second each time.
 */
export function declaredAlarms({ checks, clusterName, every, proofMaxAge, topic }: WatchedChecks): DeclaredAlarm[] {
  const window = 2 * every;
  return [
    ...checks.flatMap((check) => checkAlarms(check, clusterName, window)),
    {
      suffix: "delivery-proven",
      description: "No test of the alarm has arrived for too long. Run postgres-recovery alarm test.",
      metric: deliveryMetric,
      dimensions: { topic },
      statistic: "SampleCount",
      comparison: "LessThanThreshold",
      threshold: 1,
      period: hour,
      periods: proofMaxAge / hour,
    },
  ];
}

function checkAlarms(check: AlarmCheck, context: string, period: number): DeclaredAlarm[] {
  const dimensions = { check, context };
  const name = check.replace(" ", "-");
  const found = { metric: findingsMetric, statistic: "Maximum", comparison: "GreaterThanThreshold" } as const;
  const common = { threshold: 0, period, periods: 1 };
  return [
    {
      suffix: `${name}-problem`,
      description: `${check} of ${context} has a problem. The topic has the message with the findings.`,
      ...found,
      ...common,
      dimensions: { ...dimensions, severity: "refuse" },
    },
    {
      suffix: `${name}-unknown`,
      description: `${check} of ${context} could not determine everything, or failed.`,
      ...found,
      ...common,
      dimensions: { ...dimensions, severity: "unknown" },
    },
    {
      suffix: `${name}-runs`,
      description: `${check} of ${context} has not reported: the cluster, its CronJob, its network or its role may be gone.`,
      metric: checkTimestamp.name,
      dimensions,
      statistic: "SampleCount",
      comparison: "LessThanThreshold",
      threshold: 1,
      period,
      periods: 1,
    },
  ];
}
