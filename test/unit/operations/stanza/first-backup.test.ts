import assert from "node:assert/strict";
import type { Script } from "../../../support/fake-cluster.ts";
import { errorOf, reportOf, runCreation } from "../../../support/fake-creation.ts";
import { faultTest } from "../../../support/fault-test.ts";

const annotation = "postgres-operator.crunchydata.com/pgbackrest-backup";
const manual = { backups: { pgbackrest: { repos: [{ name: "repo1" }], manual: { repoName: "repo1" } } } };
const withoutManual = { backups: { pgbackrest: { repos: [{ name: "repo1" }] } } };
const asked = { firstBackup: true };

/** An answer of `pgbackrest info` with this many backups. */
function withBackups(count: number): NonNullable<Script["info"]>[number] {
  const status = count === 0 ? { code: 2, message: "no valid backups" } : { code: 0, message: "ok" };
  const backup = Array.from({ length: count }, (_, index) => ({
    label: `20261121-01000${index}F`,
    type: "full",
    database: { id: 1, "repo-key": 1 },
    timestamp: { start: 1795222800 + index, stop: 1795222801 + index },
  }));
  const stanza = { name: "db", status, repo: [{ key: 1, status }], db: [], backup };
  return { end: "exited", code: 0, stdout: JSON.stringify([stanza]), stderr: "" };
}

describe("the first backup", () => {
  it("is never ordered unless it is asked for, and the result says how to order it", async () => {
    const run = await runCreation({ info: [1, withBackups(0)], spec: manual });
    assert.deepEqual(run.cluster.ordered, []);
    const { firstBackup } = reportOf(run);
    assert.equal(firstBackup?.state, "missing");
    assert.match(firstBackup.command ?? "", /^kubectl --context test -n calendar annotate .*pgbackrest-backup=/);
  });

  faultTest(51, "is expected from PGO only while PGO has not taken it before", async () => {
    const first = await runCreation({ info: [1, withBackups(0)], replicaBackup: [false] });
    assert.equal(reportOf(first).firstBackup?.state, "expected");
    const before = await runCreation({ info: [1, withBackups(0)], replicaBackup: [true] });
    assert.equal(reportOf(before).firstBackup?.state, "missing");
    const paused = { ...manual, paused: true };
    const never = await runCreation({ info: [1, withBackups(0)], replicaBackup: [false], spec: paused });
    assert.equal(reportOf(never).firstBackup?.state, "missing", "a paused PGO takes none");
  });

  it("the command names a repository where spec.backups.pgbackrest.manual does not", async () => {
    const run = await runCreation({ info: [1, withBackups(0)], spec: withoutManual });
    assert.match(reportOf(run).firstBackup?.command ?? "", /patch .*"manual":\{"repoName":"repo1"\}.* && .*annotate/);
  });

  it("is ordered with PGO's annotation, and proven by pgBackRest", async () => {
    const info = [1, withBackups(0), withBackups(0), withBackups(0), withBackups(1)];
    const run = await runCreation({ info, spec: manual, backupEnds: "succeeded" }, asked);
    const report = reportOf(run);
    assert.deepEqual(report.firstBackup, { state: "taken" });
    assert(report.status.status === "okay");
    assert.equal(report.status.backups.count, 1);
    assert.equal(run.cluster.ordered.length, 1);
    assert.match(run.cluster.ordered[0] ?? "", /^postgres-recovery-2026-11-21T01:00:00/);
    assert.equal(run.surroundings.elapsed, 2 + 5);
  });

  it("is also taken for a stanza that existed without one, without a dump or a create", async () => {
    const run = await runCreation({ info: [withBackups(0), withBackups(0), withBackups(1)], spec: manual }, asked);
    assert.deepEqual([reportOf(run).outcome, reportOf(run).firstBackup?.state], ["already-okay", "taken"]);
    assert.equal(run.cluster.ordered.length, 1);
    assert.deepEqual(run.cluster.ran("stanza-create"), []);
  });

  it("is not taken again when there is one", async () => {
    const run = await runCreation({ info: [withBackups(2)], spec: withoutManual }, asked);
    assert.deepEqual(reportOf(run).firstBackup, { state: "exists" });
    assert.deepEqual(run.cluster.ordered, []);
  });

  it("is waited for and not ordered where PGO takes it by itself", async () => {
    const info = [1, withBackups(0), withBackups(0), withBackups(1)];
    const run = await runCreation({ info, spec: withoutManual, replicaBackup: [false] }, asked);
    assert.equal(reportOf(run).firstBackup?.state, "taken");
    assert.deepEqual(run.cluster.ordered, []);
  });

  faultTest(52, "is not ordered again while an ordered one is not finished", async () => {
    const info = [withBackups(0), withBackups(0), withBackups(1)];
    const run = await runCreation({ info, spec: manual, annotations: { [annotation]: "yesterday" } }, asked);
    assert.equal(reportOf(run).firstBackup?.state, "taken");
    assert.deepEqual(run.cluster.ordered, []);
  });

  faultTest(52, "is ordered again after an ordered one has finished", async () => {
    const script = { spec: manual, annotations: { [annotation]: "yesterday" }, backupEnds: "failed" } as const;
    const run = await runCreation({ ...script, info: [withBackups(0), withBackups(1)] }, asked);
    assert.equal(reportOf(run).firstBackup?.state, "taken");
    assert.equal(run.cluster.ordered.length, 1);
  });

  faultTest(52, "is refused before anything is touched when PGO would ignore the order", async () => {
    for (const [spec, reason] of [
      [withoutManual, /manual\.repoName is not set/],
      [{ ...manual, paused: true }, /spec\.paused/],
      [{ ...withoutManual, paused: true }, /spec\.paused\); spec\.backups.*not set/],
      [
        { backups: { pgbackrest: { repos: [{ name: "repo1" }], manual: { repoName: "repo2" } } } },
        /repo2, which is no repository/,
      ],
    ] as const) {
      const run = await runCreation({ spec }, asked);
      assert.equal(errorOf(run).code, "first-backup-impossible");
      assert.match(errorOf(run).message, reason);
      assert.equal(run.cluster.commands.length, 1, "only pgbackrest info");
      assert.deepEqual(run.cluster.ordered, []);
    }
  });

  faultTest(52, "that fails ends the run at once", async () => {
    const run = await runCreation({ info: [1, withBackups(0)], spec: manual, backupEnds: "failed" }, asked);
    assert.equal(errorOf(run).code, "first-backup-failed");
    assert.match(errorOf(run).message, /the stanza exists, but PGO's backup failed/);
    assert.equal(run.surroundings.elapsed, 0);
  });

  faultTest(52, "that does not end, or that pgBackRest does not show, ends the run at the limit", async () => {
    for (const [backupEnds, reason] of [
      [undefined, /PGO has not begun the backup/],
      ["succeeded", /PGO says that the backup .* succeeded, but pgbackrest info does not show it/],
    ] as const) {
      const script = { info: [1, withBackups(0)], spec: manual, backupEnds };
      const run = await runCreation(script, { ...asked, timeLimits: { backup: "10m" } });
      assert.equal(errorOf(run).code, "first-backup-timeout");
      assert.match(errorOf(run).message, reason);
      assert.equal(run.surroundings.elapsed, 600);
    }
  });
});
