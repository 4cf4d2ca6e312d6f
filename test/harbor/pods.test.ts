import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { compactVerify } from "jose";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import { readDataSetAside } from "../../clients/pod/spilo.ts";
import { drillPermissions } from "../../domain/drill/permissions.ts";
import { drillRunReportSchema } from "../../domain/drill/report.ts";
import { podSchema } from "../../domain/harbor/objects.ts";
import { runbookPgHba } from "../../domain/harbor/pg-hba.ts";
import type { ChosenBackup } from "../../domain/restore/check.ts";
import { leaderQuery } from "../../domain/restore/proof/leader-answer.ts";
import type { Restore } from "../../domain/restore/restore.ts";
import { applyHarborCluster } from "../../sandbox/harbor/harbor.ts";
import { harborCluster, harborContext, operatorNamespace, podEnvironment } from "../../sandbox/harbor/objects.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { clientSettings } from "../support/aws.ts";
import { backupBefore, proofOf } from "../support/clone.ts";
import { damagedCopy, DrillNamespaces } from "../support/drill.ts";
import { faultTest } from "../support/fault-test.ts";
import { HarborDatabase } from "../support/harbor.ts";
import { inOrder } from "../support/in-order.ts";
import { S3Proxy } from "../support/s3-proxy.ts";
import { RestrictedUsers } from "../support/restricted-user.ts";
import { cli, harborEnvironment, startCli, testDirectory, type Ended } from "../support/sandbox.ts";
import { SpiloPods } from "../support/spilo-pods.ts";

const bucket = "pods-test";
const source = "source";
const suffix = "/99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const rows = "select string_agg(content, ', ' order by content) from precious";
const systemIdentifier = "select system_identifier from pg_control_system()";

/** When a Pod is killed: while it waits for that answer of S3. */
type Moment = "fetch" | "replay" | "promotion";
/** What tells that the table is not there at all. */
const noTable = "select to_regclass('precious') is null";

describe("Spilo's Pods: backups, clones and replicas by WAL-G and S3, without the program under test", function () {
  this.timeout("4m");
  inOrder();
  let pods: SpiloPods;
  let s3: S3Client;
  let environment: Record<string, string>;
  /** S3 for each Pod that is killed. */
  const held = new Map<Moment, S3Proxy>();
  /** What the check before a restore finds. */
  let backup: ChosenBackup;
  let clone: Record<string, string>;
  /** The clone with a schedule, whose replica may replay more WAL than its small databases have. */
  let right: Record<string, string>;

  before("the environment that the operator writes, and a database with a backup", async function () {
    this.timeout("60m");
    environment = await harborEnvironment();
    s3 = new S3Client(clientSettings(environment, "s3"));
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_REGION = "" } = environment;
    const database = new HarborDatabase();
    await database.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: operatorNamespace, name: "pod-config" },
      data: { BACKUP_NUM_TO_RETAIN: "7" },
    });
    await database.apply({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: harborCluster.namespace, name: podEnvironment.secret },
    });
    await applyHarborCluster(testDirectory);
    await waitUntil("the StatefulSet", 60, async () => (await database.environment()).size > 0);
    pods = await SpiloPods.fromOperator({
      PGPASSWORD_SUPERUSER: "superuser",
      PGPASSWORD_STANDBY: "standby",
      SPILO_CONFIGURATION: JSON.stringify({ postgresql: { pg_hba: runbookPgHba } }),
      WAL_S3_BUCKET: bucket,
      WAL_BUCKET_SCOPE_SUFFIX: suffix,
      USE_WALG_BACKUP: "true",
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY,
      AWS_REGION,
    });
    await database.removeHarbor();
    clone = {
      CLONE_METHOD: "CLONE_WITH_WALE",
      CLONE_SCOPE: source,
      CLONE_WAL_S3_BUCKET: bucket,
      CLONE_WAL_BUCKET_SCOPE_SUFFIX: suffix,
      CLONE_PGVERSION: "12",
      CLONE_AWS_REGION: AWS_REGION,
      CLONE_AWS_ACCESS_KEY_ID: AWS_ACCESS_KEY_ID,
      CLONE_AWS_SECRET_ACCESS_KEY: AWS_SECRET_ACCESS_KEY,
    };
    right = { ...clone, BACKUP_SCHEDULE: "* * * * *", WALE_BACKUP_THRESHOLD_PERCENTAGE: "1000" };
    await pods.create(source);
    await pods.ready(source);
  });
  after(async () => {
    for (const proxy of held.values()) proxy.stop();
    await pods.remove();
    s3.destroy();
  });

  /** Holds back an object, at once or only after another one was asked for. */
  async function holdAt(moment: Moment, object: string, after = ""): Promise<void> {
    const proxy = await S3Proxy.start(environment["AWS_ENDPOINT_URL_S3"] ?? "");
    held.set(moment, proxy);
    proxy.interfere = (_method, _query, path) =>
      path.endsWith(object) && proxy.requests.some((line) => line.includes(after)) ? "hold" : undefined;
  }

  /** Kills the Pod at that moment. When it is started again, S3 answers. */
  async function killAt(moment: Moment): Promise<void> {
    const proxy = held.get(moment);
    await waitUntil(`the Pod ${moment} to wait for S3`, 60, () => Promise.resolve((proxy?.held ?? 0) > 0));
    await pods.kill(moment);
    proxy?.release();
  }

  /** A Pod may be the leader by Patroni's word while PostgreSQL still ends its recovery. */
  async function provenBy(scope: string): Promise<string[]> {
    await waitUntil("the end of the recovery", 60, async () => {
      return (await pods.ask(scope, "select pg_is_in_recovery()")) === "f";
    });
    return proofOf(await pods.ask(scope, leaderQuery), backup);
  }

  /** Names of the finished base backups of a scope, as S3 has them. */
  async function backupsOf(scope: string): Promise<string[]> {
    const Prefix = `spilo/${scope}${suffix}/wal/12/basebackups_005/`;
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix, Delimiter: "/" }));
    return Contents.map(({ Key = "" }) => Key.slice(Prefix.length)).filter((key) => key.endsWith("_sentinel.json"));
  }

  it("a new leader is a PostgreSQL 12 and makes a base backup at once", async () => {
    assert.match(await pods.ask(source, "show server_version"), /^12\./);
    await waitUntil("the first backup", 60, async () => (await backupsOf(source)).length === 1);
    await pods.ask(source, "create table precious as select 'in the backup' as content");
    await pods.backUp(source);
    assert.equal((await backupsOf(source)).length, 2);
    await pods.ask(source, "insert into precious values ('in the WAL')");
    const segment = await pods.ask(source, "select pg_walfile_name(pg_current_wal_lsn())");
    await pods.archive(source);
    const place = {
      scope: source,
      source: { uid: suffix.slice(1) },
      postgresVersion: 12,
      versionInPath: true,
    } as const;
    const [region, endpoint] = [environment["AWS_REGION"] ?? "", environment["AWS_ENDPOINT_URL_S3"]];
    const restore: Restore = { ...place, id: "r", bucket, region, endpoint, credentials: "secret" };
    backup = await backupBefore(restore, environment);
    await holdAt("fetch", "/pg_control.tar.lz4");
    await holdAt("replay", `/${segment}.lz4`);
    // PostgreSQL asks for the history file at the start of the recovery, too.
    await holdAt("promotion", "/00000002.history.lz4", segment);
  });

  it("a clone with the right values has all rows, and archives to its own place every minute", async () => {
    await Promise.all([
      pods.create("right", right),
      pods.create("scopeless", { ...clone, CLONE_SCOPE: undefined }),
      pods.create("misspelt", { ...clone, CLONE_METHOD: "clone_with_wale" }),
      pods.create("nowhere", { ...clone, CLONE_SCOPE: "nowhere" }),
      pods.initialize("initialized", "7301234567890123456").then(() => pods.create("initialized", clone)),
      ...[...held].map(([moment, { endpoint }]) => pods.create(moment, { ...clone, CLONE_AWS_ENDPOINT: endpoint })),
    ]);
    await pods.ready("right");
    assert.equal(await pods.ask("right", rows), "in the WAL, in the backup");
    assert.equal(await pods.ask("right", systemIdentifier), await pods.ask(source, systemIdentifier));
    await pods.archive("right");
  });

  faultTest(
    95,
    "the right values change nothing for a cluster that was initialized before: it never starts",
    async () => {
      await pods.says("initialized", /trying to bootstrap \(without leader\)/);
      assert.deepEqual(await pods.seen("initialized"), { ready: false, role: undefined });
      assert.doesNotMatch(await pods.log("initialized"), /Running custom bootstrap script/);
      await pods.delete("initialized");
    },
  );

  faultTest(95, "a clone from a place without backups fails again and again, and never starts", async () => {
    await pods.says("nowhere", /Could not find any backups/, 2);
    await pods.says("nowhere", /removing initialize key after failed attempt to bootstrap the cluster/, 2);
    assert.deepEqual(await pods.seen("nowhere"), { ready: false, role: undefined });
    await pods.delete("nowhere");
  });

  faultTest(114, "killed while the backup is fetched: the half database never starts", async () => {
    await killAt("fetch");
    await pods.says("fetch", /data dir for the cluster is not empty, but system ID is invalid/, 2);
    assert.deepEqual(await pods.seen("fetch"), { ready: false, role: undefined });
    await pods.delete("fetch");
  });

  faultTest(
    [114, 100],
    "killed while WAL is replayed: half of the rows look healthy, and the proof refuses",
    async () => {
      await killAt("replay");
      await pods.ready("replay");
      const proven = await provenBy("replay");
      assert.deepEqual(proven, ["restored-identity-same", "restored-timeline-newer", "restored-wal-left"]);
      assert.equal(await pods.ask("replay", rows), "in the backup");
      await pods.delete("replay");
    },
  );

  faultTest(114, "killed before the promotion: all rows are there, and the proof holds", async () => {
    await killAt("promotion");
    await pods.ready("promotion");
    const proven = await provenBy("promotion");
    assert.deepEqual(proven, ["restored-identity-same", "restored-timeline-newer", "restored-to-end"]);
    assert.equal(await pods.ask("promotion", rows), "in the WAL, in the backup");
    await pods.delete("promotion");
  });

  for (const [scope, what] of [
    ["scopeless", "without its scope"],
    ["misspelt", "by a misspelt method"],
  ] as const) {
    faultTest(95, `a clone ${what} is an empty database that looks healthy`, async () => {
      await pods.ready(scope);
      assert.equal(await pods.ask(scope, noTable), "t");
      assert.notEqual(await pods.ask(scope, systemIdentifier), await pods.ask(source, systemIdentifier));
      assert.doesNotMatch(await pods.log(scope), /ERROR|FATAL(?!: +the database system is starting up)/);
    });
  }

  faultTest(95, "the right values change nothing for data that exist already", async () => {
    await pods.delete("scopeless");
    await pods.create("scopeless", clone);
    await pods.ready("scopeless");
    assert.equal(await pods.ask("scopeless", noTable), "t");
  });

  faultTest(
    28,
    "a clone of a database without the schema public recovers, is set aside, and begins again, and the Pod says why",
    async () => {
      await pods.ask("misspelt", "drop schema public cascade");
      await pods.backUp("misspelt");
      await pods.archive("misspelt");
      await pods.create("schemaless", { ...clone, CLONE_SCOPE: "misspelt" });
      const { exec } = await connectHarbor(
        { context: harborContext, kubeconfig: environment["KUBECONFIG"] ?? "" },
        new AbortController().signal,
        () => undefined,
      );
      const pod = podSchema.parse({
        metadata: { namespace: harborCluster.namespace, name: "schemaless-0", uid: "u" },
        spec: { containers: [] },
      });
      const marks = new Set<string>();
      await waitUntil("two attempts to fail", 90, async () => {
        const found = await readDataSetAside(exec, pod, new AbortController().signal);
        if (found !== undefined) {
          assert.deepEqual(found.error, { code: "3F000", message: 'schema "public" does not exist' });
          marks.add(found.mark);
        }
        return marks.size > 1;
      });
      assert.match(await pods.log("schemaless"), /post_init script .* returned non-zero code 3/);
      await pods.delete("schemaless");
    },
  );

  it("a replica is made from the base backup in S3, and then streams from the leader", async () => {
    await waitUntil("a backup of the clone", 60, async () => (await backupsOf("right")).length > 0);
    await pods.create("right", right, 1);
    await pods.ready("right", "replica", 1);
    assert.match(await pods.log("right", 1), /replica has been created using wal_e/);
    await pods.ask("right", "insert into precious values ('after the clone')");
    await waitUntil("the row on the replica", 60, async () => {
      return (await pods.ask("right", rows, 1)) === "after the clone, in the WAL, in the backup";
    });
    assert.equal(await pods.ask("right", "select state from pg_stat_replication"), "streaming");
  });

  it("rows survive a switchover and the restart of a Pod, and the new leader archives", async () => {
    await pods.run("right", ["patronictl", "switchover", "--candidate", "right-1", "--force"]);
    await pods.ready("right", "master", 1);
    await pods.delete("right");
    await pods.create("right", right);
    await pods.ready("right", "replica");
    const all = "after the clone, in the WAL, in the backup";
    assert.equal(await pods.ask("right", rows, 1), all);
    await waitUntil("the rows on the new replica", 60, async () => (await pods.ask("right", rows)) === all);
    await pods.ask("right", "select pg_switch_wal()", 1);
    await waitUntil("an archived segment of the new timeline", 60, async () => {
      const last = await pods.ask("right", "select last_archived_wal from pg_stat_archiver", 1);
      return last.startsWith("00000003");
    });
  });

  const drillOf = (...parameters: string[]): string[] => [
    ...["drill", "run", `${harborCluster.namespace}/${harborCluster.name}`, "--context", harborContext],
    ...["--bucket", bucket, "--region", environment["AWS_REGION"] ?? "", "--scope", source],
    ...["--endpoint-url", environment["AWS_ENDPOINT_URL_S3"] ?? "", ...parameters],
  ];
  const wholePlace = ["--uid", suffix.slice(1)];
  const damagedUid = "00e85b8a-3f92-4c86-8d42-5056348c1e7e";
  /** A drill that goes on while another one is looked at. */
  let damaged: Promise<Ended>;

  it("a drill with only its role restores a backup, proves it and removes itself, and production is untouched", async () => {
    const users = await RestrictedUsers.of(harborContext);
    const drills = new DrillNamespaces();
    const folder = await mkdtemp(join(tmpdir(), "drill-"));
    try {
      const kubeconfig = await users.kubeconfig("drill-run", drillPermissions["drill run"]);
      const [expect, signingKey] = [join(folder, "expect.json"), join(folder, "proofs.key")];
      const query = { database: "postgres", sql: rows, equals: "in the WAL, in the backup" };
      await writeFile(expect, JSON.stringify({ databases: ["postgres"], queries: [query] }));
      const pair = generateKeyPairSync("ed25519");
      await writeFile(signingKey, pair.privateKey.export({ format: "pem", type: "pkcs8" }));
      await damagedCopy(s3, bucket, `spilo/${source}${suffix}/`, `spilo/${source}/${damagedUid}/`);
      const before = await drills.production();
      damaged = cli(...drillOf("--uid", damagedUid, "-o", "json"));
      const limits = ["--rpo", "1h", "--rto", "10m", "--kubeconfig", kubeconfig, "--expect", expect];
      const ended = await cli(
        ...drillOf(...wholePlace, ...limits, "-o", "json", "--remember", "--signing-key-file", signingKey),
      );
      assert.equal(ended.exitCode, 0, ended.stdout + ended.stderr);
      const report = drillRunReportSchema.parse(JSON.parse(ended.stdout));
      const notOk = report.checks.filter(({ status }) => status !== "ok").map(({ check }) => check);
      assert.deepEqual([report.verdict, report.removal, notOk], ["proven", "removed", ["indexes"]], ended.stdout);
      assert.equal(report.checks.length, 14);
      assert((await drills.names()).every((name) => name !== report.namespace));
      assert.deepEqual(await drills.production(), before);
      assert(!`${ended.stdout}${ended.stderr}`.includes(environment["AWS_SECRET_ACCESS_KEY"] ?? "?"));
      const Key = `spilo/${source}${suffix}/proofs/00000001.jws`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
      const { payload } = await compactVerify((await Body?.transformToByteArray()) ?? "", pair.publicKey);
      assert.match(Buffer.from(payload).toString("utf8"), /"kind":"drill".*"verdict":"proven"/);
    } finally {
      await users.remove();
      await rm(folder, { recursive: true });
    }
  });

  faultTest(172, "a drill of WAL that is damaged inside restores less, says so, and removes itself", async () => {
    const { exitCode, stderr, stdout } = await damaged;
    assert.equal(exitCode, 1, stdout + stderr);
    const report = drillRunReportSchema.parse(JSON.parse(stdout));
    const codes = report.checks.flatMap(({ findings }) => findings.map(({ code }) => code));
    assert(codes.includes("restored-wal-left"), stdout);
    assert.deepEqual([report.verdict, report.removal], ["failed", "removed"]);
  });

  faultTest(
    173,
    "a drill that is killed is found, and removed only when it is surely over and somebody says so",
    async () => {
      const drills = new DrillNamespaces();
      const clean = (...parameters: string[]): Promise<Ended> =>
        cli("drill", "clean", "--context", harborContext, ...parameters);
      const [killed, stopped] = await Promise.all([0, 1].map(() => startCli(drillOf(...wholePlace))));
      assert(killed && stopped);
      await Promise.all([killed, stopped].map(({ until }) => until(/waiting for the clone/)));
      killed.signal("SIGKILL");
      stopped.signal("SIGINT");
      const { exitCode, stderr } = await stopped.ended;
      assert.equal(exitCode, 130, stderr);
      const [namespace = "", ...others] = await drills.names();
      assert.deepEqual(others, [], "the one that was stopped is removed");
      const pod = await drills.pod(namespace);
      assert(!pod.includes(environment["AWS_SECRET_ACCESS_KEY"] ?? "?"), "the Pod shows a key");
      const early = await clean("--yes");
      assert.match(early.stdout, /nothing to remove/);
      await drills.age(namespace, 301);
      const unasked = await clean();
      assert.equal(unasked.exitCode, 2, unasked.stderr);
      assert.deepEqual(await drills.names(), [namespace]);
      const ended = await clean("--yes");
      assert.equal(ended.exitCode, 0, ended.stderr);
      assert.match(ended.stdout, new RegExp(`removed ${namespace}`));
      assert.deepEqual(await drills.names(), []);
    },
  );

  it("the schedule has made a backup besides the first one of each leader", async () => {
    await waitUntil("the minute to end", 70, async () => (await backupsOf("right")).length >= 3);
  });
});
