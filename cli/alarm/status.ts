import { connectCloudWatch } from "../../clients/aws/cloudwatch.ts";
import { connectSns } from "../../clients/aws/sns.ts";
import { deliveryMetric } from "../../domain/alarm/cloudwatch.ts";
import { alarmStatus } from "../../domain/alarm/status.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import type { Duration } from "../../domain/duration.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { gathered } from "../../operations/gathered.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingsTable, findingVerdict } from "../findings.ts";
import type { ColorChoice } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { surroundingsOfProcess } from "../session.ts";

export interface AlarmStatusOptions {
  readonly output: "table" | "json";
  readonly color: ColorChoice;
  readonly topic: Topic;
  readonly maxAge: Duration;
  readonly metricsNamespace: string;
  readonly endpointUrl?: string | undefined;
}

/** `postgres-recovery alarm status`; the result is the exit code. */
export async function alarmStatusOf(options: AlarmStatusOptions): Promise<number> {
  const { color, endpointUrl, maxAge, metricsNamespace, output, topic } = options;
  const { now, signal } = surroundingsOfProcess();
  const cloudWatch = connectCloudWatch(topic.region, endpointUrl, signal);
  const sns = connectSns(topic, endpointUrl, signal);
  const delivery = { name: deliveryMetric, dimensions: { topic: topic.name } };
  const [provenAt, subscriptions] = await Promise.all([
    gathered(cloudWatch.newest(metricsNamespace, delivery, now()), signal),
    gathered(sns.subscriptions(), signal),
  ]);
  const report = alarmStatus({ topic: topic.arn, provenAt, subscriptions }, maxAge, now());
  printText(output === "json" ? visibleJson(report, 2) : findingsTable(report.findings, color, outputWidth()), color);
  return verdictExitCode(report.findings.map(({ severity }) => findingVerdict(severity)));
}
