import type { AlarmMessage } from "./message.ts";

/**
 * A message that is marked as a test.
 *
 * @param id tells it from every other test.
 * @param sentAt ISO 8601, UTC.
 */
export function testMessage(id: string, sentAt: string): AlarmMessage {
  const what = "this is a test of the alarm: nothing is wrong";
  return {
    version: 1,
    id,
    check: null,
    context: null,
    severity: "ok",
    looked: 0,
    findings: [{ severity: "ok", code: "alarm-test", where: "the alarm", what, fix: "" }],
    leftOut: 0,
    test: true,
    sentAt,
  };
}
