import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { ExecResult } from "../../../../clients/kubernetes/exec.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { ledgerEntrySchema } from "../../../../domain/ledger/entry.ts";
import { namedKey, verified } from "../../../../domain/ledger/signature.ts";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { runDrill } from "../../../../operations/drill/run.ts";
import type { LedgerWriter } from "../../../../operations/ledger/ledger.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeDrills } from "../../../support/fake-drill.ts";
import { FakeS3 } from "../../../support/fake-s3.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { at, backupObjects, walObjects, walgPrefix } from "../../../support/walg.ts";

type Report = ReportOf<"drill run">;

const systemIdentifier = "7710366851552716423";
const source = { uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" };
const asked = {
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
  image: "ghcr.io/zalando/spilo-16:3.3-p3",
  restore: {
    id: "drill",
    bucket: "bkt",
    region: "eu-west-2",
    scope: "postgresql-harbor-cluster-harbor-cluster",
    source,
    postgresVersion: 12,
    versionInPath: true,
    credentials: "secret",
  },
  keys: { accessKeyId: "canary-id", secretAccessKey: "canary-key" },
  targets: { rpo: "20h", rto: "1h" },
  expect: { databases: ["core"] },
};

const leader = {
  systemIdentifier,
  inRecovery: false,
  timeline: 2,
  history: "1\t0/B000000\tno recovery target specified\n",
  historyTimes: {},
  databases: ["core", "postgres"],
  streaming: [],
  dataDirectory: "/data",
  logDirectory: "../pg_log",
};
const log = "last completed transaction was at log time 2026-11-21 00:50:00.5+00\nselected new timeline ID: 2\n";

/** What the clone answers. The first text that the command or the statement contains decides. */
type Answers = [part: string, answer: string | ExecResult][];
const healthy: Answers = [
  ["pg_dump", "exit 0\nbytes 4711\n"],
  ["patronictl", JSON.stringify([{ Member: "drill-0", Role: "Leader", State: "running", TL: 2 }])],
  ["selected new timeline", log],
  ["wal-e.d/env", ""],
  ["data.failed", ""],
  ["archive_command", JSON.stringify({ archiveMode: "off", archiveCommand: "/bin/true" })],
  ["pg_control_system", JSON.stringify(leader)],
  ["from pg_extension", "available|"],
];

function statementOf(stdin: string): string {
  return Buffer.from(/decode\('([0-9a-f]*)'/.exec(stdin)?.[1] ?? "", "hex").toString("utf8");
}

class World {
  readonly drills = new FakeDrills();
  readonly surroundings = new FakeSurroundings();
  readonly afterStop = new FakeSurroundings();
  answers: Answers = [];
  ledger: LedgerWriter | undefined = undefined;
  objects = [...backupObjects(3, at("00:10")), ...walObjects(3, 10, at("00:55"), { from: at("00:05") })];

  async run(changes: object = {}): Promise<Report> {
    this.drills.onExec = (command, stdin) => {
      const text = `${command} ${statementOf(stdin)}`;
      const found = [...this.answers, ...healthy].find(([part]) => text.includes(part));
      return found === undefined ? assert.fail(text) : found[1];
    };
    const sentinel = `${walgPrefix}/basebackups_005/base_000000010000000000000003_backup_stop_sentinel.json`;
    const described = {
      LSN: 50331688,
      FinishLSN: 67108864,
      PgVersion: 120022,
      CompressedSize: 100,
      UncompressedSize: 3_000_000_000,
      StartTime: new Date(at("00:09")).toISOString(),
      FinishTime: new Date(at("00:10")).toISOString(),
    };
    // 64 bits do not fit into a number.
    const text = JSON.stringify(described).replace("{", `{"SystemIdentifier":${systemIdentifier},`);
    const s3 = new FakeS3("bkt", this.objects, { [sentinel]: text });
    const request = steps["drill run"].request.parse({ ...asked, ...changes });
    const { signal } = this.surroundings;
    // Every request of the drill's own client ends with the drill.
    const deleteNamespace: typeof this.drills.deleteNamespace = async (namespace) => {
      signal.throwIfAborted();
      await this.drills.deleteNamespace(namespace);
    };
    const getPod: typeof this.drills.getPod = async (namespace) => {
      signal.throwIfAborted();
      return this.drills.getPod(namespace);
    };
    const clients = {
      drill: Object.assign(Object.create(this.drills) as FakeDrills, { deleteNamespace, getPod }),
      removal: this.drills,
      s3,
      ledger: this.ledger,
    };
    return runDrill(clients, request, this.surroundings, this.afterStop);
  }
}

const statusesOf = ({ checks }: Report): Record<string, string> =>
  Object.fromEntries(checks.map(({ check, status }) => [check, status]));
const codesOf = ({ checks }: Report): string[] => checks.flatMap(({ findings }) => findings.map(({ code }) => code));

describe("a drill", () => {
  it("restores the newest backup beside the database, proves it, measures it, and removes itself", async () => {
    const world = new World();
    const report = await world.run();
    const notOk = Object.entries(statusesOf(report)).filter(([, status]) => status !== "ok");
    assert.deepEqual(notOk, [["indexes", "not-checked"]], JSON.stringify(report.checks, undefined, 2));
    assert.deepEqual([report.verdict, report.removal], ["proven", "removed"]);
    assert.deepEqual(report.rpo, { newestCommit: "2026-11-21T00:50:00.500Z", seconds: 599.5, target: 72_000 });
    assert.equal(world.drills.namespaces.size, 0);
    assert.deepEqual(
      report.phases.map(({ phase }) => phase),
      [
        "drill began",
        "clone's Pod created",
        "clone's Pod runs",
        "recovery ended",
        "proof ended",
        "dumps ended",
        "namespace removed",
      ],
    );
    assert(JSON.stringify(world.drills.objects).includes('"storage":"6Gi"'));
    assert(!JSON.stringify([report, world.surroundings.lines]).includes("canary"));
  });

  it("creates the Lease before anything else, and the Pod last", async () => {
    const world = new World();
    await world.run();
    const [namespace = "", ...others] = world.drills.writes;
    assert.match(namespace, /^create postgres-recovery-drill-20261121-010000-[0-9a-f]{4}$/);
    assert.deepEqual([others[0], others.at(-2)], ["apply lease", "create pods"]);
  });

  faultTest(172, "creates nothing when S3 has no backup, and has failed", async () => {
    const world = new World();
    world.objects = [];
    const report = await world.run();
    assert.deepEqual([report.verdict, report.removal, report.namespace], ["failed", "never-created", null]);
    assert.deepEqual(world.drills.writes, []);
    assert(codesOf(report).includes("backup-missing"));
  });

  faultTest(172, "fails when a database cannot be read, and removes itself", async () => {
    const world = new World();
    world.answers = [
      ["pg_dump --lock", { end: "exited", code: 0, stdout: "exit 1\nbytes 9\n", stderr: "pg_dump: error: e" }],
    ];
    const report = await world.run();
    assert.deepEqual([report.verdict, report.removal, statusesOf(report)["dumps"]], ["failed", "removed", "failed"]);
  });

  faultTest(171, "fails when the clone could write backups, although all its data are right", async () => {
    const world = new World();
    world.answers = [["wal-e.d/env", "WAL_S3_BUCKET\n"]];
    const report = await world.run();
    assert.deepEqual([report.verdict, statusesOf(report)["isolation"]], ["failed", "failed"]);
  });

  faultTest(175, "fails after the second attempt of Patroni, not after the first", async () => {
    const world = new World();
    world.drills.pod = { running: true };
    let attempts = 0;
    Object.defineProperty(world, "answers", { get: (): Answers => [["data.failed", `${(attempts += 1)}-1\n`]] });
    const report = await world.run();
    assert.deepEqual([report.verdict, report.removal, attempts], ["failed", "removed", 2]);
    assert(codesOf(report).includes("drill-clone-failed"));

    const same = new World();
    same.drills.pod = { running: true };
    same.answers = [["data.failed", "1-1\n"]];
    const unfinished = await same.run();
    assert(codesOf(unfinished).includes("drill-clone-unfinished"));
    assert.equal(unfinished.verdict, "unknown");
  });

  faultTest(175, "is unknown when the Pod never runs, and says why", async () => {
    const world = new World();
    const waiting = { name: "postgres", state: { waiting: { reason: "ImagePullBackOff" } } };
    world.drills.pod = { running: false, status: { containerStatuses: [waiting] } };
    const report = await world.run();
    assert.deepEqual([report.verdict, report.removal], ["unknown", "removed"]);
    assert.match(JSON.stringify(report.checks), /ImagePullBackOff/);
    assert(world.surroundings.elapsed >= 900 && world.surroundings.elapsed < 960);
  });

  faultTest(176, "fails when a target is missed, although the backup is whole", async () => {
    const missed = await new World().run({ targets: { rpo: "5m" } });
    assert.deepEqual([missed.verdict, statusesOf(missed)["rpo"]], ["failed", "failed"]);
    const world = new World();
    world.answers = [["selected new timeline", ""]];
    assert.deepEqual((await world.run()).verdict, "unknown");
  });

  faultTest(173, "removes its namespace when a write is refused, and ends with that error", async () => {
    const world = new World();
    const refused = new RecoveryError("kubernetes-forbidden", "not allowed to create pods");
    world.drills.onWrite = (write) => {
      if (write === "create pods") throw refused;
    };
    await assert.rejects(world.run(), refused);
    assert.equal(world.drills.namespaces.size, 0);
  });

  faultTest(173, "removes its namespace when it is stopped, by a client that was not", async () => {
    const world = new World();
    const stop = new RecoveryError("interrupted", "interrupted");
    world.drills.onWrite = (write) => {
      if (write === "create pods") world.surroundings.stop(stop);
    };
    await assert.rejects(world.run(), stop);
    assert.equal(world.drills.namespaces.size, 0);
  });

  faultTest(173, "has failed when its namespace stays, and says so", async () => {
    const world = new World();
    world.drills.staysForever = true;
    const report = await world.run();
    assert.deepEqual([report.verdict, report.removal, statusesOf(report)["removal"]], ["failed", "left", "failed"]);
    assert(world.afterStop.elapsed >= 300);
  });

  it("with --keep leaves its namespace, as one that nobody holds", async () => {
    const world = new World();
    const { namespace, removal, verdict } = await world.run({ keep: true });
    assert.deepEqual([removal, verdict], ["kept", "proven"]);
    assert.equal(world.drills.leases.get(namespace ?? "")?.holder, "");
    assert.equal(world.drills.namespaces.get(namespace ?? "")?.labels["postgres-recovery/keep"], "true");
  });

  faultTest([173, 174], "removes what a killed drill of the same cluster has left, and nothing else", async () => {
    const world = new World();
    const cluster = asked.cluster;
    const old = world.surroundings.now().getTime() - 3_600_000;
    const origin = { id: "dead", cluster, source: "s3://bkt/p", keep: false };
    const dead = world.drills.add(origin, { holder: "h", renewed: old });
    const spared = [
      world.drills.add({ ...origin, id: "alive" }, { holder: "h", renewed: world.surroundings.now().getTime() }),
      world.drills.add({ ...origin, id: "kept", keep: true }, { holder: "", renewed: old }),
      world.drills.add({ ...origin, id: "other", cluster: "a/b" }, { holder: "h", renewed: old }),
    ];
    const report = await world.run();
    assert.deepEqual(report.leftovers, [dead]);
    assert.deepEqual([...world.drills.namespaces.keys()].toSorted(), spared.toSorted());
  });

  it("asks for keys, and for the volume's size where the backup does not say it, before it creates anything", async () => {
    const world = new World();
    await assert.rejects(world.run({ keys: undefined }), { code: "drill-keys-missing" });
    assert.deepEqual(world.drills.writes, []);
  });
});

describe("a drill that is to be remembered", () => {
  async function remembered(answer: () => Promise<"created" | "exists">) {
    const world = new World();
    const created: { key: string; text: string }[] = [];
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const key = await namedKey(publicKey);
    world.ledger = {
      s3: new FakeS3("bkt", []),
      creator: {
        create: ({ key: name }, text) => {
          created.push({ key: name, text });
          return answer();
        },
      },
      signer: { id: key.id, key: privateKey, publicKey: key },
      tool: "test",
    };
    return { report: await world.run(), created, key };
  }

  it("is in the ledger beside the backups, signed, with its checks, its loss and its time", async () => {
    const { created, key, report } = await remembered(() => Promise.resolve("created"));
    const [entry, ...others] = created;
    assert(entry && others.length === 0);
    const database = walgPrefix.replace(/\/wal\/12$/, "");
    assert.deepEqual([entry.key, report.remembered], [`${database}/proofs/00000001.jws`, `s3://bkt/${entry.key}`]);
    const read = await verified(entry.text, [key]);
    assert("content" in read);
    const { backup, checks, kind, place, rpoSeconds, verdict } = ledgerEntrySchema.parse(read.content);
    assert.deepEqual(
      [kind, verdict, place, backup, rpoSeconds],
      ["drill", "proven", `s3://bkt/${walgPrefix}`, "base_000000010000000000000003", 599.5],
    );
    const notOk = checks.filter(({ status }) => status !== "ok");
    assert.deepEqual(notOk, [{ check: "indexes", status: "not-checked", codes: ["restored-indexes-not-checked"] }]);
    assert.deepEqual([report.verdict, statusesOf(report)["ledger"]], ["proven", "ok"]);
  });

  it("is not proven to anybody when the ledger does not take it", async () => {
    const { report } = await remembered(() => Promise.reject(new RecoveryError("s3-forbidden", "denied")));
    assert.deepEqual([report.verdict, report.remembered, report.removal], ["unknown", null, "removed"]);
    assert(codesOf(report).includes("drill-not-remembered"));
  });
});
