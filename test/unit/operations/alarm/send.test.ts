import assert from "node:assert/strict";
import type { AlarmMessage, Delivery } from "../../../../domain/alarm/message.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { sendAlarm } from "../../../../operations/alarm/send.ts";
import type { Sink } from "../../../../operations/alarm/sink.ts";
import { topicSink } from "../../../../operations/alarm/topic-sink.ts";
import { faultTest } from "../../../support/fault-test.ts";

const message: AlarmMessage = {
  version: 1,
  id: "7c4de98b-da14-42f0-a785-1d799a263258",
  check: "stanza list",
  context: "dev",
  severity: "refuse",
  looked: 2,
  findings: [],
  leftOut: 0,
  test: false,
  sentAt: "2026-11-28T23:22:11.447Z",
};
const never = new AbortController().signal;

describe("sending an alarm to several sinks", () => {
  let got: string[] = [];
  beforeEach(() => {
    got = [];
  });

  function taking(name: string): Sink {
    const delivery: Delivery = { sink: "webhook", to: name, attempts: 1, answer: "HTTP 200" };
    return {
      name,
      deliver: ({ id }) => {
        got.push(`${name} ${id}`);
        return Promise.resolve(delivery);
      },
    };
  }
  function failing(name: string, error: Error): Sink {
    return { name, deliver: () => Promise.reject(error) };
  }

  it("reports each delivery, in the order of the sinks", async () => {
    const report = await sendAlarm([taking("a"), taking("b")], message, never);
    assert.deepEqual(
      report.deliveries.map(({ to }) => to),
      ["a", "b"],
    );
    assert.deepEqual(got, [`a ${message.id}`, `b ${message.id}`]);
  });

  faultTest(163, "a sink that fails does not keep the message from the others, and is named", async () => {
    const gone = new RecoveryError("sns-topic-missing", "SNS: no such topic", { next: "check the ARN" });
    await assert.rejects(sendAlarm([failing("the topic t", gone), taking("b")], message, never), {
      code: "sns-topic-missing",
      message: "1 of 2 sinks did not get the message: the topic t: SNS: no such topic",
      next: "check the ARN",
    });
    assert.deepEqual(got, [`b ${message.id}`]);
  });

  faultTest(163, "several sinks that fail are all named", async () => {
    const sinks = [
      failing("a", new RecoveryError("webhook-silent", "no answer")),
      taking("b"),
      failing("c", new RecoveryError("sns-failed", "busy")),
    ];
    await assert.rejects(sendAlarm(sinks, message, never), {
      code: "alarm-not-delivered",
      message: "2 of 3 sinks did not get the message: a: no answer; c: busy",
    });
  });

  it("a single sink fails with its own error", async () => {
    const error = new RecoveryError("webhook-silent", "no answer");
    await assert.rejects(sendAlarm([failing("a", error)], message, never), error);
  });

  it("an interruption is no failure of a sink", async () => {
    const stop = new AbortController();
    const interrupted = new RecoveryError("interrupted", "interrupted");
    stop.abort(interrupted);
    await assert.rejects(sendAlarm([failing("a", new Error("aborted"))], message, stop.signal), interrupted);
  });

  it("a topic's delivery names the message in SNS", async () => {
    const publish = () => Promise.resolve({ messageId: "m1", attempts: 2 });
    const topic = { arn: "arn:aws:sns:eu-west-2:123456789012:t", region: "eu-west-2", name: "t" };
    const { deliveries } = await sendAlarm([topicSink({ publish }, topic)], message, never);
    assert.deepEqual(deliveries, [{ sink: "topic", to: topic.arn, attempts: 2, answer: "message m1" }]);
  });
});
