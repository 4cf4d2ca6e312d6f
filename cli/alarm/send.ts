import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { AlarmSendReport, Delivery } from "../../domain/alarm/message.ts";
import { alarmContent, type AlarmContent } from "../../domain/alarm/report.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { sendAlarm } from "../../operations/alarm/send.ts";
import type { Sink } from "../../operations/alarm/sink.ts";
import { topicSink } from "../../operations/alarm/topic-sink.ts";
import type { Surroundings } from "../../operations/surroundings.ts";
import { printText } from "../output.ts";
import { surroundingsOfProcess } from "../session.ts";
import { webhookSinks } from "./webhooks.ts";

export interface AlarmSendOptions {
  readonly output: "table" | "json";
  readonly topic: readonly Topic[];
  readonly webhookFile: readonly string[];
  readonly endpointUrl?: string | undefined;
}

/** `postgres-recovery alarm send`; the result is the exit code. */
export async function alarmSend(file: string, options: AlarmSendOptions): Promise<number> {
  const surroundings = surroundingsOfProcess();
  const sinks = await sinksOf(options, surroundings);
  const content = await contentOf(file);
  const sentAt = surroundings.now().toISOString();
  const message = { version: 1, id: randomUUID(), ...content, leftOut: 0, test: false, sentAt } as const;
  const report = await sendAlarm(sinks, message, surroundings.signal);
  printText(options.output === "json" ? visibleJson(report, 2) : sentText(report));
  return 0;
}

async function sinksOf(
  { endpointUrl, topic: topics, webhookFile: files }: AlarmSendOptions,
  surroundings: Surroundings,
): Promise<Sink[]> {
  if (topics.length + files.length === 0)
    throw new RecoveryError("alarm-without-sink", "name where to send it: --topic, --webhook-file or both");
  const webhooks = await webhookSinks(files, surroundings);
  // A webhook needs no AWS SDK.
  const sns = topics.length === 0 ? undefined : await import("../../clients/aws/sns.ts");
  return [
    ...topics.flatMap((topic) =>
      sns === undefined ? [] : [topicSink(sns.connectSns(topic, endpointUrl, surroundings.signal), topic)],
    ),
    ...webhooks,
  ];
}

async function contentOf(file: string): Promise<AlarmContent> {
  const from = file === "-" ? "stdin" : file;
  const json = await (file === "-" ? text(process.stdin) : readFile(file, "utf8")).catch((error: unknown) => {
    throw new RecoveryError("alarm-report-unreadable", `${from} cannot be read: ${messageOf(error)}`);
  });
  const content = alarmContent(parsed(json));
  if (content !== undefined) return content;
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
