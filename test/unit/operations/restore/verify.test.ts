import assert from "node:assert/strict";
import type { HttpAnswer } from "../../../../domain/restore/proof/harbor.ts";
import type { S3Access, S3Client } from "../../../../clients/aws/s3.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { harborClusterSchema } from "../../../../domain/harbor/objects.ts";
import { credentialsSecretName, databaseRoles } from "../../../../domain/harbor/names.ts";
import { runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import { steps, type ReportOf, type RequestOf } from "../../../../domain/steps/steps.ts";
import type { ListedObject } from "../../../../domain/walg/storage.ts";
import { verifyRestore } from "../../../../operations/restore/verify.ts";
import type { ExecResult } from "../../../../clients/kubernetes/exec.ts";
import { registryKey } from "../../../../sandbox/harbor/registry/image.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { databaseUid, FakeHarbor, harbor, podOf, statefulSetOf } from "../../../support/fake-harbor.ts";
import { FakeS3 } from "../../../support/fake-s3.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { backupObjects, walgPrefix, walObjects } from "../../../support/walg.ts";

type Report = ReportOf<"restore verify">;

const systemIdentifier = "7710366851552716423";
const ownPrefix = walgPrefix.replace(/[0-9a-f-]{36}/, databaseUid);
const canary = "canary-password";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const query = { database: "core", sql: "select count(*) from project -- canary-query", atLeast: 2 };

/** The registry's bucket. */
const artifacts = { bucket: "artifacts", region: "eu-west-1" };

/** What a stack's proof asks, as JSON. */
const asked = {
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
  backup: {
    name: "base_000000010000000000000003",
    place: `s3://bkt/${walgPrefix}`,
    systemIdentifier,
    walEnd: { timeline: 1, segment: "00000001000000000000000A" },
  },
  since: "2026-11-21T00:00:00.000Z",
  lostAt: "2026-11-20T23:30:00+00:00",
  expect: { databases: ["core"], queries: [query] },
  amcheck: "always",
  keys: { accessKeyId: "canary-id", secretAccessKey: "canary-key" },
  registry: { store: artifacts },
};
const segment = "000000020000000000000010";

const leader = {
  systemIdentifier,
  inRecovery: false,
  timeline: 2,
  history: "1\t0/B000000\tno recovery target specified\n",
  historyTimes: { 2: Date.parse("2026-11-21T00:40:00Z") / 1000 },
  databases: ["core", "postgres"],
  streaming: ["postgresql-harbor-cluster-harbor-cluster-1"],
  dataDirectory: "/home/postgres/pgdata/pgroot/data",
  logDirectory: "../pg_log",
};
const members = [
  { Member: "postgresql-harbor-cluster-harbor-cluster-0", Role: "Leader", State: "running", TL: 2 },
  { Member: "postgresql-harbor-cluster-harbor-cluster-1", Role: "Replica", State: "running", TL: 2 },
];

const archiver = {
  systemIdentifier,
  inRecovery: false,
  archiveMode: "on",
  archivesWithPgbackrest: false,
  failedCount: 4,
  lastFailed: "2026-11-21T00:59:00.000Z",
  lastArchived: null,
  oldestWaitingSeconds: 60,
};

/** Two blobs of one image, as the registry stores them. */
const named = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`);
const artifact = { project: "shop", repository: "shop/app", digest: named[1], tags: ["v1"] };
const blobs = named.map((digest) => ({ key: registryKey(digest), size: 5, modified: 0 }));

/** A restored Harbor without any problem, and what to change in it. */
interface World {
  leader: Partial<typeof leader>;
  /** Answers to statements that contain the text, before the usual ones. */
  sql: [part: string, answer: string | ExecResult][];
  /** What a login over TCP says, by the role. */
  logins: Partial<Record<string, string>>;
  members: unknown;
  log: string;
  objects: ListedObject[];
  health: HttpAnswer;
  kubernetes: FakeHarbor;
  /** Every statement that was run, and all that psql got on its stdin. */
  statements: string[];
  inputs: string[];
}

function world(changes: Partial<World> = {}): World {
  const kubernetes = new FakeHarbor();
  kubernetes.make(runbookPgHba);
  if (kubernetes.postgresql !== undefined) kubernetes.postgresql.metadata.creationTimestamp = "2026-11-21T00:10:00Z";
  kubernetes.harborCluster = harborClusterSchema.parse({
    metadata: { ...harbor, uid: "h" },
    spec: { externalURL: "https://harbor.example.com", expose: { core: { tls: { certificateRef: "harbor-tls" } } } },
  });
  const env = {
    PGVERSION: "12",
    WAL_S3_BUCKET: "bkt",
    AWS_REGION: "eu-west-2",
    WAL_BUCKET_SCOPE_SUFFIX: `/${databaseUid}`,
    WAL_BUCKET_SCOPE_PREFIX: "",
  };
  kubernetes.statefulSet = statefulSetOf({ env, replicas: 2 });
  kubernetes.pods = [podOf(0, { role: "master" }), podOf(1, { role: "replica" })];
  for (const role of databaseRoles) {
    const data = { username: base64(role), password: base64(`${canary}-${role}/'\\:@`) };
    kubernetes.secrets[`harbor-cluster/${credentialsSecretName(role, harbor)}`] = { type: "Opaque", data };
  }
  kubernetes.secrets["harbor-cluster/harbor-tls"] = { type: "Opaque", data: { "ca.crt": base64("the authority") } };
  const objects = [
    ...backupObjects(16, Date.parse("2026-11-21T00:50:00Z"), { prefix: ownPrefix, timeline: 2 }),
    ...walObjects(16, 16, Date.parse("2026-11-21T00:55:00Z"), { prefix: ownPrefix, timeline: 2 }),
  ];
  const health = { status: 200, body: '{"status":"healthy"}' };
  return {
    leader: {},
    sql: [],
    logins: {},
    members,
    log: "",
    objects,
    health,
    kubernetes,
    statements: [],
    inputs: [],
    ...changes,
  };
}

const exited = (code: number, stderr: string, stdout = ""): ExecResult => ({ end: "exited", code, stdout, stderr });

/** The statements that psql gets as hexadecimal digits. */
function statementsIn(stdin: string): string {
  return Buffer.from(/decode\('([0-9a-f]*)'/.exec(stdin)?.[1] ?? "", "hex").toString("utf8");
}

function answerOf(made: World, command: string, stdin: string): string | ExecResult {
  if (command.includes("copy (")) return named.map((digest) => `${digest}\t5\tartifact\n`).join("");
  if (command.includes("artifact_blob")) return `${JSON.stringify({ blob: named[0], ...artifact })}\n`;
  if (command.includes("patronictl")) return JSON.stringify(made.members);
  if (command.includes("grep")) return made.log;
  if (command.includes("pg_stat_archiver")) return JSON.stringify(archiver);
  if (stdin.startsWith("\\connect")) return loginAnswer(made, stdin);
  const sql = statementsIn(stdin);
  made.statements.push(sql);
  made.inputs.push(stdin);
  const changed = made.sql.find(([part]) => sql.includes(part));
  if (changed !== undefined) return changed[1];
  if (sql.includes("pg_control_system")) return JSON.stringify({ ...leader, ...made.leader });
  if (sql.includes("pg_switch_wal")) return `${segment}\n`;
  if (sql.includes("from pg_extension")) return "available|\n";
  if (sql.includes("bt_index_check")) return "17\n";
  return sql.includes("from project") ? "3\n" : assert.fail(`an unexpected statement: ${sql}`);
}

function loginAnswer({ logins }: World, stdin: string): string | ExecResult {
  const url = new URL(/'(.*)'/.exec(stdin)?.[1] ?? "");
  const [role, password] = [url.username, url.password].map(decodeURIComponent);
  assert(role !== undefined);
  const accepted = logins[role] ?? `${canary}-${role}/'\\:@`;
  if (accepted === "any" || accepted === password) return `logged in as ${role}\n`;
  return exited(2, `psql:<stdin>:1: error: FATAL:  password authentication failed for user "${role}"`);
}

const marker = { kind: "delete-marker", versionId: "marker", modified: 0, size: 0 } as const;
const versions = [{ kind: "version", versionId: "first", modified: 0, size: 5 } as const];

interface Verified {
  readonly report: Report;
  readonly surroundings: FakeSurroundings;
  readonly accesses: S3Access[];
  readonly authorities: readonly string[];
}

async function verified(
  made: World,
  changes: Record<string, unknown> = {},
  {
    s3,
    stored = blobs,
    surroundings = new FakeSurroundings(),
  }: { s3?: S3Client; stored?: readonly ListedObject[]; surroundings?: FakeSurroundings } = {},
): Promise<Verified> {
  const { kubernetes } = made;
  kubernetes.onExec = (_pod, command, stdin = "") => answerOf(made, command, stdin);
  const request: RequestOf<"restore verify"> = steps["restore verify"].request.parse({ ...asked, ...changes });
  const accesses: S3Access[] = [];
  let authorities: readonly string[] = [];
  const report = await verifyRestore(
    {
      harbor: kubernetes,
      connectS3: (access) => {
        accesses.push(access);
        if (access.region === artifacts.region) return Promise.resolve(new FakeS3(artifacts.bucket, stored));
        return Promise.resolve(s3 ?? new FakeS3("bkt", made.objects));
      },
      connectS3Versions: () =>
        Promise.resolve({ versions: () => Promise.resolve([marker, ...versions]), close: () => undefined }),
      askHarbor: (access, path) => {
        authorities = access.authorities;
        return Promise.resolve(path.includes("health") ? made.health : { status: 200, body: "[]" });
      },
    },
    request,
    surroundings,
  );
  return { report: steps["restore verify"].report.parse(report), surroundings, accesses, authorities };
}

function statuses({ checks }: Report): Record<string, string> {
  return Object.fromEntries(checks.map(({ check, status }) => [check, status]));
}

function notOk({ checks }: Report): string[] {
  return checks.flatMap(({ findings }) => findings.filter(({ severity }) => severity !== "ok").map(({ code }) => code));
}

describe("verifyRestore", () => {
  it("proves a restore by eleven checks", async () => {
    const { report } = await verified(world());
    assert.deepEqual(notOk(report), []);
    assert.equal(report.verdict, "proven");
    assert.deepEqual(Object.keys(statuses(report)).length, 11);
    assert.deepEqual([report.registry?.counted?.named, report.registry?.blobs], [2, []]);
    assert.equal(report.leader, "postgresql-harbor-cluster-harbor-cluster-0");
  });

  it("says when each part of the restore ended, and how much was lost, by PostgreSQL's log", async () => {
    const log = "last completed transaction was at log time 2026-11-20 23:29:00.5+00\nselected new timeline ID: 2\n";
    const { report } = await verified(world({ log }));
    assert.deepEqual(
      report.phases.map(({ phase, seconds }) => [phase, seconds]),
      [
        ["restore began", null],
        ["database's resource created", 600],
        ["recovery ended", 1800],
        ["first base backup finished", 600],
        ["proof ended", 600],
      ],
    );
    assert.deepEqual(report.rpo, { newestCommit: "2026-11-20T23:29:00.500Z", lostSeconds: 59.5 });
    assert.deepEqual(report.rto, { seconds: 3600 });
  });

  faultTest(30, "is refused over an empty database, whose Pods and replicas are healthy", async () => {
    const empty = { systemIdentifier: "9", timeline: 1, history: null as unknown as string, databases: ["postgres"] };
    const { report } = await verified(
      world({ leader: empty, sql: [["from project", exited(3, 'ERROR:  42P01: relation "project" does not exist')]] }),
    );
    assert.equal(report.verdict, "failed");
    const { identity, timeline, replay, data } = statuses(report);
    assert.deepEqual([identity, timeline, replay, data], ["failed", "failed", "unknown", "failed"]);
    assert.deepEqual(notOk(report).includes("restored-database-missing"), true);
  });

  it("is never okay without the backup that was restored", async () => {
    const { report } = await verified(world(), { backup: undefined });
    assert.equal(report.verdict, "unknown");
    const { identity, timeline, replay } = statuses(report);
    assert.deepEqual([identity, timeline, replay], ["unknown", "unknown", "unknown"]);
  });

  faultTest(106, "makes every other check unknown when the leader is missing or does not answer", async () => {
    const leaderless = world();
    leaderless.kubernetes.pods = [podOf(0, { role: "replica" })];
    const silent = world({ sql: [["pg_control_system", { end: "deadline", message: "no answer within 50 s" }]] });
    const strange = world({ sql: [["pg_control_system", "hello"]] });
    for (const made of [leaderless, silent, strange]) {
      const { report } = await verified(made);
      assert.equal(report.verdict, "unknown");
      const { harbor: asks, ...others } = statuses(report);
      assert.equal(asks, "ok");
      assert.deepEqual([...new Set(Object.values(others))], ["unknown"]);
    }
  });

  faultTest(106, "makes one check unknown, and no other, when its command is cut off", async () => {
    const cut: ExecResult = { end: "broken", message: "the connection closed" };
    const { report } = await verified(world({ sql: [["from project", cut]] }));
    assert.deepEqual(notOk(report), ["restored-data-unread"]);
    const { report: other } = await verified(world({ members: "nonsense" }));
    assert.deepEqual(notOk(other), ["restored-not-looked-at"]);
    assert.equal(other.verdict, "unknown");
  });

  it("ends when it is stopped", async () => {
    const surroundings = new FakeSurroundings();
    surroundings.stop(new RecoveryError("interrupted", "stopped"));
    await assert.rejects(verified(world({ objects: [] }), {}, { surroundings }), { code: "interrupted" });
  });

  faultTest(29, "refuses a restore whose StatefulSet wants a replica that Patroni does not have", async () => {
    const { report } = await verified(world({ members: members.slice(0, 1), leader: { streaming: [] } }));
    assert.deepEqual(notOk(report), ["restored-replica-missing"]);
  });

  it("runs the declared queries in a read-only transaction", async () => {
    const made = world();
    await verified(made);
    const asking = made.inputs.find((stdin) => statementsIn(stdin) === query.sql);
    assert.match(asking ?? "", /^begin read only;\n/);
  });

  it("is an error where there is no database at all", async () => {
    const made = world();
    made.kubernetes.postgresql = undefined;
    await assert.rejects(verified(made), { code: "postgresql-not-found" });
  });

  faultTest(103, "waits for the WAL segment and the base backup, and refuses when they do not come", async () => {
    const { report, surroundings } = await verified(world({ objects: [] }), {
      timeLimits: { archive: "30s", backup: "90s" },
    });
    assert.deepEqual(notOk(report), ["restored-wal-not-archived", "restored-backup-missing"]);
    assert.match(JSON.stringify(report), /its last of 4 failures at 2026-11-21T00:59/);
    assert(surroundings.elapsed >= 90, String(surroundings.elapsed));
  });

  it("does not take a partial segment, an empty object or the backup of the old timeline for those of the new database", async () => {
    const key = `${ownPrefix}/wal_005/${segment}`;
    const objects = [
      ...backupObjects(3, 0, { prefix: ownPrefix, timeline: 1 }),
      { key: `${key}.partial.lz4`, size: 9000, modified: 0 },
      { key: `${key}.lz4`, size: 0, modified: 0 },
    ];
    const limits = { archive: "10s", backup: "10s" };
    const { report } = await verified(world({ objects }), { timeLimits: limits });
    assert.deepEqual(notOk(report), ["restored-wal-not-archived", "restored-backup-missing"]);
  });

  faultTest(103, "is unknown when S3 refuses the listing until the end", async () => {
    const refusing = Object.assign(new FakeS3("bkt", []), {
      list: () => Promise.reject(new Error("access is denied")),
    });
    const limits = { archive: "10s", backup: "10s" };
    const { report } = await verified(world(), { timeLimits: limits }, { s3: refusing });
    assert.deepEqual(notOk(report), ["restored-store-unknown", "restored-store-unknown"]);
  });

  it("refuses a database that archives into the restored backups, and completes no segment there", async () => {
    const made = world();
    const { report } = await verified(made, { backup: { ...asked.backup, place: `s3://bkt/${ownPrefix}` } });
    assert.deepEqual(notOk(report), ["own-place-overlaps"]);
    assert(!made.statements.some((sql) => sql.includes("pg_switch_wal")));
  });

  it("reads S3 with the given keys at the place that the Pods' environment names", async () => {
    const { accesses } = await verified(world(), {
      bucketOwner: "123456789012",
      endpointUrl: "https://vpce.example.com",
    });
    assert.deepEqual(
      accesses.find(({ region }) => region === "eu-west-2"),
      {
        region: "eu-west-2",
        endpoint: undefined,
        bucketOwner: "123456789012",
        endpointUrl: "https://vpce.example.com",
        keys: asked.keys,
      },
    );
  });

  faultTest(29, "refuses a Secret whose password the database does not accept", async () => {
    const { report } = await verified(world({ logins: { standby: "another" } }));
    assert.deepEqual(notOk(report), ["restored-password-refused"]);
    assert.match(JSON.stringify(report), /standby\.postgresql-harbor-cluster-harbor-cluster\.credentials/);
  });

  it("takes a login for no proof where any password is accepted, or the Secret has none", async () => {
    const { report } = await verified(world({ logins: { harbor: "any" } }));
    assert.deepEqual(notOk(report), ["restored-password-untried"]);
    const made = world();
    made.kubernetes.secrets[`harbor-cluster/${credentialsSecretName("harbor", harbor)}`] = { type: "Opaque", data: {} };
    assert.deepEqual(notOk((await verified(made)).report), ["restored-password-untried"]);
  });

  faultTest(
    107,
    "puts no password, no key and no query into argv, and no password into the report or the progress",
    async () => {
      const made = world({ logins: { standby: "another" } });
      const { report, surroundings } = await verified(made);
      assert.doesNotMatch(made.kubernetes.commands.join("\n"), /canary/);
      assert.doesNotMatch(JSON.stringify(report) + surroundings.lines.join("\n"), /canary-(password|id|key)/);
    },
  );

  faultTest(102, "names the damaged index, and creates amcheck only when that is asked for", async () => {
    const damage = exited(
      3,
      'psql:<stdin>:2: ERROR:  XX002: item order invariant violated for index "project_pkey"\nLOCATION:  x',
    );
    const { report } = await verified(world({ sql: [["bt_index_check", damage]] }));
    assert.equal(report.verdict, "failed");
    assert.match(JSON.stringify(report), /item order invariant violated for index \\"project_pkey\\"/);
    const { report: without } = await verified(world(), { amcheck: "if-installed" });
    assert.equal(without.verdict, "proven");
    assert.equal(statuses(without)["indexes"], "not-checked");
  });

  it("checks the indexes in the extension's own schema where it is installed", async () => {
    const { report } = await verified(world({ sql: [["from pg_extension", "installed|public\n"]] }));
    assert.equal(statuses(report)["indexes"], "ok");
  });

  faultTest(104, "waits for Harbor to be healthy, and trusts the HarborCluster's own authority", async () => {
    const health = {
      status: 200,
      body: '{"status":"unhealthy","components":[{"name":"database","status":"unhealthy"}]}',
    };
    const { report, surroundings, authorities } = await verified(world({ health }), { timeLimits: { harbor: "20s" } });
    assert.deepEqual(notOk(report), ["restored-harbor-unhealthy"]);
    assert(surroundings.elapsed >= 20);
    assert.deepEqual(authorities, ["the authority"]);
  });

  it("does not ask Harbor when a person has written why, and is proven without it", async () => {
    const { report } = await verified(world(), { harbor: { skip: "no route from here to it" } });
    assert.equal(report.verdict, "proven");
    assert.equal(statuses(report)["harbor"], "not-checked");
  });

  describe("the registry", () => {
    const lost = { stored: blobs.slice(1) };

    faultTest(140, "is proven with a warning when a blob is gone, with its artifacts and the way back", async () => {
      const { report, accesses } = await verified(world(), {}, lost);
      assert.equal(report.verdict, "proven");
      assert.deepEqual([statuses(report)["registry"], notOk(report)], ["warning", ["restored-registry-incomplete"]]);
      const [blob, ...others] = report.registry?.blobs ?? [];
      assert.deepEqual(others, []);
      assert.deepEqual([blob?.digest, blob?.artifacts], [named[0], [artifact]]);
      assert.deepEqual([blob?.deleteMarker?.versionId, blob?.version?.versionId], ["marker", "first"]);
      const access = accesses.find(({ region }) => region === artifacts.region);
      assert.equal(access?.keys, undefined, "the keys of the backups are not those of the artifacts");
    });

    faultTest(140, "fails the proof when the settings say so, under the code of registry check", async () => {
      const registry = { store: artifacts, problems: "fail" };
      const { report } = await verified(world(), { registry }, lost);
      assert.deepEqual([report.verdict, notOk(report)], ["failed", ["registry-blobs-missing"]]);
      const later = { key: registryKey(`sha256:${"c".repeat(64)}`), size: 1, modified: 0 };
      const { report: grown } = await verified(world(), { registry }, { stored: [...blobs, later] });
      assert.deepEqual([grown.verdict, notOk(grown)], ["proven", ["registry-blobs-unnamed"]]);
      assert.equal(statuses(grown)["registry"], "warning");
    });

    it("is not compared without its bucket, or for a reason, which leaves the restore proven", async () => {
      for (const registry of [{}, { store: artifacts, skip: "it is in another account" }]) {
        const { report, accesses } = await verified(world(), { registry });
        assert.deepEqual([report.verdict, report.registry], ["proven", null]);
        assert.deepEqual(
          [statuses(report)["registry"], notOk(report)],
          ["not-checked", ["restored-registry-not-compared"]],
        );
        assert(accesses.every(({ region }) => region !== artifacts.region));
      }
    });

    it("leaves the restore unproven when it cannot be read", async () => {
      const { report } = await verified(world(), { registry: { store: { ...artifacts, bucket: "elsewhere" } } });
      assert.deepEqual([report.verdict, notOk(report)], ["unknown", ["registry-unread"]]);
      assert.equal(statuses(report)["registry"], "unknown");
    });

    it("cannot fail the proof where its bucket is not named", () => {
      const { error } = steps["restore verify"].request.safeParse({ ...asked, registry: { problems: "fail" } });
      assert.match(error?.message ?? "", /can be fail only where the bucket of Harbor's artifacts is named/);
    });
  });
});
