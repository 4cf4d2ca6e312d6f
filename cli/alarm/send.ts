import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { AlarmSendReport, Delivery } from "../../domain/alarm/message.ts";
import type { AlarmCheck } from "../../domain/alarm/names.ts";
import type { CheckedPlace } from "../../domain/alarm/cloudwatch.ts";
import { alarmResult, type AlarmResult, type ClusterSeverity } from "../../domain/alarm/report.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { sendAlarm } from "../../operations/alarm/send.ts";
import { metricsSink } from "../../operations/alarm/metrics-sink.ts";
import type { Sink } from "../../operations/alarm/sink.ts";
import { topicSink } from "../../operations/alarm/topic-sink.ts";
import { printText } from "../output.ts";
import { surroundingsOfProcess } from "../session.ts";
import { webhookSinks } from "./webhooks.ts";

export interface AlarmSendOptions {
  readonly output: "table" | "json";
  readonly topic: readonly Topic[];
  readonly webhookFile: readonly string[];
  readonly metrics?: true | undefined;
  readonly check?: AlarmCheck | undefined;
  readonly clusterName?: string | undefined;
  readonly region?: string | undefined;
  readonly metricsNamespace: string;
  readonly endpointUrl?: string | undefined;
}

/** `postgres-recovery alarm send`; the result is the exit code. */
export async function alarmSend(file: string, options: AlarmSendOptions): Promise<number> {
  const surroundings = surroundingsOfProcess();
  const place = placeOf(options);
  const webhooks = await webhookSinks(options.webhookFile, surroundings);
  const { clusters, content } = await resultOf(file, options);
  const sinks = [
    ...(await topicSinks(options, surroundings.signal)),
    ...webhooks,
    ...(place === undefined ? [] : [await metricsSinkOf(options, place, clusters, surroundings.signal)]),
  ];
  const sentAt = surroundings.now().toISOString();
  const message = { version: 1, id: randomUUID(), ...content, leftOut: 0, test: false, sentAt } as const;
  const report = await sendAlarm(sinks, message, surroundings.signal);
  printText(options.output === "json" ? visibleJson(report, 2) : sentText(report));
  return 0;
}

/**
 * What the metrics are about; undefined without metrics. It has to be said, because the report of a check that failed does
 * not name it.
 */
function placeOf({ check, clusterName, metrics, topic, webhookFile }: AlarmSendOptions): CheckedPlace | undefined {
  if (metrics !== true) {
    if (topic.length + webhookFile.length > 0) return undefined;
    throw new RecoveryError("alarm-without-sink", "name where to send it: --topic, --webhook-file or --metrics");
  }
  if (check !== undefined && clusterName !== undefined) return { check, context: clusterName };
  throw new RecoveryError("arguments-invalid", "--metrics needs --check and --cluster-name", {
    next: "name the check and the Kubernetes cluster: a check that failed does not say which it was",
  });
}

// The AWS SDK is loaded only where it is used.
async function topicSinks({ endpointUrl, topic: topics }: AlarmSendOptions, signal: AbortSignal): Promise<Sink[]> {
  if (topics.length === 0) return [];
  const { connectSns } = await import("../../clients/aws/sns.ts");
  return topics.map((topic) => topicSink(connectSns(topic, endpointUrl, signal), topic));
}

async function metricsSinkOf(
  { endpointUrl, metricsNamespace, region, topic: [topic] }: AlarmSendOptions,
  place: CheckedPlace,
  clusters: readonly ClusterSeverity[],
  signal: AbortSignal,
): Promise<Sink> {
  const { connectCloudWatch } = await import("../../clients/aws/cloudwatch.ts");
  const cloudWatch = connectCloudWatch(region ?? topic?.region, endpointUrl, signal);
  return metricsSink(cloudWatch, metricsNamespace, place, clusters);
}

/** The report, with the names that the options give. */
async function resultOf(file: string, { check, clusterName }: AlarmSendOptions): Promise<AlarmResult> {
  const { clusters, content } = await readResult(file);
  if (check !== undefined && content.check !== null && content.check !== check)
    throw new RecoveryError("alarm-report-unreadable", `the report is of ${content.check}, and --check says ${check}`, {
      next: "send each report with its own check",
    });
  const named = { check: content.check ?? check ?? null, context: clusterName ?? content.context };
  return { clusters, content: { ...content, ...named } };
}

async function readResult(file: string): Promise<AlarmResult> {
  const from = file === "-" ? "stdin" : file;
  const json = await (file === "-" ? text(process.stdin) : readFile(file, "utf8")).catch((error: unknown) => {
    throw new RecoveryError("alarm-report-unreadable", `${from} cannot be read: ${messageOf(error)}`);
  });
  const result = alarmResult(parsed(json));
  if (result !== undefined) return result;
  const what = json.trim() === "" ? "is empty" : "is not the JSON of `stanza list` or `harbor status`";
  throw new RecoveryError("alarm-report-unreadable", `${from} ${what}`, {
    next: "give the check `-o json`, and see its stderr",
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function sentText({ deliveries, findings, id, severity }: AlarmSendReport): string {
  const count = findings === 1 ? "1 finding" : `${findings} findings`;
  return [`delivered: ${count}, severity ${severity}, id ${id}`, ...deliveries.map(deliveryLine)].join("\n");
}

function deliveryLine({ answer, attempts, to }: Delivery): string {
  const tries = attempts === 1 ? "" : `, after ${attempts} attempts`;
  return `  ${to}: ${answer}${tries}`;
}
