import { randomUUID } from "node:crypto";
import { testMessage } from "../../domain/alarm/test-message.ts";
import type { AlarmTestReport, Hop } from "../../domain/alarm/test-report.ts";
import type { Queue } from "../../domain/aws/queue-url.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import { errorKinds } from "../../domain/catalogue/error-codes.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { testAlarm, type AlarmWay } from "../../operations/alarm/test.ts";
import { failureExitCode } from "../exit-codes.ts";
import type { ColorChoice } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { surroundingsOfProcess } from "../session.ts";
import { fittedTable, painted } from "../table.ts";
import { webhookSinks } from "./webhooks.ts";

export interface AlarmTestOptions {
  readonly output: "table" | "json";
  readonly color: ColorChoice;
  readonly topic?: Topic | undefined;
  readonly queue?: Queue | undefined;
  readonly webhookFile: readonly string[];
  readonly timeout: Duration;
  readonly metricsNamespace: string;
  readonly record: boolean;
  readonly endpointUrl?: string | undefined;
}

/** `postgres-recovery alarm test`; the result is the exit code. */
export async function alarmTest(options: AlarmTestOptions): Promise<number> {
  const surroundings = surroundingsOfProcess();
  const { color, output, queue, timeout, topic, webhookFile } = options;
  if ((topic === undefined) !== (queue === undefined))
    throw new RecoveryError("arguments-invalid", "--topic and --queue belong together: the queue shows what arrives");
  if (topic === undefined && webhookFile.length === 0)
    throw new RecoveryError("alarm-without-sink", "name what to test: --topic with --queue, --webhook-file or both");
  const webhooks = await webhookSinks(webhookFile, surroundings);
  const message = testMessage(randomUUID(), surroundings.now().toISOString());
  const way = topic && queue && (await wayOf(topic, queue, options, surroundings.signal));
  const report = await testAlarm({ message, way, webhooks, timeLimit: timeout }, surroundings);
  printText(output === "json" ? visibleJson(report, 2) : testTable(report, color, outputWidth()), color);
  return testExitCode(report);
}

async function wayOf(
  topic: Topic,
  queue: Queue,
  { endpointUrl, metricsNamespace: namespace, record }: AlarmTestOptions,
  signal: AbortSignal,
): Promise<AlarmWay> {
  const { connectCloudWatch } = await import("../../clients/aws/cloudwatch.ts");
  const { connectSns } = await import("../../clients/aws/sns.ts");
  const { connectSqs } = await import("../../clients/aws/sqs.ts");
  const queuePlace = { url: queue.url, region: queue.region ?? topic.region };
  return {
    topic,
    sns: connectSns(topic, endpointUrl, signal),
    queueUrl: queue.url,
    sqs: connectSqs(queuePlace, endpointUrl, signal),
    record: record ? { cloudWatch: connectCloudWatch(topic.region, endpointUrl, signal), namespace } : undefined,
  };
}

/** 0 when the message arrived and every other hop passed, too; 3 when there is no proof, as with webhooks alone. */
export function testExitCode({ hops, proven }: AlarmTestReport): number {
  const code = hops.find(({ state }) => state === "failed")?.code;
  if (code !== undefined && code !== null) return failureExitCode(errorKinds[code]);
  return proven ? 0 : 3;
}

const verdicts: Readonly<Record<Hop["state"], Verdict>> = {
  passed: "okay",
  failed: "finding",
  unproven: "undetermined",
  "not-reached": "undetermined",
};

/** The report for a person, in at most `width` columns. */
export function testTable(
  { clockSkewSeconds, hops, id, proven }: AlarmTestReport,
  color: ColorChoice,
  width = Infinity,
) {
  const rows = hops.map(({ code, detail, hop, seconds, state }) => [
    hop,
    painted(state === "not-reached" ? "not reached" : state, verdicts[state], color),
    seconds === null ? "-" : seconds.toFixed(3),
    code === null ? detail : `[${code}] ${detail}`,
  ]);
  const end = proven ? `proven: test ${id} arrived` : `not proven: nothing shows that test ${id} arrived`;
  const hints = hops.flatMap(({ next }) => (next === null ? [] : [`next: ${next}`]));
  return [
    fittedTable(["HOP", "STATUS", "SECONDS", "DETAIL"], rows, { width }),
    "",
    end,
    ...skewLines(clockSkewSeconds),
    ...hints,
  ].join("\n");
}

/** AWS refuses requests whose time is further off than 15 minutes. */
const notableSkewSeconds = 60;

function skewLines(seconds: number | null): string[] {
  if (seconds === null || Math.abs(seconds) < notableSkewSeconds) return [];
  const direction = seconds > 0 ? "behind" : "ahead of";
  return [`warning: the clock of this machine is ${Math.abs(seconds)} s ${direction} that of AWS`];
}
