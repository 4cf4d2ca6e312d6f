import assert from "node:assert/strict";
import { stringify } from "lossless-json";
import type { KubernetesClient } from "../../../../clients/kubernetes/postgres-clusters.ts";
import { duration } from "../../../../domain/duration.ts";
import type { FlagCode } from "../../../../domain/stanza/flag-codes.ts";
import { scanReportSchema, type ScanEntry } from "../../../../domain/stanza/list-report.ts";
import { scanStanzas } from "../../../../operations/stanza/list.ts";
import { FakeCluster, FakeSurroundings, healthyDatabase, type Script } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";

const repos = [{ name: "repo1", schedules: { full: "0 1 * * *" } }];
const backups = { pgbackrest: { repos } };

async function entryOf(script: Script, allowed: readonly FlagCode[] = []): Promise<ScanEntry> {
  const entries = await listOf(new FakeCluster({ spec: { backups }, ...script }), allowed);
  const [entry] = scanReportSchema.shape.clusters.parse(entries);
  assert(entry !== undefined);
  return entry;
}

function listOf(client: KubernetesClient, allowed: readonly FlagCode[] = []): Promise<ScanEntry[]> {
  const options = { namespace: undefined, concurrency: 4, timeLimit: duration("30s"), allowed };
  return scanStanzas(client, options, new FakeSurroundings());
}

/** A report of one repository; the fake clock says 2026-11-21T01:00:00Z. */
function info(change: { stop?: string; db?: object[] } = {}): NonNullable<Script["info"]> {
  const { stop = "2026-11-20T02:00:00Z", db = [database(1, 7000000000000000001n, "15")] } = change;
  const status = { code: 0, message: "ok" };
  const backup = [{ database: { id: 1, "repo-key": 1 }, timestamp: { stop: Date.parse(stop) / 1000 }, type: "full" }];
  const report = [{ name: "db", status, repo: [{ key: 1, status }], db, backup }];
  return [{ end: "exited", code: 0, stdout: stringify(report) ?? "", stderr: "" }];
}

const database = (id: number, identifier: bigint, version: string): object => ({
  id,
  "repo-key": 1,
  "system-id": identifier,
  version,
});

describe("scanStanzas", () => {
  it("calls a cluster okay that has a stanza, a recent backup and an archiver that works, after one remote command", async () => {
    const cluster = new FakeCluster({ spec: { backups }, info: info() });
    const [entry] = await listOf(cluster);
    assert.deepEqual([entry?.verdict, entry?.flags], ["okay", []]);
    assert.equal(cluster.commands.length, 1);
  });

  faultTest(43, "does not call a cluster okay that has a stanza and no backup", async () => {
    const { verdict, flags, status } = await entryOf({ info: [2] });
    assert.equal(status.status, "okay");
    assert.equal(verdict, "finding");
    assert.deepEqual(
      flags.map(({ code }) => code),
      ["no-backup"],
    );
    assert.match(flags[0]?.command ?? "", /^kubectl --context test -n calendar patch /);
  });

  faultTest(43, "does not call a cluster okay whose newest backup is of last month", async () => {
    const { verdict, flags } = await entryOf({ info: info({ stop: "2026-10-20T02:00:00Z" }) });
    assert.deepEqual([verdict, flags[0]?.code], ["finding", "backup-old"]);
  });

  it("counts no flag that the caller allows, and still reports it", async () => {
    const script: Script = { info: info(), spec: { backups: { pgbackrest: { repos: [{ name: "repo1" }] } } } };
    assert.equal((await entryOf(script)).verdict, "finding");
    assert.equal((await entryOf(script, ["no-backup"])).verdict, "finding");
    const { verdict, flags } = await entryOf(script, ["no-schedule"]);
    assert.equal(verdict, "okay");
    assert.deepEqual(
      flags.map(({ code, allowed }) => [code, allowed]),
      [["no-schedule", true]],
    );
  });

  faultTest(45, "asks the same instance for its archiver, and does not call it okay without an answer", async () => {
    const failing = { failedCount: 3, lastFailed: "2026-11-21T00:59:30Z" };
    const of = async (text: string): Promise<unknown> => {
      const { verdict, flags } = await entryOf({ info: info(), database: text });
      return [verdict, flags[0]?.code];
    };
    assert.deepEqual(await of(healthyDatabase(failing)), ["finding", "archiver-failing"]);
    assert.deepEqual(await of(healthyDatabase({ systemIdentifier: "7000000000000000001" })), ["okay", undefined]);
    // PGO's status has the identifier here, so that only the archiver is unknown.
    const known = { patroni: { systemIdentifier: "7000000000000000001" } };
    const { verdict, flags } = await entryOf({ info: info(), database: "psql: error: down", status: known });
    assert.deepEqual(
      [verdict, flags[0]?.code, flags[0]?.detail],
      ["undetermined", "archiver-unknown", "Postgres did not report its archiver: psql: error: down"],
    );
  });

  faultTest(
    48,
    "reports a repository that was bound to another database of the same version, but not an upgrade",
    async () => {
      const other = 7000000000000000009n;
      const own = 7000000000000000001n;
      const rebound = await entryOf({ info: info({ db: [database(1, other, "15"), database(2, own, "15")] }) });
      assert.deepEqual([rebound.verdict, rebound.flags[0]?.code], ["finding", "several-identifiers"]);
      assert.match(rebound.flags[0]?.detail ?? "", /7000000000000000009 before 7000000000000000001/);
      const upgraded = await entryOf({ info: info({ db: [database(1, other, "14"), database(2, own, "15")] }) });
      assert.equal(upgraded.verdict, "okay");
    },
  );

  faultTest(16, "counts disabled, shut-down and standby clusters apart from okay", async () => {
    for (const spec of [{}, { shutdown: true, backups }, { standby: { enabled: true }, backups }])
      assert.equal((await entryOf({ spec, status: {} })).verdict, "not-expected");
  });

  faultTest(46, "does not call backups disabled as long as PGO still has the repositories", async () => {
    const status = { pgbackrest: { repos: [{ name: "repo1", stanzaCreated: true }] } };
    const kept = await entryOf({ spec: {}, status });
    assert.deepEqual([kept.status.status, kept.verdict], ["backups-removed", "finding"]);
    assert.match(JSON.stringify(kept.status), /PGO keeps repo1 and has paused/);
    const annotations = { "postgres-operator.crunchydata.com/authorizeBackupRemoval": "true" };
    assert.match(JSON.stringify((await entryOf({ spec: {}, status, annotations })).status), /has not finished it/);
    assert.equal((await entryOf({ spec: {}, status: { pgbackrest: {} } })).status.status, "not-applicable");
  });

  faultTest(47, "lists a PostgresCluster without a spec, or with a wrong one, in a row of its own", async () => {
    for (const [spec, reason] of [
      [undefined, /^spec: /],
      [{ backups: { pgbackrest: { repos: "repo1" } } }, /^spec\.backups\.pgbackrest\.repos: /],
    ] as const) {
      const { status, verdict } = await entryOf({ spec });
      assert.deepEqual([status.status, verdict], ["unreadable", "undetermined"]);
      assert(status.status === "unreadable");
      assert.match(status.reason, reason);
    }
  });

  faultTest(5, "names the Pods whose database container does not run", async () => {
    const { status } = await entryOf({ stopped: ["calendar-db-0", "calendar-db-1"] });
    const reason = "the database container does not run in calendar-db-0, calendar-db-1";
    assert.deepEqual(status, { status: "no-instance", reason });
  });

  it("says that a clone is being restored, while there is no Pod", async () => {
    const clone = { dataSource: { postgresCluster: { clusterName: "other" } }, backups };
    const condition = (status: string): object => ({ conditions: [{ type: "PostgresDataInitialized", status }] });
    const restoring = await entryOf({ spec: clone, pods: [], status: {} });
    assert.deepEqual(restoring.status, {
      status: "no-instance",
      because: "restoring",
      reason: "PGO is restoring its data",
    });
    assert.equal(restoring.verdict, "undetermined");
    const paused = await entryOf({ spec: { ...clone, paused: true }, pods: [], status: condition("False") });
    assert.match(JSON.stringify(paused.status), /restoring its data, but spec\.paused is true/);
    const restored = await entryOf({ spec: clone, pods: [], status: condition("True") });
    assert.deepEqual(restored.status, { status: "no-instance", reason: "no Pod: PGO has not reconciled this cluster" });
    const inPlace = { conditions: [{ type: "PGBackRestoreProgressing", status: "True" }] };
    assert.match(JSON.stringify((await entryOf({ pods: [], status: inPlace })).status), /restoring/);
  });

  faultTest(16, "says that PGO is paused where it matters", async () => {
    const spec = { paused: true, backups };
    const absent = await entryOf({ spec, pods: [], status: {} });
    assert.deepEqual(absent.status, {
      status: "no-instance",
      reason: "no Pod, and spec.paused is true: PGO starts none",
    });
    assert.equal((await entryOf({ spec, info: [1] })).paused, true);
    assert.equal((await entryOf({ info: [1] })).paused, undefined);
  });

  it("knows whether the repositories are behind a repo host or in a bucket", async () => {
    const of = async (list: object[]): Promise<string> => {
      const spec = { backups: { pgbackrest: { repos: list } } };
      return (await entryOf({ spec, info: [99] })).repositoryPlace;
    };
    const [volume, bucket] = [
      { name: "repo1", volume: {} },
      { name: "repo2", s3: {} },
    ];
    assert.equal(await of([volume]), "repo host");
    assert.equal(await of([bucket]), "bucket");
    assert.equal(await of([volume, bucket]), "repo host or bucket");
    assert.equal(
      await of([
        { name: "repo1", gcs: {} },
        { name: "repo2", azure: {} },
      ]),
      "bucket",
    );
  });
});
