import assert from "node:assert/strict";
import { testMessage } from "../../../../domain/alarm/test-message.ts";
import { alarmTestReportSchema, type AlarmTestReport } from "../../../../domain/alarm/test-report.ts";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { testExitCode, testTable } from "../../../../cli/alarm/test.ts";
import type { Sink } from "../../../../operations/alarm/sink.ts";
import { testAlarm, type AlarmWay } from "../../../../operations/alarm/test.ts";
import { FakeAlarmWay } from "../../../support/fake-alarm-way.ts";
import { faultTest } from "../../../support/fault-test.ts";

const id = "7c4de98b-da14-42f0-a785-1d799a263258";

describe("a test of an alarm", () => {
  let way: FakeAlarmWay;
  beforeEach(() => {
    way = new FakeAlarmWay();
  });

  const run = (webhooks: readonly Sink[] = []) => test(way, webhooks);
  const runOnly = (webhook: Sink) => test(undefined, [webhook]);

  async function test(tested: AlarmWay | undefined, webhooks: readonly Sink[]) {
    const message = testMessage(id, "2026-11-28T23:22:11.447Z");
    const surroundings = {
      now: () => way.now(),
      sleep: () => Promise.resolve(),
      progress: () => undefined,
      signal: new AbortController().signal,
    };
    const asked = { message, way: tested, webhooks, timeLimit: duration("3s") };
    const report = await testAlarm(asked, surroundings, () => way.time);
    return alarmTestReportSchema.parse(JSON.parse(JSON.stringify(report)));
  }
  const states = ({ hops }: AlarmTestReport) => hops.map(({ hop, state }) => `${hop} ${state}`);
  const failure = ({ hops }: AlarmTestReport) => hops.find(({ state }) => state === "failed");

  for (const isRaw of [false, true])
    it(`is proven by the message that arrives unchanged, ${isRaw ? "raw" : "in SNS's envelope"}`, async () => {
      way.settings.isRaw = isRaw;
      const report = await run();
      assert.deepEqual(
        states(report),
        ["topic", "queue", "subscription", "publish", "arrival", "record", "deletion"].map((hop) => `${hop} passed`),
      );
      assert.equal(report.proven, true);
      assert.equal(report.clockSkewSeconds, 0);
      assert.equal(testExitCode(report), 0);
      assert.equal(way.queue.size, 0);
      assert.match(way.published[0]?.subject ?? "", /^\[test\] /);
    });

  it("records the delivery under the topic's name, with the seconds that it took", async () => {
    await run();
    assert.deepEqual(way.recorded, [
      { name: "postgres_recovery_alarm_delivery_seconds", dimensions: { topic: "alerts" }, value: 1, unit: "Seconds" },
    ]);
  });

  it("leaves the messages of others in the queue, and visible", async () => {
    const others = ["not JSON", JSON.stringify({ Type: "Notification", Message: JSON.stringify({ id: "another" }) })];
    others.forEach((body, index) => way.queue.set(`other ${index}`, body));
    assert.equal((await run()).proven, true);
    assert.deepEqual([...way.queue.values()], others);
    assert.deepEqual(
      [...way.hidden].filter((handle) => handle.startsWith("other")),
      [],
    );
  });

  for (const [call, hop, notReached] of [
    ["find", "topic", 6],
    ["arn", "queue", 5],
    ["subscriptions", "subscription", 4],
    ["settings", "subscription", 4],
    ["publish", "publish", 3],
    ["receive", "arrival", 2],
  ] as const)
    faultTest(164, `fails at the hop ${hop} when ${call} does, and reaches none after it`, async () => {
      way.failing.set(call, new RecoveryError("sns-forbidden", "may not", { next: "ask for it" }));
      const report = await run();
      const { code, detail, hop: failed, next } = failure(report) ?? assert.fail();
      assert.deepEqual([failed, code, detail, next], [hop, "sns-forbidden", "may not", "ask for it"]);
      assert.equal(report.hops.filter(({ state }) => state === "not-reached").length, notReached);
      assert.equal(report.proven, false);
      assert.equal(testExitCode(report), 4);
      assert.deepEqual(way.recorded, []);
    });

  for (const [what, spoil, code] of [
    ["no queue subscribes", () => (way.subscriptions = []), "alarm-queue-not-subscribed"],
    [
      "only another queue subscribes",
      () => {
        way.subscriptions.forEach((each) => (each.endpoint += "-2"));
      },
      "alarm-queue-not-subscribed",
    ],
    [
      "the subscription is not confirmed",
      () => {
        way.subscriptions.forEach((each) => (each.arn = undefined));
      },
      "alarm-subscription-pending",
    ],
    ["the message is lost", () => (way.onTheWay = () => undefined), "alarm-not-arrived"],
    [
      "the message is changed on its way",
      () => (way.onTheWay = (text) => text.replace("nothing is wrong", "all is lost")),
      "alarm-arrived-changed",
    ],
  ] as const)
    faultTest(164, `fails with ${code} when ${what}`, async () => {
      spoil();
      const report = await run();
      assert.equal(failure(report)?.code, code);
      assert.equal(report.proven, false);
      assert.equal(testExitCode(report), 4);
      assert.deepEqual(way.recorded, []);
    });

  it("does not take an old test for this one", async () => {
    way.onTheWay = (text) => text.replace(id, "00000000-0000-4000-8000-000000000000");
    assert.equal(failure(await run())?.code, "alarm-not-arrived");
    assert.equal(way.queue.size, 1);
  });

  it("stops waiting at its limit", async () => {
    way.onTheWay = () => undefined;
    await run();
    assert.equal(way.time, 3);
  });

  for (const [call, hop] of [
    ["put", "record"],
    ["delete", "deletion"],
  ] as const)
    faultTest(164, `is proven, and still fails, when the hop ${hop} does`, async () => {
      way.failing.set(call, new RecoveryError("cloudwatch-failed", "no answer"));
      const report = await run();
      assert.deepEqual([report.proven, failure(report)?.hop, testExitCode(report)], [true, hop, 4]);
      assert.equal(report.hops.length, 7);
    });

  for (const [ahead, words] of [
    [600, "600 s behind that of AWS"],
    [-600, "600 s ahead of that of AWS"],
  ] as const)
    faultTest(165, `warns that the machine's clock is ${words}, and takes no time from it`, async () => {
      way.skewSeconds = ahead;
      const report = await run();
      assert.equal(report.proven, true);
      assert(Math.abs((report.clockSkewSeconds ?? 0) - ahead) <= 1, String(report.clockSkewSeconds));
      assert.match(
        testTable(report, "never"),
        /warning: the clock of this machine is \d+ s (behind|ahead of) that of AWS/,
      );
      assert.equal(way.recorded[0]?.value, 1);
    });

  describe("through a webhook", () => {
    const sink = (deliver: Sink["deliver"]): Sink => ({ name: "the webhook in file", deliver });
    const accepts = sink(() => Promise.resolve({ sink: "webhook", to: "file", attempts: 1, answer: "HTTP 200" }));
    const refuses = sink(() => Promise.reject(new RecoveryError("webhook-refused", "HTTP 404")));

    it("alone proves nothing, and says so", async () => {
      const report = await runOnly(accepts);
      assert.deepEqual(states(report), ["webhook unproven"]);
      assert.equal(report.proven, false);
      assert.equal(testExitCode(report), 3);
      assert.match(testTable(report, "never"), /HTTP 200: sent, arrival not proven\n\nnot proven: nothing shows/);
    });

    it("beside a topic that is proven does not make the test fail", async () => {
      assert.equal(testExitCode(await run([accepts])), 0);
    });

    faultTest(163, "that refuses makes the test fail, beside a topic that is proven", async () => {
      const report = await run([refuses]);
      assert.deepEqual([report.proven, failure(report)?.code, testExitCode(report)], [true, "webhook-refused", 4]);
    });
  });

  it("shows each hop in a table, with what to do", async () => {
    way.subscriptions = [];
    const table = testTable(await run(), "never");
    assert.match(table, /^subscription +failed +0\.000 +\[alarm-queue-not-subscribed\] /m);
    assert.match(table, /^publish +not reached +-$/m);
    assert.match(
      table,
      /\nnext: subscribe it: aws sns subscribe --region eu-west-2 --topic-arn \S+:alerts --protocol sqs /,
    );
  });
});
