import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { stringify } from "lossless-json";
import { RecoveryError } from "../../../../domain/errors.ts";
import { stanzaCreateReportSchema, type StanzaCreateReport } from "../../../../domain/stanza/create.ts";
import { runCreation, type FakeCreation } from "../../../support/fake-creation.ts";
import { healthyDatabase, type Script } from "../../../support/fake-cluster.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";

describe("createStanza", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-test-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const run = (
    script: Script,
    change: { cluster?: string; uid?: string; dump?: { skip: string }; timeLimits?: object } = {},
  ): Promise<FakeCreation> => runCreation(script, { dump: { directory }, ...change });

  function failed(end: StanzaCreateReport | RecoveryError, kind: RecoveryError["kind"], message: RegExp): void {
    assert(end instanceof RecoveryError, "it did not fail");
    assert.equal(end.kind, kind);
    assert.match(end.message, message);
    assert(end.next, "it says what to do next");
  }

  it("checks, dumps, creates on the leader, and confirms", async () => {
    const { cluster, end } = await run({ info: [1, 2], operator: [false, false, true] });
    const report = stanzaCreateReportSchema.parse(end);
    assert.equal(report.outcome, "created");
    assert.equal(report.leader, "calendar-db-0");
    assert.equal(report.operator, "confirmed");
    assert(report.dump && "file" in report.dump);
    assert.equal((await stat(report.dump.file)).mode & 0o777, 0o600);
    assert.match(zstdDecompressSync(await readFile(report.dump.file)).toString(), /^-- data\n/);
    const order = cluster.commands.map(
      (command) => /info|patronictl|pg_database_size|pg_dumpall|stanza-create/.exec(command)?.[0],
    );
    assert.deepEqual(order, [
      "info",
      "patronictl",
      "pg_database_size",
      "pg_dumpall",
      "patronictl",
      "stanza-create",
      "info",
    ]);
  });

  it("proves the primary in the very command that creates, and never runs stanza-upgrade, stanza-delete or --force", async () => {
    const { cluster } = await run({ info: [1, 2] });
    const [create = ""] = cluster.ran("stanza-create");
    assert.match(create, /pg_is_in_recovery\(\).*exit 56.*stanza-create/s);
    for (const command of cluster.commands) assert.doesNotMatch(command, /stanza-upgrade|stanza-delete|--force/);
  });

  faultTest(17, "does nothing, not even a dump, when the stanza already exists", async () => {
    const { cluster, end } = await run({ info: [2] });
    const report = stanzaCreateReportSchema.parse(end);
    assert.equal(report.outcome, "already-okay");
    assert.deepEqual(cluster.ran("pg_dumpall"), []);
    assert.deepEqual(cluster.ran("stanza-create"), []);
  });

  it("takes no dump when there is a written reason", async () => {
    const { cluster, end } = await run({ info: [1, 2] }, { dump: { skip: "dumped an hour ago" } });
    assert.deepEqual(stanzaCreateReportSchema.parse(end).dump, { skipped: "dumped an hour ago" });
    assert.deepEqual(cluster.ran("pg_dumpall"), []);
  });

  for (const [fault, what, info, kind] of [
    [2, "unreachable repository", 99, "undetermined"],
    [3, "half a stanza", 3, "failed"],
    [4, "repositories of different databases", 5, "failed"],
    [6, "no answer in time", { end: "deadline", message: "no answer within 30 s" }, "undetermined"],
    [15, "exec refused", { end: "refused", httpStatus: 403, message: "forbidden" }, "undetermined"],
    [15, "connection cut", { end: "broken", message: "closed" }, "undetermined"],
    [
      14,
      "report cut in the middle",
      { end: "exited", code: 0, stdout: '[{"name":"db","sta', stderr: "" },
      "undetermined",
    ],
  ] as const) {
    faultTest(fault, `${what}: refused before anything is touched`, async () => {
      const { cluster, end } = await run({ info: [info] });
      failed(end, kind, /calendar\/calendar-db/);
      // A cluster whose repositories are all in buckets has no repo host.
      if (info === 99) assert.match(String((end as RecoveryError).next), /to its repo host or bucket, then run again$/);
      assert.deepEqual(cluster.commands, cluster.ran("info"));
    });
  }

  faultTest(
    17,
    "looks again for ten seconds while info files are missing, because somebody may be creating the stanza",
    async () => {
      const found = await run({ info: [3, 3, 2] });
      assert.equal(stanzaCreateReportSchema.parse(found.end).outcome, "already-okay");
      assert.deepEqual(found.cluster.ran("stanza-create"), []);

      const locked = await run({ info: [1, 3, 2], create: [50] });
      assert.equal(stanzaCreateReportSchema.parse(locked.end).outcome, "created");

      const { cluster, end } = await run({ info: [3] });
      failed(end, "failed", /Broken/);
      assert.equal(cluster.ran("info").length, 11);
    },
  );

  faultTest(3, "does not look again when an info file is corrupt", async () => {
    const { cluster, end } = await run({ info: [5] });
    failed(end, "failed", /calendar\/calendar-db/);
    assert.equal(cluster.ran("info").length, 1);
  });

  faultTest(5, "refuses a cluster without an instance Pod", async () => {
    const { cluster, end } = await run({ pods: [] });
    failed(end, "undetermined", /No database instance pod/);
    assert.deepEqual(cluster.commands, []);
  });

  faultTest(16, "refuses a standby, a shut-down cluster and one without backups, with the reason", async () => {
    const backups = { pgbackrest: { repos: [{ name: "repo1" }] } };
    for (const [spec, reason] of [
      [{ backups, standby: { enabled: true } }, /spec\.standby/],
      [{ backups, shutdown: true }, /spec\.shutdown/],
      [{}, /spec\.backups/],
    ] as const) {
      const { cluster, end } = await run({ spec });
      failed(end, "failed", reason);
      assert.deepEqual(cluster.commands, [], "nothing ran in any Pod");
    }
  });

  it("treats a cluster that does not exist as the caller's mistake", async () => {
    failed((await run({}, { cluster: "calendar/nope" })).end, "usage", /no PostgresCluster calendar\/nope/);
  });

  const uid = "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d";
  const otherUid = "5d2c7a10-93c4-4d55-8b1e-0c9d8e7f6a5b";

  faultTest(11, "creates for the cluster with the given uid, and reports that uid", async () => {
    const { end } = await run({ info: [1, 2], uids: [uid] }, { uid });
    assert.equal(stanzaCreateReportSchema.parse(end).uid, uid);
    assert.equal(stanzaCreateReportSchema.parse((await run({ info: [2], uids: [uid] })).end).uid, uid);
  });

  faultTest(11, "refuses a recreated cluster without asking it anything", async () => {
    const { cluster, end } = await run({ uids: [otherUid] }, { uid });
    failed(
      end,
      "usage",
      new RegExp(`calendar/calendar-db was deleted and recreated: its metadata.uid is ${otherUid}, expected ${uid}`),
    );
    assert.deepEqual(cluster.commands, []);
  });

  faultTest(11, "refuses and creates nothing when the cluster was recreated during the dump", async () => {
    const { cluster, end } = await run({ uids: [uid, otherUid] });
    failed(end, "usage", /was deleted and recreated/);
    assert.equal(cluster.ran("pg_dumpall").length, 1);
    assert.deepEqual(cluster.ran("stanza-create"), []);
  });

  faultSuite(12, "when a stanza exists and PGO's status has no system identifier, the database is asked:", () => {
    const status = { code: 2, message: "no valid backups" };
    const db = [{ id: 1, "repo-key": 1, "system-id": 7000000000000000001n }];
    const stdout = stringify([{ name: "db", status, repo: [{ key: 1, status }], db, backup: [] }]);
    const info: Script["info"] = [{ end: "exited", code: 0, stdout: stdout ?? "", stderr: "" }];
    it("the same identifier is okay", async () => {
      const { cluster, end } = await run({ info, database: `entrypoint: starting\n${healthyDatabase()}\n` });
      assert.equal(stanzaCreateReportSchema.parse(end).outcome, "already-okay");
      assert.equal(cluster.ran("pg_control_system").length, 1);
    });

    it("another identifier is broken and refused", async () => {
      const { end } = await run({ info, database: healthyDatabase({ systemIdentifier: "7000000000000000002" }) });
      failed(
        end,
        "failed",
        /Broken: the stanza belongs to another database: system identifier 7000000000000000001, the cluster's is 7000000000000000002/,
      );
    });

    for (const [what, database, reason] of [
      [
        "Postgres is down",
        "psql: error: connection to server failed\n\tIs the server running?",
        /psql: error: connection to server failed$/,
      ],
      ["psql hangs", "", /psql did not answer within its time limit/],
      ["psql prints something else", "{}", /psql printed something else/],
    ] as const) {
      it(`when ${what}, the result is undetermined, with the reason`, async () => {
        const { cluster, end } = await run({ info, database });
        failed(end, "undetermined", /Unreachable: a stanza exists, but its owner is unknown/);
        failed(end, "undetermined", reason);
        assert(end instanceof RecoveryError);
        assert.match(end.next ?? "", /see why Postgres does not answer/);
        assert.deepEqual(cluster.ran("stanza-create"), []);
      });
    }
  });

  faultTest(
    15,
    "is undetermined, points to the role and tries no other Pod when commands are no longer allowed",
    async () => {
      const refused = { end: "refused", httpStatus: 403, message: "not allowed to get and create pods/exec" } as const;
      for (const script of [{ leaders: [refused] }, { dump: { result: refused, text: "" } }]) {
        const { cluster, end } = await run(script);
        failed(end, "undetermined", /not allowed to get and create pods\/exec/);
        assert(end instanceof RecoveryError);
        assert.match(end.next ?? "", /ask for the role/);
        assert.deepEqual(cluster.ran("stanza-create"), []);
        assert.deepEqual(await readdir(directory), []);
      }
    },
  );

  faultTest(8, "waits for a lock with growing pauses", async () => {
    const { cluster, surroundings, end } = await run({ info: [1, 1, 1, 2], create: [50, 50, 0] });
    assert.equal(stanzaCreateReportSchema.parse(end).outcome, "created");
    assert.equal(cluster.ran("stanza-create").length, 3);
    assert.equal(surroundings.elapsed, 1 + 2);
  });

  faultTest(8, "succeeds when somebody else created the stanza while we waited for the lock", async () => {
    const { cluster, end } = await run({ info: [1, 2], create: [50] });
    assert.equal(stanzaCreateReportSchema.parse(end).outcome, "created");
    assert.equal(cluster.ran("stanza-create").length, 1);
  });

  faultTest(8, "gives up in time when a lock is never released", async () => {
    const { surroundings, end } = await run({ create: [50] }, { timeLimits: { create: "1m" } });
    failed(end, "failed", /holds the lock, for 1m/);
    assert.equal(surroundings.elapsed, 60);
  });

  faultTest(53, "names the process that holds the lock, and how to end an archiver", async () => {
    const stderr =
      "ERROR: [050]: unable to acquire lock on file '/tmp/pgbackrest/db-archive.lock': Resource temporarily unavailable";
    const create: Script["create"] = [{ end: "exited", code: 50, stdout: "", stderr }];
    const limits = { timeLimits: { create: "1m" } };
    const archiver = await run(
      { create, lockHolder: "412\n3700\npgbackrest --stanza=db archive-push:async x" },
      limits,
    );
    failed(
      archiver.end,
      "failed",
      /held by process 412 \(pgbackrest .*archive-push:async x\), which has been .* 3700 s/,
    );
    assert(archiver.end instanceof RecoveryError);
    assert.match(
      archiver.end.next ?? "",
      /if the repo host answers again, end that archiver.*kubectl --context test -n calendar exec calendar-db-0 -c database -- kill 412/,
    );
    const [asked = ""] = archiver.cluster.ran("/proc/$pid");
    assert(asked.startsWith("calendar-db-0: ") && asked.endsWith("/tmp/pgbackrest/db-archive.lock"));

    const other = await run({ create, lockHolder: "412\n3\npgbackrest backup" }, limits);
    failed(other.end, "failed", /held by process 412 \(pgbackrest backup\)/);
    assert(other.end instanceof RecoveryError);
    assert.doesNotMatch(other.end.next ?? "", /kill/);
    failed((await run({ create }, limits)).end, "failed", /holds the lock \(.*\), for 1m$/);
  });

  for (const code of [28, 29, 40, 41, 55, 62, 95, 105, 77]) {
    faultTest(12, `never retries after exit code ${code}`, async () => {
      const { cluster, end } = await run({ create: [code] });
      failed(end, "failed", /the stanza was not created/);
      assert.equal(cluster.ran("stanza-create").length, 1);
    });
  }

  it("tries a repository that does not answer three times", async () => {
    const { cluster, end } = await run({ create: [49, 42, 101] });
    failed(end, "failed", /the service that holds the repository has an error/);
    assert.equal(cluster.ran("stanza-create").length, 3);
  });

  faultTest(15, "asks again when the API server is too busy for the exec", async () => {
    const busy = { end: "refused", httpStatus: 429, message: "too many requests" } as const;
    const { cluster, end } = await run({ info: [1, 2], create: [busy, 0] });
    assert.equal(stanzaCreateReportSchema.parse(end).outcome, "created");
    assert.equal(cluster.ran("stanza-create").length, 2);
  });

  faultTest(9, "waits and retries after exit code 56 while Patroni still names the old leader", async () => {
    const { cluster, end } = await run({ info: [1, 2], create: [56, 56, 0] });
    assert.equal(stanzaCreateReportSchema.parse(end).outcome, "created");
    assert.equal(cluster.ran("stanza-create").length, 3);
    assert.equal(cluster.ran("pg_dumpall").length, 1);
  });

  faultTest(10, "goes to the new leader after exit code 56, and dumps from it first", async () => {
    const leaders = ["calendar-db-0", "calendar-db-0", "calendar-db-1"];
    const { cluster, end } = await run({ info: [1, 2], leaders, create: [56, 0] });
    assert.equal(stanzaCreateReportSchema.parse(end).leader, "calendar-db-1");
    const onPods = ["calendar-db-0", "calendar-db-1"];
    for (const program of ["pg_dumpall", "stanza-create"])
      assert.deepEqual(
        cluster.ran(program).map((command) => command.split(":")[0]),
        onPods,
      );
  });

  faultTest(10, "dumps again from the new leader when the leader changes between dump and create", async () => {
    const { cluster, end } = await run({ info: [1, 2], leaders: ["calendar-db-0", "calendar-db-1"] });
    assert.equal(stanzaCreateReportSchema.parse(end).leader, "calendar-db-1");
    assert.deepEqual(
      cluster.ran("pg_dumpall").map((command) => command.split(":")[0]),
      ["calendar-db-0", "calendar-db-1"],
    );
    assert.deepEqual(
      cluster.ran("stanza-create").map((command) => command.split(":")[0]),
      ["calendar-db-1"],
    );
  });

  faultTest(10, "gives up when the leader keeps changing", async () => {
    const leaders = Array.from({ length: 20 }, (_, index) => `calendar-db-${index % 2}`);
    const { cluster, end } = await run({ leaders });
    failed(end, "failed", /the leader changed 3 times/);
    assert.deepEqual(cluster.ran("stanza-create"), []);
  });

  it("dumps and creates nothing without a leader", async () => {
    const { cluster, end } = await run({ leaders: [undefined] });
    failed(end, "undetermined", /no running leader/);
    assert.deepEqual(cluster.ran("pg_dumpall"), []);
  });

  it("judges an interrupted attempt by what the repository says afterwards", async () => {
    const cut = { end: "broken", message: "the connection closed" } as const;
    const done = await run({ info: [1, 2], create: [cut] });
    assert.equal(stanzaCreateReportSchema.parse(done.end).outcome, "created");
    failed((await run({ info: [1, 3], create: [cut] })).end, "failed", /Broken/);
  });

  it("does not trust an exit code of 0 before the repository shows the stanza", async () => {
    const { end } = await run({ info: [1], create: [0] });
    failed(end, "failed", /No stanza configuration/);
  });

  it("asks again when the repository does not answer right after the create", async () => {
    const { cluster, surroundings, end } = await run({ info: [1, 99, 99, 2] });
    assert.equal(stanzaCreateReportSchema.parse(end).outcome, "created");
    assert.equal(cluster.ran("stanza-create").length, 1);
    assert.equal(surroundings.elapsed, 2);
  });

  faultTest(50, "passes all of pgBackRest's time-outs that depend on each other", async () => {
    const { cluster } = await run({ info: [1, 2] });
    const [create = ""] = cluster.ran("stanza-create");
    const timeout = (name: string): number => Number(new RegExp(`--${name}-timeout=(\\d+)`).exec(create)?.[1]);
    // pgBackRest requires both (src/config/load.c).
    assert(timeout("protocol") > timeout("db"));
    assert(timeout("protocol") > timeout("io"));
  });

  it("reports when PGO does not answer in time, which is not a failure", async () => {
    const { end } = await run({ info: [1, 2], operator: [false] });
    assert.equal(stanzaCreateReportSchema.parse(end).operator, "pending");
  });

  faultSuite(13, "creates nothing and leaves no file", () => {
    const exit = (code: number, stderr = ""): { end: "exited"; code: number; stdout: string; stderr: string } => ({
      end: "exited",
      code,
      stdout: "",
      stderr,
    });
    for (const [what, dump] of [
      ["when pg_dumpall fails", { result: exit(1, "permission denied for table evil") }],
      ["when the trailer is missing", { text: "-- data\n" }],
      ["when pg_dumpall printed nothing", { text: "" }],
      ["when the connection breaks", { text: "-- data", result: { end: "broken", message: "the connection closed" } }],
      ["when the time is up", { text: "-- data", result: { end: "deadline", message: "no answer" } }],
    ] as const) {
      it(what, async () => {
        const { cluster, end } = await run({ dump });
        failed(end, "failed", /the dump of calendar-db-0 failed/);
        assert.deepEqual(cluster.ran("stanza-create"), []);
        assert.deepEqual(await readdir(directory), []);
      });
    }

    it("when the disk has no room for it", async () => {
      const { cluster, end } = await run({ databaseBytes: Number.MAX_SAFE_INTEGER });
      failed(end, "failed", /bytes free, the databases take/);
      assert.deepEqual(cluster.ran("pg_dumpall"), []);
    });
  });
});
