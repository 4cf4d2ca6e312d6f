import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import {
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  SNSClient,
} from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { execa } from "execa";
import { z } from "zod";
import { alarmTestReportSchema } from "../../domain/alarm/test-report.ts";
import { EngineProject } from "../support/engine.ts";
import { faultTest } from "../support/fault-test.ts";
import { startMoto, type Moto } from "../support/moto.ts";

const command = join(import.meta.dirname, "../../bin/postgres-recovery");
const key = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const secondTopic = "arn:aws:sns:eu-west-1:123456789012:on-call";
const settings = {
  name: "dev-postgres",
  region: "eu-west-2",
  clusterName: "dev",
  kmsKey: key,
  emails: ["database-team@example.com"],
  secondTopic,
};
/** Answers the only question that this stack has to a Kubernetes cluster: which one it is. */
const cli = `#!/bin/sh
cat > /dev/null
echo '{"version":1,"context":"dev","kubeSystemUid":"99e85b8a-3f92-4c86-8d42-5056348c1e7e","clusters":[]}'
`;
const outputsSchema = z.object({ alarm: z.object({ topicArn: z.string(), queueUrl: z.string() }) });

describe("a stack that declares an alarm, on the real Pulumi engine", function () {
  this.timeout("2m");
  let moto: Moto;
  let project: EngineProject;
  let environment: Record<string, string>;
  let topicArn: string;
  let queueUrl: string;

  before("AWS, the engine, and an update", async function () {
    this.timeout("20m");
    moto = await startMoto();
    const { credentials, endpoint, region } = moto.settings;
    environment = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
      AWS_ENDPOINT_URL: endpoint,
      AWS_EC2_METADATA_DISABLED: "true",
    };
    project = await EngineProject.create(environment);
    await rm(join(project.directory, "bin"));
    await mkdir(join(project.directory, "bin"));
    await writeFile(join(project.directory, "bin/postgres-recovery"), cli, { mode: 0o755 });
    await project.write(`export { default } from "CHECKOUT/index.ts";`);
    const stackFile = { "test:kubernetes": { context: "dev" }, "test:alarm": settings };
    await writeFile(join(project.directory, "Pulumi.test.yaml"), JSON.stringify({ config: stackFile }));
    const { exitCode, stderr, stdout } = await project.up();
    assert.equal(exitCode, 0, stdout + stderr);
    const outputs = await project.pulumi("stack", "output", "--json", "--stack", "test");
    ({ queueUrl, topicArn } = outputsSchema.parse(JSON.parse(outputs.stdout)).alarm);
  });
  after(() => project.remove());
  after(() => moto.stop());

  async function alarmTest() {
    const { endpoint } = moto.settings;
    const ended = await execa(
      command,
      ["alarm", "test", "--topic", topicArn, "--queue", queueUrl, "--endpoint-url", endpoint, "-o", "json"],
      { reject: false, env: environment },
    );
    return { exitCode: ended.exitCode, report: alarmTestReportSchema.parse(JSON.parse(ended.stdout)) };
  }

  it("delivers a test message into its queue", async () => {
    const { exitCode, report } = await alarmTest();
    assert.deepEqual([exitCode, report.proven], [0, true], JSON.stringify(report));
  });

  it("has an encrypted topic without access from outside, and its subscribers", async () => {
    const sns = new SNSClient(moto.settings);
    const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn: topicArn }));
    assert.equal(Attributes["KmsMasterKeyId"], key);
    assert.match(Attributes["Policy"] ?? "", /"aws:SecureTransport": ?"false"/);
    assert.doesNotMatch(Attributes["Policy"] ?? "", /"Allow"[^}]*"Principal": ?("\*"|\{"AWS")/);
    const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }));
    assert.deepEqual(Subscriptions.map(({ Endpoint, Protocol }) => `${Protocol} ${Endpoint}`).sort(), [
      "email database-team@example.com",
      "sqs arn:aws:sqs:eu-west-2:123456789012:dev-postgres-proof",
    ]);
    const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] });
    const { Attributes: queue } = await new SQSClient(moto.settings).send(asked);
    assert.equal(queue?.MessageRetentionPeriod, "3600");
    assert.match(queue.Policy ?? "", /"aws:SourceArn": ?"arn:aws:sns:eu-west-2:123456789012:dev-postgres"/);
  });

  faultTest(166, "has alarms that all go off without data, to both topics", async () => {
    const { MetricAlarms = [] } = await new CloudWatchClient(moto.settings).send(new DescribeAlarmsCommand({}));
    assert.deepEqual(MetricAlarms.map(({ AlarmName }) => AlarmName).sort(), [
      "dev-postgres-delivery-proven",
      "dev-postgres-stanza-list-problem",
      "dev-postgres-stanza-list-runs",
      "dev-postgres-stanza-list-unknown",
    ]);
    for (const { ActionsEnabled, AlarmActions, TreatMissingData } of MetricAlarms)
      assert.deepEqual([TreatMissingData, ActionsEnabled, AlarmActions], ["breaching", true, [topicArn, secondTopic]]);
  });

  faultTest(164, "shows a topic that somebody deleted at the first hop", async () => {
    await new SNSClient(moto.settings).send(new DeleteTopicCommand({ TopicArn: topicArn }));
    const { exitCode, report } = await alarmTest();
    assert.deepEqual([exitCode, report.hops[0]?.code], [4, "sns-topic-missing"]);
  });
});
