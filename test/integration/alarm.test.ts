import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { execa } from "execa";
import { z } from "zod";
import { alarmMessageSchema, alarmSendReportSchema } from "../../domain/alarm/message.ts";
import { connectSns } from "../../clients/aws/sns.ts";
import { parseTopicArn, type Topic } from "../../domain/aws/topic-arn.ts";
import { topicMessage } from "../../domain/alarm/topic-message.ts";
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
        Endpoint: Attributes?.["QueueArn"] ?? "",
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

  faultTest(164, "a topic that does not exist is named, and nothing is delivered", async () => {
    const gone = { ...topic, arn: `${topic.arn}-gone` };
    const message = topicMessage({
      version: 1,
      id: "7c4de98b-da14-42f0-a785-1d799a263258",
      check: null,
      context: null,
      severity: "ok",
      looked: 1,
      findings: [],
      leftOut: 0,
      test: false,
      sentAt: "2026-11-28T23:22:11.447Z",
    });
    await assert.rejects(connectSns(gone, moto.settings.endpoint, never).publish(message), {
      code: "sns-topic-missing",
      message: `SNS: ${gone.arn}: NotFoundException: Endpoint does not exist`,
    });
  });
});
