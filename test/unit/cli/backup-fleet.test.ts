import assert from "node:assert/strict";
import { fleetLog, fleetTable, spanWord } from "../../../cli/backups/fleet-texts.ts";
import type { FleetCluster, FleetReport } from "../../../domain/fleet/report.ts";
import { fleetVerdict, fleetVerdicts } from "../../../domain/fleet/verdict.ts";
import { fleetMetrics } from "../../../domain/metrics/fleet.ts";
import { openMetrics } from "../../../domain/metrics/open-metrics.ts";
import { faultTest } from "../../support/fault-test.ts";
import { readOpenMetrics } from "../../support/open-metrics.ts";

const gatheredAt = "2026-11-28T12:00:00.000Z";
const okay: FleetCluster = {
  kubernetes: "dev",
  namespace: "woven-passport",
  name: "payment-hub-db",
  operator: "pgo",
  watch: { status: "watched", by: ["stack dev"] },
  newestBackup: { status: "known", name: null, type: "incremental", finishedAt: "2026-11-28T01:00:00.000Z" },
  newestFullAt: "2026-11-22T01:00:00.000Z",
  recovery: {
    status: "known",
    windows: [
      { from: "2026-11-15T01:00:00.000Z", until: "2026-11-28T11:59:00.000Z", endedBy: null, repository: "repo1" },
    ],
  },
  lossNow: { status: "since", since: "2026-11-28T11:59:00.000Z", seconds: 60, bytes: 96 },
  findings: [],
};
const lost: FleetCluster = {
  ...okay,
  name: "lost-db",
  newestBackup: { status: "none" },
  recovery: { status: "known", windows: [] },
  lossNow: { status: "everything" },
  findings: [
    { severity: "unknown", code: "archiver-unknown", what: "no answer", fix: "" },
    {
      severity: "refuse",
      code: "no-stanza",
      what: "missing in repo1",
      fix: "postgres-recovery stanza create woven-passport/lost-db",
    },
  ],
};
const unwatched: FleetCluster = { ...okay, name: "own-db", watch: { status: "not-watched" } };
const silent: FleetCluster = {
  ...okay,
  name: "silent-db",
  newestBackup: { status: "unknown", why: "no answer" },
  recovery: { status: "unknown", why: "no answer" },
  lossNow: { status: "unknown", why: "no answer" },
};
const report = (clusters: FleetCluster[], sources: FleetReport["sources"] = []): FleetReport => ({
  version: 1,
  gatheredAt,
  sources,
  clusters,
});
const all = report([okay, lost, unwatched, silent]);
const table = (whole: FleetReport, width = Infinity): string =>
  fleetTable(whole, { context: "dev", color: "never", width });

describe("backup fleet for a person", () => {
  it("shows ages, the window and the loss of each cluster in one row", () => {
    const [head = "", ...rows] = table(all).split("\n");
    assert.match(head, /^CLUSTER +OPERATOR +STATUS +FULL +NEWEST +BACK TO +LOSS NOW +DETAIL$/);
    assert.match(rows[0] ?? "", /^woven-passport\/payment-hub-db +pgo +okay +6d +11h +13d +1m$/);
    assert.match(
      rows[1] ?? "",
      /lost-db +pgo +PROBLEM +6d +none +never +everything +no-stanza: missing in repo1; archiver-unknown/,
    );
    assert.match(rows[2] ?? "", /own-db +pgo +NOT WATCHED .* not-watched: no stack declares it$/);
    assert.match(rows[3] ?? "", /silent-db +pgo +UNKNOWN +6d +\? +\? +\? +the loss is not known: no answer$/);
  });

  it("fits into 80, 120 and 200 columns, and then leaves out the least important ones first", () => {
    for (const width of [80, 120, 200]) {
      const rows = table(all, width).split("\n\n")[0]?.split("\n") ?? [];
      for (const row of rows) assert(row.length <= width, `${width}: ${row}`);
    }
    assert.match(table(all, 200), /OPERATOR +STATUS +FULL/);
    const whole = Math.max(...(table(all).split("\n\n")[0]?.split("\n") ?? []).map(({ length }) => length));
    assert.match(table(all, whole - 1), /^CLUSTER +STATUS +FULL/);
    assert.match(table(all, 80), /^CLUSTER +STATUS +NEWEST/);
  });

  it("counts, and says what to do next in commands that can be pasted", () => {
    const [, lines = ""] = table(all).split("\n\n");
    assert.deepEqual(lines.split("\n"), [
      "4 clusters in context dev: 1 okay, 2 to look at, 1 not known, 1 that no stack declares",
      "next: woven-passport/lost-db: postgres-recovery stanza create woven-passport/lost-db --context dev",
      "next: woven-passport/own-db: add it to a stack, or leave the comparison out with --no-stacks",
    ]);
  });

  faultTest(131, "never hides a list that could not be read, also when there is no cluster at all", () => {
    const failed = report([], [{ source: "clusters (CloudNativePG) in dev", status: "failed", detail: "not allowed" }]);
    assert.equal(
      table(failed),
      "0 clusters in context dev: 0 okay, 0 to look at, 0 not known\nNOT KNOWN: clusters (CloudNativePG) in dev: not allowed",
    );
    assert.match(fleetLog(failed), /^NOT KNOWN: clusters/);
    assert.deepEqual(fleetVerdicts(failed), ["undetermined"]);
  });

  it("has one line for each cluster with -o log", () => {
    assert.deepEqual(fleetLog(report([okay, lost])).split("\n"), [
      "okay: woven-passport/payment-hub-db (pgo): newest 11h, back to 13d, loss 1m",
      "PROBLEM: woven-passport/lost-db (pgo): newest none, back to never, loss everything; no-stanza: missing in repo1; archiver-unknown: no answer",
    ]);
  });

  it("rounds a span down to its largest unit", () => {
    assert.deepEqual([0, 59.9, 60, 3599, 3600, 86_399, 86_400, 200_000].map(spanWord), [
      "0s",
      "59s",
      "1m",
      "59m",
      "1h",
      "23h",
      "1d",
      "2d",
    ]);
  });
});

describe("fleetVerdict", () => {
  it("is okay only for a watched cluster of which everything is known", () => {
    assert.deepEqual([okay, lost, unwatched, silent].map(fleetVerdict), ["okay", "finding", "finding", "undetermined"]);
    const { findings, kubernetes, name, namespace, operator } = okay;
    const notAsked = { findings, kubernetes, name, namespace, operator };
    for (const part of [
      notAsked,
      { ...silent, lossNow: okay.lossNow },
      { ...okay, watch: { status: "unknown" as const, why: "torn" } },
    ])
      assert.equal(fleetVerdict(part), "undetermined");
    assert.equal(fleetVerdict({ ...silent, notExpected: "Standby" }), "not-expected");
  });
});

describe("the metrics of backup fleet", () => {
  it("have the verdict and the watch of each cluster, and what came out of each list", () => {
    const sources: FleetReport["sources"] = [{ source: "stack dev", status: "failed", detail: "torn" }];
    const text = openMetrics(fleetMetrics(report([unwatched], sources), { context: "dev" }));
    const current = readOpenMetrics(text)
      .flatMap(({ samples }) => samples)
      .filter(({ value }) => value !== 0);
    const cluster = { context: "dev", namespace: "woven-passport", cluster: "own-db", operator: "pgo" };
    assert.deepEqual(
      current.map(({ name, labels }) => [name.replace("postgres_recovery_", ""), labels]),
      [
        ["fleet_verdict", { ...cluster, verdict: "finding" }],
        ["fleet_watch", { ...cluster, watch: "not-watched" }],
        ["fleet_source", { context: "dev", source: "stack dev", status: "failed" }],
        ["check_timestamp_seconds", { check: "backup fleet", context: "dev" }],
      ],
    );
  });
});
