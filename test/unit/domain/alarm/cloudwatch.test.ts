import assert from "node:assert/strict";
import { resultValues } from "../../../../domain/alarm/cloudwatch.ts";
import type { AlarmFinding, AlarmMessage } from "../../../../domain/alarm/message.ts";

const place = { check: "stanza list", context: "prod" } as const;
const finding = (severity: AlarmFinding["severity"]): AlarmFinding => ({
  severity,
  code: "no-stanza",
  where: "calendar/calendar-db",
  what: "",
  fix: "",
});
const message: AlarmMessage = {
  version: 1,
  id: "7c4de98b-da14-42f0-a785-1d799a263258",
  ...place,
  severity: "refuse",
  looked: 3,
  findings: [finding("refuse"), finding("refuse"), finding("warn")],
  leftOut: 0,
  test: false,
  sentAt: "2026-11-28T23:22:11.000Z",
};

/** NAME, its further dimensions and its value, in one line. */
function lines(values: ReturnType<typeof resultValues>): string[] {
  return values.map(({ dimensions: { check, context, ...rest }, name, unit, value }) => {
    assert.deepEqual({ check, context }, place);
    return [name, ...Object.values(rest), value, unit].join(" ");
  });
}

describe("the results of a check as metrics of CloudWatch", () => {
  it("count the findings of each severity, also those that are not there", () => {
    assert.deepEqual(lines(resultValues(place, message, [])), [
      "postgres_recovery_check_findings refuse 2 Count",
      "postgres_recovery_check_findings unknown 0 Count",
      "postgres_recovery_check_findings warn 1 Count",
      "postgres_recovery_check_clusters 3 Count",
      "postgres_recovery_check_timestamp_seconds 1795908131 Seconds",
    ]);
  });

  it("have a number for each cluster, the graver the higher", () => {
    const clusters = (["ok", "warn", "unknown", "refuse"] as const).map((severity) => ({
      namespace: "calendar",
      cluster: severity,
      severity,
    }));
    assert.deepEqual(lines(resultValues(place, message, clusters)).slice(5), [
      "postgres_recovery_cluster_severity calendar ok 0 None",
      "postgres_recovery_cluster_severity calendar warn 1 None",
      "postgres_recovery_cluster_severity calendar unknown 2 None",
      "postgres_recovery_cluster_severity calendar refuse 3 None",
    ]);
  });
});
