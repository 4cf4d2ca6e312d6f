import assert from "node:assert/strict";
import { pgoFacts } from "../../../../domain/fleet/pgo.ts";
import { fleetReportSchema } from "../../../../domain/fleet/report.ts";
import { fleetVerdict } from "../../../../domain/fleet/verdict.ts";
import { readDatabaseAnswer } from "../../../../domain/stanza/database-answer.ts";
import { recoveryOf } from "../../../../domain/stanza/recovery.ts";
import type { StanzaStatus } from "../../../../domain/stanza/status.ts";
import { healthyDatabase } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { scanEntry } from "../../../support/scan-entry.ts";

const now = new Date("2026-11-21T01:00:00.000Z");
const wal = { min: "000000010000000000000001", max: "000000010000000000000010" };
const usable = { count: 3, oldest: "2026-11-14T01:00:00.000Z", newest: "2026-11-20T01:00:00.000Z" };
const okay: StanzaStatus = {
  status: "okay",
  backups: {
    count: 3,
    repositories: [
      {
        name: "repo1",
        count: 2,
        newest: { full: "2026-11-14T01:00:00.000Z", incremental: usable.newest },
        wal,
        usable,
      },
      { name: "repo2", count: 1, newest: { full: "2026-11-15T01:00:00.000Z" }, wal, usable: { ...usable, count: 1 } },
    ],
  },
};

function entry(status: StanzaStatus, flags: Parameters<typeof scanEntry>[1] = {}, declared = ["repo1"]) {
  const database = readDatabaseAnswer(healthyDatabase());
  return scanEntry(status, { ...flags, recovery: recoveryOf({ status, database, declared, now }) });
}

describe("pgoFacts", () => {
  it("has the newest backup, the newest full one, the windows and the loss", () => {
    const cluster = pgoFacts(entry(okay), "dev");
    assert.deepEqual(cluster.newestBackup, {
      status: "known",
      name: null,
      type: "incremental",
      finishedAt: usable.newest,
    });
    assert.equal(cluster.newestFullAt, "2026-11-15T01:00:00.000Z");
    assert(cluster.recovery?.status === "known");
    assert.deepEqual(cluster.recovery.windows[0], {
      from: usable.oldest,
      until: "2026-11-21T00:58:59.000Z",
      endedBy: null,
      repository: "repo1",
    });
    assert.deepEqual(cluster.lossNow, { status: "since", since: "2026-11-21T00:58:59.000Z", seconds: 61, bytes: 96 });
    assert.equal(fleetVerdict(cluster), "okay");
    fleetReportSchema.parse({ version: 1, gatheredAt: now.toISOString(), sources: [], clusters: [cluster] });
  });

  it("makes a finding of each flag, unknown ones apart, and none of an allowed one", () => {
    const of = (code: "wal-missing" | "archiver-unknown", allowed?: true) =>
      pgoFacts(entry(okay, { flags: [{ code, detail: "seen", ...(allowed && { allowed }) }] }), "dev");
    assert.deepEqual(of("wal-missing").findings, [{ severity: "refuse", code: "wal-missing", what: "seen", fix: "" }]);
    assert.deepEqual(
      [fleetVerdict(of("wal-missing")), fleetVerdict(of("archiver-unknown"))],
      ["finding", "undetermined"],
    );
    assert.deepEqual(of("wal-missing", true).findings, []);
  });

  faultTest(4, "says that there is no backup only where that is known of every repository", () => {
    const status: StanzaStatus = { status: "no-stanza", repositories: ["repo2"] };
    const whole = pgoFacts(entry(status, {}, ["repo2"]), "dev");
    assert.deepEqual([whole.newestBackup?.status, whole.lossNow?.status], ["none", "everything"]);
    const half = pgoFacts(entry(status, {}, ["repo1", "repo2"]), "dev");
    assert.deepEqual(
      [half.newestBackup?.status, half.lossNow?.status, half.recovery?.status],
      ["unknown", "unknown", "unknown"],
    );
    assert.deepEqual(
      [half.findings[0]?.code, half.findings[0]?.fix],
      ["no-stanza", "postgres-recovery stanza create calendar/calendar-db"],
    );
  });

  faultTest([5, 6], "knows nothing of a cluster that did not answer, and does not call it okay", () => {
    for (const status of ["timeout", "unreachable", "no-instance", "unreadable"] as const) {
      const cluster = pgoFacts(entry({ status, reason: "why so" }), "dev");
      assert.deepEqual(
        [cluster.newestBackup?.status, cluster.recovery?.status, cluster.lossNow?.status],
        ["unknown", "unknown", "unknown"],
      );
      assert.equal(fleetVerdict(cluster), "undetermined");
    }
  });

  it("says why no backups are expected", () => {
    const cluster = pgoFacts(entry({ status: "not-applicable", because: "standby", reason: "spec.standby" }), "dev");
    assert.deepEqual([cluster.notExpected, fleetVerdict(cluster)], ["Standby: spec.standby", "not-expected"]);
  });
});
