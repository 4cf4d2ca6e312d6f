import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { execa } from "execa";
import { z } from "zod";
import { alarmMessageSchema, alarmSendReportSchema } from "../../domain/alarm/message.ts";
import type { CloudWatchValue } from "../../domain/alarm/cloudwatch.ts";
import { testMessage } from "../../domain/alarm/test-message.ts";
import { alarmStatusReportSchema } from "../../domain/alarm/status.ts";
import { alarmTestReportSchema } from "../../domain/alarm/test-report.ts";
import { connectCloudWatch } from "../../clients/aws/cloudwatch.ts";
import { connectSns } from "../../clients/aws/sns.ts";
import { connectSqs } from "../../clients/aws/sqs.ts";
import { duration } from "../../domain/duration.ts";
import { testAlarm } from "../../operations/alarm/test.ts";
import { realSurroundings } from "../../operations/surroundings.ts";
import { parseTopicArn, type Topic } from "../../domain/aws/topic-arn.ts";
import { faultTest } from "../support/fault-test.ts";
import { startMoto, type Moto } from "../support/moto.ts";

const program = join(import.meta.dirname, "../../bin/postgres-recovery");
const envelope = z.object({ Message: z.string(), Subject: z.string(), TopicArn: z.string() });
const never = new AbortController().signal;
const failedCheck = JSON.stringify({
  version: 1,
  error: { code: "kubernetes-unreachable", kind: "undetermined", message: "no answer", next: null },
});

describe("alarms through SNS, with an emulator of AWS", function () {
  this.timeout("1m");
  let moto: Moto;
  let sns: SNSClient;
  let sqs: SQSClient;
  let cloudWatch: CloudWatchClient;
  let topic: Topic;
  let queueUrl: string;
  let folder: string;

  before("a topic with a queue as its subscriber", async function () {
    this.timeout("10m");
    folder = await mkdtemp(join(tmpdir(), "alarm-"));
    moto = await startMoto();
    const { accessKeyId, secretAccessKey } = moto.settings.credentials;
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
    sns = new SNSClient(moto.settings);
    sqs = new SQSClient(moto.settings);
    cloudWatch = new CloudWatchClient(moto.settings);
    const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name: "alerts" }));
    topic = parseTopicArn(TopicArn) ?? assert.fail(TopicArn);
    queueUrl = await subscribedQueue("proof");
  });
  after(async () => {
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
    await moto.stop();
    await rm(folder, { recursive: true });
  });

  async function subscribedQueue(name: string, attributes: Record<string, string> = {}): Promise<string> {
    const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
    const { Attributes } = await sqs.send(asked);
    await sns.send(
      new SubscribeCommand({
        TopicArn: topic.arn,
        Protocol: "sqs",
        Endpoint: Attributes?.QueueArn ?? "",
        Attributes: attributes,
      }),
    );
    return QueueUrl;
  }

  /** The next message in the queue, as the SDK shows it. */
  async function nextMessage() {
    const asked = new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 5 });
    const { Messages: [message] = [] } = await sqs.send(asked);
    return envelope.parse(JSON.parse(message?.Body ?? "null"));
  }

  it("alarm send delivers to a topic, and reports the message's id", async () => {
    const file = join(folder, "report.json");
    await writeFile(file, failedCheck);
    const ended = await execa(
      program,
      ["alarm", "send", file, "--topic", topic.arn, "--endpoint-url", moto.settings.endpoint, "-o", "json"],
      { reject: false },
    );
    assert.equal(ended.exitCode, 0, ended.stderr);
    const report = alarmSendReportSchema.parse(JSON.parse(ended.stdout));
    assert.match(report.deliveries[0]?.answer ?? "", /^message [-0-9a-f]{36}$/);
    const arrived = await nextMessage();
    assert.equal(arrived.Subject, "[unknown] the check failed: 1 finding");
    const message = alarmMessageSchema.parse(JSON.parse(arrived.Message));
    assert.equal(message.id, report.id);
    assert.equal(message.findings[0]?.code, "kubernetes-unreachable");
    assert.equal(await readFile(file, "utf8"), failedCheck);
  });

  /** A value that was stored in the last minutes; undefined when there is none. */
  async function stored(MetricName: string, dimensions: Record<string, string>): Promise<number | undefined> {
    const asked = new GetMetricStatisticsCommand({
      Namespace: "postgres-recovery",
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 600_000),
      Period: 60,
      Statistics: ["Maximum"],
    });
    return (await cloudWatch.send(asked)).Datapoints?.[0]?.Maximum;
  }

  /** Tests the alarm in this process. */
  async function tested(url = queueUrl, recorded = true, tested = topic) {
    const { endpoint, region } = moto.settings;
    const way = {
      topic: tested,
      sns: connectSns(tested, endpoint, never),
      queueUrl: url,
      sqs: connectSqs({ url, region }, endpoint, never),
      record: recorded ? { cloudWatch: connectCloudWatch(region, endpoint, never), namespace: "tests" } : undefined,
    };
    const message = testMessage(randomUUID(), new Date().toISOString());
    const surroundings = realSurroundings(() => undefined, never);
    return testAlarm({ message, way, webhooks: [], timeLimit: duration("2s") }, surroundings);
  }

  async function status() {
    const place = ["--topic", topic.arn, "--endpoint-url", moto.settings.endpoint];
    const ended = await execa(program, ["alarm", "status", ...place, "-o", "json"], { reject: false });
    return { exitCode: ended.exitCode, ...alarmStatusReportSchema.parse(JSON.parse(ended.stdout)) };
  }

  faultTest(164, "alarm status fails when no delivery was ever proven", async () => {
    const { exitCode, findings, provenAt } = await status();
    assert.deepEqual([exitCode, provenAt, findings.map(({ code }) => code)], [1, null, ["alarm-delivery-old"]]);
  });

  it("alarm test proves the way, leaves other messages, and records the delivery", async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "somebody else's" }));
    const ended = await execa(
      program,
      [
        "alarm",
        "test",
        "--topic",
        topic.arn,
        "--queue",
        queueUrl,
        "--endpoint-url",
        moto.settings.endpoint,
        "-o",
        "json",
      ],
      { reject: false },
    );
    assert.equal(ended.exitCode, 0, ended.stderr + ended.stdout);
    const report = alarmTestReportSchema.parse(JSON.parse(ended.stdout));
    assert.equal(report.proven, true);
    assert.equal(report.clockSkewSeconds, 0);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }),
    );
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      ["somebody else's"],
    );
    assert(((await stored("postgres_recovery_alarm_delivery_seconds", { topic: "alerts" })) ?? 0) > 0);
  });

  it("alarm send --metrics stores the results, also those of a check that failed", async () => {
    const ended = await execa(
      program,
      [
        "alarm",
        "send",
        "--metrics",
        ...["--check", "stanza list", "--cluster-name", "prod", "--region", moto.settings.region],
        ...["--endpoint-url", moto.settings.endpoint],
      ],
      { input: failedCheck, reject: false },
    );
    assert.equal(ended.exitCode, 0, ended.stderr);
    assert.match(ended.stdout, /^delivered: 1 finding, severity unknown, id \S+\n {2}postgres-recovery: 5 values$/);
    const dimensions = { check: "stanza list", context: "prod" };
    assert.equal(await stored("postgres_recovery_check_findings", { ...dimensions, severity: "unknown" }), 1);
    assert.equal(await stored("postgres_recovery_check_findings", { ...dimensions, severity: "refuse" }), 0);
  });

  it("stores more values than CloudWatch takes at once", async () => {
    const { endpoint, region } = moto.settings;
    const values = Array.from({ length: 1001 }, (_, index): CloudWatchValue => ({
      name: "many",
      dimensions: { index: String(index) },
      value: index,
      unit: "None",
    }));
    await connectCloudWatch(region, endpoint, never).put("postgres-recovery", values);
    assert.equal(await stored("many", { index: "0" }), 0);
    assert.equal(await stored("many", { index: "1000" }), 1000);
  });

  it("alarm status shows the age of the delivery that alarm test has proven", async () => {
    const { ageSeconds, exitCode, subscriptions, verdict } = await status();
    assert.deepEqual([exitCode, verdict, subscriptions], [0, "ok", { confirmed: 1, pending: 0 }]);
    assert(ageSeconds !== null && ageSeconds < 180, String(ageSeconds));
  });

  it("raw delivery is proven, too", async () => {
    const raw = await subscribedQueue("raw", { RawMessageDelivery: "true" });
    const { hops, proven } = await tested(raw);
    assert.equal(proven, true);
    assert.equal(hops[2]?.detail, "confirmed, raw delivery");
  });

  for (const [what, code, prepare] of [
    [
      "the topic does not exist",
      "sns-topic-missing",
      () => tested(queueUrl, true, { ...topic, arn: `${topic.arn}-gone` }),
    ],
    ["the queue does not exist", "alarm-queue-missing", () => tested(`${queueUrl}-gone`)],
    [
      "the queue does not subscribe",
      "alarm-queue-not-subscribed",
      async () => tested((await sqs.send(new CreateQueueCommand({ QueueName: "lonely" }))).QueueUrl),
    ],
    [
      "a filter policy drops the message",
      "alarm-not-arrived",
      async () => tested(await subscribedQueue("picky", { FilterPolicy: JSON.stringify({ test: ["false"] }) })),
    ],
  ] as const)
    faultTest(164, `alarm test fails with ${code} when ${what}`, async () => {
      const { hops, proven } = await prepare();
      assert.equal(proven, false);
      assert.equal(hops.find(({ state }) => state === "failed")?.code, code);
    });
});
