import assert from "node:assert/strict";
import { declaredAlarms } from "../../../../domain/alarm/declared-alarms.ts";
import { queuePolicy, topicPolicy } from "../../../../domain/alarm/policies.ts";
import { deliveryValue, resultValues } from "../../../../domain/alarm/cloudwatch.ts";
import { testMessage } from "../../../../domain/alarm/test-message.ts";
import { duration } from "../../../../domain/duration.ts";
import { faultTest } from "../../../support/fault-test.ts";

const watched = {
  topic: "alerts",
  clusterName: "dev",
  checks: ["stanza list", "harbor status"] as const,
  every: duration("1h"),
  proofMaxAge: duration("2d"),
};
const topicArn = "arn:aws:sns:eu-west-2:123456789012:alerts";
const queueArn = "arn:aws:sqs:eu-west-2:123456789012:alerts-proof";

describe("the alarms of a stack", () => {
  const alarms = declaredAlarms(watched);

  it("watch what each check found, whether it runs, and the last proven delivery", () => {
    assert.deepEqual(
      alarms.map(({ period, periods, suffix }) => [suffix, period * periods]),
      [
        ["stanza-list-problem", 7200],
        ["stanza-list-unknown", 7200],
        ["stanza-list-runs", 7200],
        ["harbor-status-problem", 7200],
        ["harbor-status-unknown", 7200],
        ["harbor-status-runs", 7200],
        ["delivery-proven", 172_800],
      ],
    );
  });

  // An alarm on a metric that nobody stores would go off for ever, and be switched off.
  faultTest(166, "watch only metrics that the commands store, with the same dimensions", () => {
    const message = testMessage("7c4de98b-da14-42f0-a785-1d799a263258", "2026-11-28T23:22:11.447Z");
    const stored = [
      ...watched.checks.flatMap((check) => resultValues({ check, context: "dev" }, message, [])),
      deliveryValue("alerts", 1),
    ].map(({ dimensions, name }) => JSON.stringify([name, dimensions]));
    for (const { dimensions, metric } of alarms) assert(stored.includes(JSON.stringify([metric, dimensions])), metric);
  });

  it("go off at the first finding, and at the first missing run", () => {
    for (const { comparison, statistic, suffix, threshold } of alarms) {
      const expected = /runs|proven/.test(suffix)
        ? ["SampleCount", "LessThanThreshold", 1]
        : ["Maximum", "GreaterThanThreshold", 0];
      assert.deepEqual([statistic, comparison, threshold], expected, suffix);
    }
  });
});

describe("the policies of an alarm", () => {
  const statements = (policy: object) => (policy as { Statement: Record<string, unknown>[] }).Statement;

  it("the topic: CloudWatch of the same account may publish, and nobody without TLS", () => {
    const [allowed, denied, ...others] = statements(topicPolicy(topicArn));
    assert.deepEqual(others, []);
    assert.deepEqual(
      [allowed?.["Principal"], allowed?.["Condition"]],
      [{ Service: "cloudwatch.amazonaws.com" }, { StringEquals: { "aws:SourceAccount": "123456789012" } }],
    );
    assert.deepEqual(
      [denied?.["Effect"], denied?.["Condition"]],
      ["Deny", { Bool: { "aws:SecureTransport": "false" } }],
    );
  });

  it("the queue: only the topic may send", () => {
    const [allowed, denied] = statements(queuePolicy(queueArn, topicArn));
    assert.deepEqual(
      [allowed?.["Effect"], allowed?.["Principal"], allowed?.["Condition"]],
      ["Allow", { Service: "sns.amazonaws.com" }, { ArnEquals: { "aws:SourceArn": topicArn } }],
    );
    assert.deepEqual(
      [denied?.["Effect"], denied?.["Principal"], denied?.["Condition"]],
      ["Deny", "*", { ArnNotEquals: { "aws:SourceArn": topicArn } }],
    );
  });
});
