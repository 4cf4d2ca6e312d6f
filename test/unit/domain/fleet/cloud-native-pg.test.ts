import assert from "node:assert/strict";
import { cloudNativePgFacts, cloudNativePgSchema } from "../../../../domain/fleet/cloud-native-pg.ts";
import type { FleetCluster } from "../../../../domain/fleet/report.ts";
import { fleetVerdict } from "../../../../domain/fleet/verdict.ts";
import { faultTest } from "../../../support/fault-test.ts";

const condition = (type: string, status: string, message = ""): object => ({ type, status, message, reason: "x" });
const healthy = [condition("ContinuousArchiving", "True"), condition("LastBackupSucceeded", "True")];
const times = {
  firstRecoverabilityPoint: "2026-11-14T01:10:00Z",
  lastSuccessfulBackup: "2026-11-28T02:10:00+01:00",
};

function facts(status: unknown, spec: unknown = { backup: { retentionPolicy: "30d" } }): FleetCluster {
  const metadata = { namespace: "shop", name: "orders", uid: "1" };
  return cloudNativePgFacts(cloudNativePgSchema.parse({ metadata, spec, status }), "dev");
}

const codes = ({ findings }: FleetCluster): string[] => findings.map(({ code }) => code);

describe("cloudNativePgFacts", () => {
  it("takes the window and the newest backup from the status, and knows no end of the window", () => {
    const cluster = facts({ ...times, conditions: healthy });
    assert.deepEqual(cluster.newestBackup, {
      status: "known",
      name: null,
      type: "full",
      finishedAt: "2026-11-28T01:10:00.000Z",
    });
    assert.deepEqual(cluster.recovery, {
      status: "known",
      windows: [{ from: "2026-11-14T01:10:00.000Z", until: null, endedBy: null }],
    });
    assert.deepEqual([cluster.lossNow?.status, cluster.findings, fleetVerdict(cluster)], ["unknown", [], "okay"]);
  });

  faultTest(132, "finds WAL that is not archived, in the operator's own words", () => {
    const cluster = facts({
      ...times,
      conditions: [
        condition("ContinuousArchiving", "False", "unexpected failure invoking barman-cloud-wal-archive"),
        healthy[1],
      ],
    });
    assert.deepEqual(codes(cluster), ["cloudnative-pg-archiving-failing"]);
    assert.equal(cluster.findings[0]?.what, "unexpected failure invoking barman-cloud-wal-archive");
  });

  faultTest(132, "finds a failed backup by its condition, and by a failure after the last success", () => {
    const failed = condition("LastBackupSucceeded", "False");
    assert.deepEqual(codes(facts({ ...times, conditions: [healthy[0], failed] })), ["cloudnative-pg-backup-failed"]);
    const after = { ...times, lastFailedBackup: "2026-11-28T03:00:00Z", conditions: healthy };
    assert.deepEqual(codes(facts(after)), ["cloudnative-pg-backup-failed"]);
    const before = { ...times, lastFailedBackup: "2026-11-28T01:00:00Z", conditions: healthy };
    assert.deepEqual(codes(facts(before)), []);
    const never = { lastFailedBackup: "2026-11-28T01:00:00Z", conditions: healthy };
    assert.deepEqual(codes(facts(never)), ["cloudnative-pg-backup-failed"]);
  });

  faultTest(132, "finds a cluster without backups, and accepts those of a plugin", () => {
    assert.deepEqual(codes(facts({ conditions: healthy }, {})), ["cloudnative-pg-without-backups"]);
    assert.deepEqual(codes(facts({ conditions: healthy }, { backup: null, plugins: [] })), [
      "cloudnative-pg-without-backups",
    ]);
    const plugin = facts({ conditions: healthy }, { plugins: [{ name: "barman-cloud.cloudnative-pg.io" }] });
    assert.deepEqual(codes(plugin), []);
    assert.deepEqual([plugin.recovery?.status, fleetVerdict(plugin)], ["unknown", "undetermined"]);
  });

  faultTest(132, "does not call a status okay that does not say, says Unknown or cannot be read", () => {
    for (const status of [
      undefined,
      {},
      { conditions: "none" },
      { conditions: [condition("ContinuousArchiving", "Unknown")] },
    ]) {
      const cluster = facts(status);
      assert.deepEqual(codes(cluster), ["cloudnative-pg-status-silent"]);
      assert.equal(fleetVerdict(cluster), "undetermined");
    }
    assert.equal(
      facts({ ...times, firstRecoverabilityPoint: "yesterday", conditions: healthy }).recovery?.status,
      "unknown",
    );
    const half = facts({ ...times, conditions: [healthy[0]] });
    assert.equal(half.findings[0]?.what, "its status does not have the condition LastBackupSucceeded");
  });
});
