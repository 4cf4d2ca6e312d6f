import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { connectS3 } from "../../../clients/aws/s3.ts";
import { runSql } from "../../../clients/pod/sql.ts";
import { podSchema } from "../../../domain/harbor/objects.ts";
import { chosenBackup } from "../../../domain/restore/check.ts";
import { judgeIdentity, judgeTimeline, timelineOfBackup } from "../../../domain/restore/proof/identity.ts";
import { leaderQuery, readLeaderAnswer } from "../../../domain/restore/proof/leader-answer.ts";
import { promotionsIn } from "../../../domain/restore/proof/promotion.ts";
import { judgeReplay } from "../../../domain/restore/proof/replay.ts";
import { targetOf, type Restore } from "../../../domain/restore/restore.ts";
import { recommendedImage } from "../../../domain/spilo/image.ts";
import { gatherSources } from "../../../operations/restore/sources.ts";
import { databaseAccount } from "../../../sandbox/host/account.ts";
import { waitUntil } from "../../../sandbox/host/processes.ts";
import { withStandIns, writeEnvdirs } from "../../../sandbox/spilo/programs.ts";
import { spiloStart } from "../../../sandbox/spilo/start.ts";
import { startTestAws, type TestAws } from "../../support/aws.ts";
import { faultTest } from "../../support/fault-test.ts";
import { localExec } from "../../support/local-exec.ts";
import { Postgres12 } from "../../support/postgres-12.ts";
import { runWalg, uploadCapturedBucket, walgEnvironment } from "../../support/walg-bucket.ts";

const scope = "postgresql-harbor-cluster-harbor-cluster";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";

const pod = podSchema.parse({ metadata: { namespace: "n", name: "p", uid: "u" }, spec: { containers: [] } });

/** A clone's command as Patroni runs it. */
interface Attempt {
  readonly exitCode: number | undefined;
  readonly output: string;
  /** The value of a variable in the clone's envdir afterwards. */
  readonly prefix: string;
  readonly postgres: Postgres12;
  readonly recover: () => Promise<void>;
}

describe("a clone: from the container's environment to the rows in PostgreSQL 12", function () {
  this.timeout("3m");
  let aws: TestAws;
  let source: Postgres12;
  let environment: Record<string, string>;
  let folder: string;
  const attempts: Postgres12[] = [];
  /** A moment between two rows. */
  let between: string;

  /** What the operator and pod-config write for a clone, with a few values changed. */
  async function clone(changes: Record<string, string>): Promise<Attempt> {
    const postgres = await Postgres12.prepare();
    attempts.push(postgres);
    const container = {
      RW_DIR: postgres.directory,
      SCOPE: scope,
      CLONE_METHOD: "CLONE_WITH_WALE",
      CLONE_SCOPE: scope,
      CLONE_WAL_S3_BUCKET: "harbor-database-backups",
      CLONE_WAL_BUCKET_SCOPE_SUFFIX: `/${uid}`,
      CLONE_PGVERSION: "12",
      CLONE_AWS_ENDPOINT: environment["AWS_ENDPOINT"] ?? "",
      CLONE_AWS_REGION: "eu-west-2",
      CLONE_AWS_ACCESS_KEY_ID: environment["AWS_ACCESS_KEY_ID"] ?? "",
      CLONE_AWS_SECRET_ACCESS_KEY: environment["AWS_SECRET_ACCESS_KEY"] ?? "",
      ...changes,
    };
    const { bootstrap, envdirs } = spiloStart(container);
    assert(bootstrap !== undefined);
    await writeEnvdirs(envdirs, await databaseAccount());
    const command = `${withStandIns(bootstrap.command)} --scope=${scope} --datadir=${postgres.data}`;
    const env = { PATH: `${postgres.bin}:${process.env["PATH"] ?? ""}`, RW_DIR: postgres.directory };
    const { all, exitCode } = await execa("sh", ["-c", command], { all: true, reject: false, extendEnv: false, env });
    const envdir = envdirs.find(({ path }) => path.includes("env-clone"))?.path ?? "";
    const { restore_command = "", ...settings } = bootstrap.recoveryConf ?? {};
    const restoreCommand = `env PATH=${env.PATH} ${withStandIns(String(restore_command))}`;
    const recover = async (): Promise<void> => {
      const texts = Object.entries(settings).map(([name, value]): [string, string] => [name, String(value)]);
      await postgres.recover(restoreCommand, Object.fromEntries(texts));
    };
    return { exitCode, output: all, prefix: await readFile(join(envdir, "WALG_S3_PREFIX"), "utf8"), postgres, recover };
  }

  async function events({ postgres, recover, output, exitCode }: Attempt): Promise<string> {
    assert.equal(exitCode, 0, output);
    await recover();
    return postgres.query("SELECT string_agg(what, ' ' ORDER BY id) FROM events");
  }

  /** What `restore verify` makes of the running database, compared with the backup that the check before would name. */
  async function proof({ postgres }: Attempt, targetTime?: string): Promise<string[]> {
    const {
      AWS_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId = "",
      AWS_SECRET_ACCESS_KEY: secretAccessKey = "",
    } = environment;
    const store = { bucket: "harbor-database-backups", region: "eu-west-2", endpoint } as const;
    const restore: Restore = {
      ...store,
      id: "proof",
      scope,
      source: { uid: "own" },
      postgresVersion: 12,
      versionInPath: true,
      credentials: "secret",
      targetTime,
    };
    const { signal } = new AbortController();
    const s3 = connectS3({ ...store, keys: { accessKeyId, secretAccessKey } });
    const asked = { image: recommendedImage, restore, now: Date.now() };
    const sources = await gatherSources(s3, asked, { bound: signal, stop: signal });
    s3.close();
    const backup = chosenBackup(sources, targetOf({ targetTime }));
    assert(backup?.walEnd);
    const exec = await localExec(postgres.directory, { PGHOST: postgres.directory });
    const task = { database: "postgres", sql: leaderQuery, mode: "read-only", seconds: 20 } as const;
    const answer = await runSql(exec, pod, task, signal);
    assert("text" in answer, JSON.stringify(answer));
    const leader = readLeaderAnswer(answer.text);
    assert(leader);
    const promotions = promotionsIn(leader.history ?? "");
    return [
      judgeIdentity("Pod", leader.systemIdentifier, { backup, declared: undefined }),
      judgeTimeline("Pod", leader, timelineOfBackup(backup.name)),
      judgeReplay("Pod", { promotions, end: backup.walEnd, target: targetOf({ targetTime }) }),
    ].flatMap(({ findings }) => findings.map(({ code }) => code));
  }

  before("two backups of a database in one place, and another one's in the place without a version", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    folder = await mkdtemp(join(tmpdir(), "clone-"));
    await chmod(folder, 0o711);
    await uploadCapturedBucket(aws);
    source = await Postgres12.prepare();
    environment = walgEnvironment(aws, `spilo/${scope}/own/wal/12`);
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    await source.create(["env", ...variables, source.walg, "wal-push", "%p"].join(" "));
    await source.query("CREATE TABLE events (id serial PRIMARY KEY, what text)");
    const push = async (prefix: Record<string, string> = {}): Promise<void> => {
      const psql = { PGHOST: source.directory, PGUSER: "postgres" };
      const { exitCode, stderr } = await runWalg({ ...environment, ...psql, ...prefix }, ["backup-push", source.data]);
      assert.equal(exitCode, 0, stderr);
      await sleep(1100);
    };
    await push();
    await source.query("INSERT INTO events (what) VALUES ('first')");
    await sleep(1100);
    between = await source.query("SELECT to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SS.USTZH:TZM')");
    await sleep(1100);
    await source.query("INSERT INTO events (what) VALUES ('second')");
    await push();
    const last = await source.query("SELECT pg_walfile_name(pg_switch_wal())");
    await waitUntil(`${last} in the archive`, 60, async () => {
      return (await source.query("SELECT last_archived_wal FROM pg_stat_archiver")) >= last;
    });
  });
  after(async () => {
    await Promise.all([source, ...attempts].map((postgres) => postgres.stop()));
    await rm(folder, { recursive: true });
    await aws.stop();
  });

  const own = { CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/own" };

  it("restores everything when there is no target", async () => {
    const attempt = await clone(own);
    assert.match(attempt.output, /wal-g backup-fetch \S+ LATEST$/m);
    assert.equal(await events(attempt), "first second");
    assert.deepEqual(await proof(attempt), ["restored-identity-same", "restored-timeline-newer", "restored-to-end"]);
  });

  faultTest(101, "restores up to the target: one of two rows, and the history file proves it", async () => {
    const attempt = await clone({ ...own, CLONE_TARGET_TIME: between });
    assert.equal(await events(attempt), "first");
    const same = ["restored-identity-same", "restored-timeline-newer"];
    assert.deepEqual(await proof(attempt, between), [...same, "restored-to-target"]);
    // The same database does not pass for one that was restored to the end, or to a later moment.
    assert.deepEqual(await proof(attempt), [...same, "restored-target-missed"]);
  });

  faultTest(
    101,
    "promotes at the end of the WAL, in silence, when the target lies behind it; the proof refuses",
    async () => {
      const target = new Date(Date.now() + 3_600_000).toISOString().replace("Z", "+00:00");
      const attempt = await clone({ ...own, CLONE_TARGET_TIME: target });
      assert.equal(await events(attempt), "first second");
      const same = ["restored-identity-same", "restored-timeline-newer"];
      assert.deepEqual(await proof(attempt, target), [...same, "restored-target-missed"]);
    },
  );

  it("fetches the backup for a target with Z, and then PostgreSQL does not start", async () => {
    const attempt = await clone({ ...own, CLONE_TARGET_TIME: new Date().toISOString() });
    assert.equal(attempt.exitCode, 0, attempt.output);
    await assert.rejects(attempt.recover(), /FATAL: +invalid value for parameter "recovery_target_time": "\S+Z"/);
  });

  it("tries the folder of the version when none is given, and writes it into the envdir", async () => {
    const attempt = await clone({ ...own, CLONE_PGVERSION: "" });
    assert.match(attempt.output, /Trying s3:\S+\/own\/wal\/12\/ for clone$/m);
    assert.equal(attempt.prefix, `s3://harbor-database-backups/spilo/${scope}/own/wal/12/`);
    assert.equal(await events(attempt), "first second");
  });

  it("chooses by LastModified, so a copied bucket has nothing from before the target", async () => {
    const { exitCode, output } = await clone({ CLONE_TARGET_TIME: "2026-11-24T18:15:42+00:00" });
    assert.match(output, /Could not find any backups prior to the point in time/);
    assert.equal(exitCode, 1);
  });

  it("fails loudly where there is no backup, and for a target without an offset", async () => {
    const nowhere = await clone({ CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/nowhere" });
    assert.match(nowhere.output, /Could not find any backups$/m);
    const zoneless = await clone({ ...own, CLONE_TARGET_TIME: "2026-11-24T18:15:42" });
    assert.match(zoneless.output, /recovery target time must contain a timezone/);
    assert.deepEqual([nowhere.exitCode, zoneless.exitCode], [1, 1]);
  });

  it("looks for WAL-E where USE_WALG_RESTORE is another word than true", async () => {
    const { exitCode, output } = await clone({ ...own, CLONE_USE_WALG_RESTORE: "yes" });
    assert.match(output, /No such file or directory: 'wal-e'/);
    assert.equal(exitCode, 1);
  });
});
