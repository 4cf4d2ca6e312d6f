import assert from "node:assert/strict";
import { alarmStatus, alarmStatusReportSchema, type AlarmState } from "../../../../domain/alarm/status.ts";
import { duration } from "../../../../domain/duration.ts";
import { faultTest } from "../../../support/fault-test.ts";

const now = new Date("2026-11-28T12:00:00.000Z");
const topic = "arn:aws:sns:eu-west-2:123456789012:alerts";
const confirmed = { arn: `${topic}:1` };
const pending = { arn: undefined };

function status(given: Partial<AlarmState>) {
  const sound = {
    topic,
    provenAt: { found: new Date("2026-11-27T12:00:00.000Z") },
    subscriptions: { found: [confirmed] },
  };
  const report = alarmStatus({ ...sound, ...given }, duration("1d"), now);
  alarmStatusReportSchema.parse(report);
  return { ...report, codes: report.findings.map(({ code }) => code) };
}

describe("the status of an alarm", () => {
  it("is okay up to the greatest age of the last proven delivery", () => {
    const { ageSeconds, codes, provenAt, subscriptions, verdict } = status({});
    assert.deepEqual([verdict, codes, ageSeconds], ["ok", ["alarm-delivery-proven"], 86_400]);
    assert.equal(provenAt, "2026-11-27T12:00:00.000Z");
    assert.deepEqual(subscriptions, { confirmed: 1, pending: 0 });
  });

  for (const [what, given, verdict, code] of [
    [
      "the last proof is a second older",
      { provenAt: { found: new Date("2026-11-27T11:59:59.000Z") } },
      "refuse",
      "alarm-delivery-old",
    ],
    ["there was none in seven days", { provenAt: { found: undefined } }, "refuse", "alarm-delivery-old"],
    ["CloudWatch does not answer", { provenAt: { failed: "AccessDenied" } }, "unknown", "alarm-delivery-unread"],
    ["no receiver has confirmed", { subscriptions: { found: [pending] } }, "refuse", "alarm-without-subscriber"],
    [
      "one receiver has not confirmed",
      { subscriptions: { found: [confirmed, pending] } },
      "warn",
      "alarm-receiver-pending",
    ],
    ["SNS does not answer", { subscriptions: { failed: "no answer" } }, "unknown", "alarm-subscriptions-unread"],
  ] as const)
    faultTest(164, `is ${verdict} (${code}) when ${what}`, () => {
      const report = status(given);
      assert.equal(report.verdict, verdict);
      assert(report.codes.includes(code), report.codes.join());
    });

  faultTest(165, "is unknown when the proof is in the future of this machine, and okay within five minutes", () => {
    const inSeconds = (seconds: number) => ({ provenAt: { found: new Date(now.getTime() + seconds * 1000) } });
    assert.deepEqual(status(inSeconds(301)).codes, ["alarm-delivery-unread"]);
    assert.deepEqual(status(inSeconds(300)).codes, ["alarm-delivery-proven"]);
  });
});
