import assert from "node:assert/strict";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Restore } from "../../../domain/restore/restore.ts";
import { waitUntil } from "../../../sandbox/host/processes.ts";
import { startTestAws, type TestAws } from "../../support/aws.ts";
import { backupBefore, Clones, events, proof, type Attempt } from "../../support/clone.ts";
import { faultTest } from "../../support/fault-test.ts";
import { Postgres12 } from "../../support/postgres-12.ts";
import { runWalg, uploadCapturedBucket, walgEnvironment } from "../../support/walg-bucket.ts";

const scope = "postgresql-harbor-cluster-harbor-cluster";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";

describe("a clone: from the container's environment to the rows in PostgreSQL 12", function () {
  this.timeout("3m");
  let aws: TestAws;
  let source: Postgres12;
  let environment: Record<string, string>;
  let folder: string;
  let clones: Clones;
  /** A moment between two rows. */
  let between: string;

  /** What `restore verify` makes of the running database, compared with the backup that the check before would name. */
  async function proved(attempt: Attempt, targetTime?: string): Promise<string[]> {
    const restore: Restore = {
      bucket: "harbor-database-backups",
      region: "eu-west-2",
      endpoint: environment["AWS_ENDPOINT"],
      id: "proof",
      scope,
      source: { uid: "own" },
      postgresVersion: 12,
      versionInPath: true,
      credentials: "secret",
      targetTime,
    };
    return proof(attempt, await backupBefore(restore, environment), targetTime);
  }

  before("two backups of a database in one place, and another one's in the place without a version", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    folder = await mkdtemp(join(tmpdir(), "clone-"));
    await chmod(folder, 0o711);
    await uploadCapturedBucket(aws);
    source = await Postgres12.prepare();
    environment = walgEnvironment(aws, `spilo/${scope}/own/wal/12`);
    clones = new Clones({
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
    });
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
    await Promise.all([source.stop(), clones.stop()]);
    await rm(folder, { recursive: true });
    await aws.stop();
  });

  const own = { CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/own" };

  it("restores everything when there is no target", async () => {
    const attempt = await clones.clone(own);
    assert.match(attempt.output, /wal-g backup-fetch \S+ LATEST$/m);
    assert.equal(await events(attempt), "first second");
    assert.deepEqual(await proved(attempt), ["restored-identity-same", "restored-timeline-newer", "restored-to-end"]);
  });

  faultTest(101, "restores up to the target: one of two rows, and the history file proves it", async () => {
    const attempt = await clones.clone({ ...own, CLONE_TARGET_TIME: between });
    assert.equal(await events(attempt), "first");
    const same = ["restored-identity-same", "restored-timeline-newer"];
    assert.deepEqual(await proved(attempt, between), [...same, "restored-to-target"]);
    // The same database does not pass for one that was restored to the end, or to a later moment.
    assert.deepEqual(await proved(attempt), [...same, "restored-target-missed"]);
  });

  faultTest(
    101,
    "promotes at the end of the WAL, in silence, when the target lies behind it; the proof refuses",
    async () => {
      const target = new Date(Date.now() + 3_600_000).toISOString().replace("Z", "+00:00");
      const attempt = await clones.clone({ ...own, CLONE_TARGET_TIME: target });
      assert.equal(await events(attempt), "first second");
      const same = ["restored-identity-same", "restored-timeline-newer"];
      assert.deepEqual(await proved(attempt, target), [...same, "restored-target-missed"]);
    },
  );

  it("fetches the backup for a target with Z, and then PostgreSQL does not start", async () => {
    const attempt = await clones.clone({ ...own, CLONE_TARGET_TIME: new Date().toISOString() });
    assert.equal(attempt.exitCode, 0, attempt.output);
    await assert.rejects(attempt.recover(), /FATAL: +invalid value for parameter "recovery_target_time": "\S+Z"/);
  });

  it("tries the folder of the version when none is given, and writes it into the envdir", async () => {
    const attempt = await clones.clone({ ...own, CLONE_PGVERSION: "" });
    assert.match(attempt.output, /Trying s3:\S+\/own\/wal\/12\/ for clone$/m);
    assert.equal(attempt.prefix, `s3://harbor-database-backups/spilo/${scope}/own/wal/12/`);
    assert.equal(await events(attempt), "first second");
  });

  it("chooses by LastModified, so a copied bucket has nothing from before the target", async () => {
    const { exitCode, output } = await clones.clone({ CLONE_TARGET_TIME: "2026-11-24T18:15:42+00:00" });
    assert.match(output, /Could not find any backups prior to the point in time/);
    assert.equal(exitCode, 1);
  });

  it("fails loudly where there is no backup, and for a target without an offset", async () => {
    const nowhere = await clones.clone({ CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/nowhere" });
    assert.match(nowhere.output, /Could not find any backups$/m);
    const zoneless = await clones.clone({ ...own, CLONE_TARGET_TIME: "2026-11-24T18:15:42" });
    assert.match(zoneless.output, /recovery target time must contain a timezone/);
    assert.deepEqual([nowhere.exitCode, zoneless.exitCode], [1, 1]);
  });

  it("looks for WAL-E where USE_WALG_RESTORE is another word than true", async () => {
    const { exitCode, output } = await clones.clone({ ...own, CLONE_USE_WALG_RESTORE: "yes" });
    assert.match(output, /No such file or directory: 'wal-e'/);
    assert.equal(exitCode, 1);
  });
});
