import assert from "node:assert/strict";
import { steps, type ReportOf } from "../../domain/steps/steps.ts";
import { z } from "zod";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { AppsV1Api, CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import pLimit from "p-limit";
import { connectHarbor, type HarborClient } from "../../clients/kubernetes/harbor.ts";
import { readBootstrapState } from "../../clients/pod/spilo.ts";
import { rollPreviewSchema } from "../../domain/harbor/steps/roll-preview.ts";
import { harborPermissions } from "../../domain/harbor/permissions.ts";
import { spiloContainer } from "../../domain/harbor/objects.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import type { Permission } from "../../domain/kubernetes/permissions.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../domain/harbor/pg-hba.ts";
import { podConfigData, podSecretData } from "../../domain/harbor/pod-config.ts";
import { suggestReportSchema } from "../../domain/restore/check.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { applyHarborCluster } from "../../sandbox/harbor/harbor.ts";
import {
  adminPassword,
  backups,
  harborCluster,
  harborContext,
  operatorNamespace,
  podEnvironment,
  spiloImage,
} from "../../sandbox/harbor/objects.ts";
import { imageOf, registryKey } from "../../sandbox/harbor/registry/image.ts";
import { pushImage } from "../../sandbox/harbor/registry/push.ts";
import { registryPermissions } from "../../domain/registry/permissions.ts";
import { Processes, waitUntil } from "../../sandbox/host/processes.ts";
import { sandboxEnvironment, upHarbor } from "../../sandbox/sandbox.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { HarborDatabase, roleOf } from "../support/harbor.ts";
import { oneLess, refusalOf, RestrictedUsers } from "../support/restricted-user.ts";
import {
  askDirectly,
  harborEnvironment,
  runInSandbox,
  startCli,
  testDirectory,
  type Ended,
} from "../support/sandbox.ts";
import { backupObjects, walgPrefix, walObjects } from "../support/walg.ts";
import { faultTest } from "../support/fault-test.ts";
import { inOrder } from "../support/in-order.ts";

const { namespace, database: name } = harborCluster;
const cluster = `${namespace}/${harborCluster.name}`;
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
/** S3 refuses this key until it is rotated. */
const oldKey = "canary-old-key";
const processes = new Processes(layout(testDirectory).processes);

describe("the steps for Harbor's database, with both real operators and a real S3", function () {
  this.timeout("8m");
  inOrder((title) => !title.startsWith("restore check"));
  let aws: TestAws;
  let database: HarborDatabase;
  let users: RestrictedUsers;
  let harbor: HarborClient;
  let s3: S3Client;

  before(
    "the sandbox with Harbor's part, S3 with the backups of a lost database, pod-config and its Secret",
    async function () {
      this.timeout("60m");
      const { KUBECONFIG = "" } = await harborEnvironment();
      aws = await startTestAws();
      database = new HarborDatabase();
      await database.removeHarbor();
      users = await RestrictedUsers.of(harborContext);
      harbor = await connectHarbor(
        { context: harborContext, kubeconfig: KUBECONFIG },
        new AbortController().signal,
        () => undefined,
      );
      s3 = new S3Client(clientSettings(aws.environment, "s3"));
      await s3.send(new CreateBucketCommand({ Bucket: backups.bucket }));
      const content = (key: string): string | Buffer => {
        // LZ4 makes no smaller object out of a whole segment.
        if (key.includes("/wal_005/")) return Buffer.alloc(66_000);
        if (key.endsWith("sentinel.json"))
          return `{"PgVersion":120022,"SystemIdentifier":7710366851552716423,"FinishLSN":67109120,"CompressedSize":100}`;
        return `{"start_time":"${new Date().toISOString()}","finish_time":"${new Date().toISOString()}","pg_version":120022}`;
      };
      for (const { key } of [...backupObjects(3, 0), ...walObjects(3, 9, 0)]) {
        await s3.send(new PutObjectCommand({ Bucket: backups.bucket, Key: key, Body: content(key) }));
      }
      const backup = {
        ...backups,
        endpoint: endpoint(),
        credentials: "secret",
        schedule: "0 1 * * *",
        retainDays: 5,
      } as const;
      await database.apply({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: operatorNamespace, name: "pod-config" },
        data: podConfigData(backup, undefined),
      });
      const stringData = podSecretData({ backup: { ...keys(), secretAccessKey: oldKey } });
      await database.apply({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace, name: podEnvironment.secret },
        stringData,
      });
    },
  );

  after(async () => {
    await users.remove();
    s3.destroy();
    await aws.stop();
  });

  /** Keys that this S3 accepts. */
  function keys(): { accessKeyId: string; secretAccessKey: string } {
    const { AWS_ACCESS_KEY_ID: accessKeyId = "-", AWS_SECRET_ACCESS_KEY: secretAccessKey = "-" } = aws.environment;
    return { accessKeyId, secretAccessKey };
  }

  const endpoint = (): string => aws.environment["AWS_ENDPOINT_URL_S3"] ?? "";

  /** Runs the CLI as a user with AWS credentials, and checks that it prints no secret. */
  async function run(parameters: readonly string[], input?: object): Promise<Ended> {
    const ended = await runInSandbox(["postgres-recovery", ...parameters, "--context", harborContext], {
      env: aws.environment,
      ...(input !== undefined && { input: JSON.stringify(input) }),
    });
    for (const secret of [oldKey, keys().secretAccessKey])
      assert(!`${ended.stdout}${ended.stderr}`.includes(secret), "a secret was printed");
    return ended;
  }

  function checkRequest(changes: object = {}): object {
    const store = { ...backups, endpoint: endpoint(), credentials: "secret" };
    return {
      version: 1,
      kubernetes: { context: harborContext },
      cluster,
      image: spiloImage,
      backup: store,
      restore: {
        ...store,
        id: "r1",
        scope: name,
        source: { uid },
        postgresVersion: 12,
        versionInPath: true,
        ...changes,
      },
      keys: { backup: keys(), restore: keys() },
    };
  }

  async function status(): Promise<ReportOf<"harbor status">> {
    const { stdout, stderr } = await run(["harbor", "status", cluster, "-o", "json"]);
    assert.notEqual(stdout, "", stderr);
    return steps["harbor status"].report.parse(JSON.parse(stdout));
  }

  function severities({ sections }: ReportOf<"harbor status">, title: string): string[] {
    return [
      ...new Set(sections.find((section) => section.title === title)?.findings.map(({ severity }) => severity)),
    ].sort();
  }

  async function rolled(): Promise<ReportOf<"harbor roll">> {
    const { exitCode, stdout, stderr } = await run(["harbor", "roll", cluster, "--yes", "-o", "json"]);
    assert.equal(exitCode, 0, stderr);
    return steps["harbor roll"].report.parse(JSON.parse(stdout));
  }

  /** Whether S3 has a finished base backup there. */
  async function hasBackup(place: string): Promise<boolean> {
    const Prefix = `${place}/basebackups_005/`;
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: backups.bucket, Prefix }));
    return Contents.some(({ Key = "" }) => Key.endsWith("_sentinel.json"));
  }

  /** Changes the StatefulSet's template, as the operator does when it has new settings for the Pods. */
  async function editTemplate(round: string): Promise<void> {
    const apps = client(layout(testDirectory).kubeconfig, harborContext).makeApiClient(AppsV1Api);
    const body = { spec: { template: { metadata: { annotations: { "test/round": round } } } } };
    const merge = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
    await apps.patchNamespacedStatefulSet({ namespace, name, body }, merge);
  }

  const uids = async (): Promise<string[]> =>
    (await harbor.listPods(harborCluster)).map(({ metadata }) => metadata.uid);

  it("restore check accepts the right backups, operator configuration and keys with exit code 0", async () => {
    const { exitCode, stdout, stderr } = await run(
      ["restore", "check", "--request", "-", "-o", "json"],
      checkRequest(),
    );
    assert.equal(exitCode, 0, stdout + stderr);
    const report = steps["restore check"].report.parse(JSON.parse(stdout));
    assert.equal(report.verdict, "ok");
    assert.equal(report.backup?.place, `s3://${backups.bucket}/${walgPrefix}`);
    assert(report.findings.some(({ where }) => where === `ConfigMap ${operatorNamespace}/postgres-operator`));
  });

  it("restore check finds the same with options only, and warns that it did not try the Pods' keys", async () => {
    const { exitCode, stdout } = await run([
      "restore",
      "check",
      cluster,
      "--bucket",
      backups.bucket,
      "--region",
      backups.region,
      "--endpoint",
      endpoint(),
      "--uid",
      uid,
      "--image",
      spiloImage,
    ]);
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^BACKUP +base_000000010000000000000003$/m);
    assert.match(
      stdout,
      /warning +restore-credentials-untried +restore\.credentials: the keys of the pod Secret were not tried/,
    );
    assert.match(stdout, /the restore can begin; read the warnings first$/);
  });

  faultTest(20, "restore check says on stderr how to fix another UID, with exit code 1", async () => {
    const { exitCode, stdout, stderr } = await run(
      ["restore", "check", "--request", "-", "-o", "json"],
      checkRequest({ source: { uid: "00e85b8a-3f92-4c86-8d42-5056348c1e7e" } }),
    );
    assert.equal(exitCode, 1);
    assert.match(stderr, /^PROBLEM\[backup-missing\]: s3:\/\/.*: holds no backup; correct restore\.scope, uid/m);
    assert.equal(steps["restore check"].report.parse(JSON.parse(stdout)).verdict, "refuse");
  });

  faultTest(23, "restore check is never okay with a wrong region or a silent S3: exit code 3", async () => {
    for (const [wrong, told] of [
      [{ region: "us-east-1" }, /the bucket is in the region eu-west-2/],
      [{ endpoint: "http://127.0.0.1:9" }, /no answer/],
    ] as const) {
      const { exitCode, stderr } = await run(["restore", "check", "--request", "-", "-o", "json"], checkRequest(wrong));
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, told);
    }
  });

  faultTest(22, "restore check refuses a target time in the future, and one beyond the WAL that is in S3", async () => {
    const offsetTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}+00:00`;
    for (const [moment, told] of [
      [Date.now() + 3_600_000, /^PROBLEM\[target-time-in-future\]/m],
      [Date.now(), /^PROBLEM\[wal-ends-before-target\]/m],
    ] as const) {
      const request = checkRequest({ targetTime: offsetTime(moment) });
      const { exitCode, stderr } = await run(["restore", "check", "--request", "-", "-o", "json"], request);
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, told);
    }
  });

  faultTest(26, "restore check refuses an image whose WAL-G its own scripts do not understand", async () => {
    const request = { ...checkRequest(), image: "registry.opensource.zalan.do/acid/spilo-13:2.0-p7" };
    const { exitCode, stderr } = await run(["restore", "check", "--request", "-", "-o", "json"], request);
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /^PROBLEM\[image-backup-list-unread\]: image registry\.opensource\.zalan\.do/m);
  });

  faultTest(19, "restore check names everything that a request lacks at once, with exit code 2", async () => {
    const { exitCode, stderr } = await run(
      ["restore", "check", "--request", "-"],
      checkRequest({ scope: undefined, bucket: undefined }),
    );
    assert.equal(exitCode, 2);
    assert.match(stderr, /restore\.bucket[^]*restore\.scope/);
  });

  faultTest(110, "restore check refuses a volume that is left of the lost database, until it is gone", async () => {
    const claim = `pgdata-${name}-0`;
    await database.createClaim(claim);
    const refused = await run(["restore", "check", "--request", "-", "-o", "json"], checkRequest());
    await database.removeClaim(claim);
    assert.equal(refused.exitCode, 1, refused.stderr);
    assert.match(
      refused.stderr,
      new RegExp(
        `PROBLEM\\[volumes-left\\]: .*: ${claim} is left[^]*kubectl --context lab -n ${namespace} delete pvc ${claim}`,
      ),
    );
    const { exitCode, stderr } = await run(["restore", "check", "--request", "-", "-o", "json"], checkRequest());
    assert.equal(exitCode, 0, stderr);
  });

  it("restore check --suggest prints what the bucket holds, written as a stack setting", async () => {
    const { exitCode, stdout } = await run([
      "restore",
      "check",
      "--suggest",
      "--bucket",
      backups.bucket,
      "--region",
      backups.region,
      "--endpoint",
      endpoint(),
      "-o",
      "json",
    ]);
    assert.equal(exitCode, 0);
    const [place, ...others] = suggestReportSchema.parse(JSON.parse(stdout)).places;
    assert.deepEqual(
      [place?.scope, place?.uid, place?.postgresVersion, place?.backups, others],
      [name, uid, 12, 1, []],
    );
  });

  faultTest(21, "status refuses a clone method, a boolean and a name that Spilo takes for something else", async () => {
    const podConfig = { namespace: operatorNamespace, name: "pod-config" };
    const wrong = { CLONE_METHOD: "clone_with_wale", CLONE_USE_WALG_RESTORE: "True", use_walg_backup: "false" };
    const undo = await database.patchConfigMap(podConfig, wrong);
    const { sections } = await status();
    await undo();
    const problems = sections
      .filter(({ title }) => title === "pod-config")
      .flatMap(({ findings }) => findings)
      .filter(({ severity }) => severity === "refuse");
    for (const key of Object.keys(wrong))
      assert(
        problems.some(({ where }) => where.includes(key)),
        key,
      );
  });

  faultTest(27, "pg-hba ends in time without the resource and says what it waited for, with exit code 4", async () => {
    const { exitCode, stderr } = await run(["harbor", "pg-hba", cluster, "--wait", "3s"]);
    assert.equal(exitCode, 4);
    assert.match(stderr, /waiting for the Harbor operator to create postgresql/);
    assert.match(stderr, /there is no HarborCluster/);
  });

  faultTest(
    27,
    "pg-hba, started early, writes the list as soon as the Harbor operator creates the resource",
    async () => {
      const writing = await startCli(["harbor", "pg-hba", cluster, "-o", "json", "--context", harborContext]);
      await writing.until(/waiting for the Harbor operator to create postgresql/);
      await applyHarborCluster(testDirectory);
      const { exitCode, stdout, stderr } = await writing.ended;
      assert.equal(exitCode, 0, stderr);
      const report = steps["harbor pg-hba"].report.parse(JSON.parse(stdout));
      assert.equal(report.outcome, "applied");
      const { metadata, spec } = await database.resource();
      assert.deepEqual([spec.patroni.pg_hba, metadata.uid], [[...runbookPgHba], report.uid]);
    },
  );

  faultTest(26, "pg-hba writes nothing when the database has another image than declared", async () => {
    const before = (await database.resource()).spec.patroni.pg_hba;
    const old = [
      "--image",
      "registry.opensource.zalan.do/acid/spilo-13:2.0-p7",
      "--line",
      "host all ops 10.1.0.0/16 md5",
    ];
    const { exitCode, stderr } = await run(["harbor", "pg-hba", cluster, ...old]);
    assert.equal(exitCode, 4, stderr);
    assert(stderr.includes(`the database's image is ${spiloImage}`), stderr);
    assert.deepEqual((await database.resource()).spec.patroni.pg_hba, before);
  });

  it("roll brings a new database to a leader with the list, whatever the operator did meanwhile", async () => {
    const { exitCode, stdout, stderr } = await run(["harbor", "roll", cluster, "--yes", "-o", "json"]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(steps["harbor roll"].report.parse(JSON.parse(stdout)).leader, `${name}-0`);
    assert.deepEqual(await database.configuredHba(), runbookPgHba);
    assert.equal(roleOf(await database.pod()), "master");
  });

  faultTest(93, "a Pod is not deleted when it has another UID than the one that was seen", async () => {
    const [pod] = await harbor.listPods(harborCluster);
    assert(pod !== undefined);
    await harbor.deletePod({ ...pod, metadata: { ...pod.metadata, uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" } });
    const { metadata } = await database.pod();
    assert.deepEqual([metadata?.uid, metadata?.deletionTimestamp], [pod.metadata.uid, undefined]);
  });

  it("roll and pg-hba write nothing and touch no Pod when run again", async () => {
    const before = await uids();
    const rolled = await run(["harbor", "roll", cluster, "--yes", "-o", "json"]);
    assert.equal(steps["harbor roll"].report.parse(JSON.parse(rolled.stdout)).outcome, "already-current");
    const written = await run(["harbor", "pg-hba", cluster, "-o", "json"]);
    assert.equal(steps["harbor pg-hba"].report.parse(JSON.parse(written.stdout)).outcome, "already-in-place");
    assert.deepEqual(await uids(), before);
  });

  faultTest(
    112,
    "roll recreates a Pod that has an old key of the pod Secret, which the operator leaves as it is",
    async () => {
      const before = await uids();
      await database.setSecret(
        { namespace, name: podEnvironment.secret },
        { AWS_SECRET_ACCESS_KEY: keys().secretAccessKey },
      );
      const dryRun = await run(["harbor", "roll", cluster, "--dry-run"]);
      assert.match(dryRun.stdout, new RegExp(`1\\. delete ${name}-0: the only Pod, from before a change of its keys`));
      assert.deepEqual(await uids(), before);
      assert.deepEqual((await rolled()).pods, [`${name}-0`]);
      const asked = await askDirectly(harborContext, namespace, `${name}-0`, "printenv", "AWS_SECRET_ACCESS_KEY");
      assert.equal(asked, keys().secretAccessKey);
    },
  );

  it("status shows everything at a glance and no secret", async () => {
    await waitUntil(
      "the status Running",
      120,
      async () => (await database.resource()).status?.PostgresClusterStatus === "Running",
    );
    const place = `spilo/${name}/${(await database.resource()).metadata.uid}/wal/12`;
    await waitUntil("the first base backup", 120, () => hasBackup(place));
    const report = await status();
    for (const title of ["postgresql resource", "Zalando operator", "Pods' template", "restore", "Pods", "pod-config"])
      assert.deepEqual(severities(report, title), ["ok"], `${title}: ${JSON.stringify(report.sections)}`);
    for (const title of ["archiving", "backups", "WAL"])
      assert.deepEqual(severities(report, title), ["ok"], `${title}: ${JSON.stringify(report.sections)}`);
    const own = `s3://${backups.bucket}/${place}`;
    assert.equal(report.sections.find(({ title }) => title === "backups")?.findings[0]?.where, own);
    assert.deepEqual(report.pods, [{ name: `${name}-0`, role: "leader", ready: true, current: true }]);
  });

  faultTest(
    122,
    "backup verify compares the sentinels and folders in S3 with the list of WAL-G in the leader's Pod",
    async () => {
      const kubeconfig = await users.kubeconfig("backup-verify", harborPermissions["backup verify"]);
      const verify = async () => {
        const command = ["backup", "verify", cluster, "--kubeconfig", kubeconfig, "-o", "json"];
        const { exitCode, stdout, stderr } = await run(command);
        assert.notEqual(stdout, "", stderr);
        const report = steps["backup verify"].report.parse(JSON.parse(stdout));
        return { exitCode, ...report, codes: report.findings.map(({ code }) => code) };
      };
      const agreed = await verify();
      assert.equal(agreed.exitCode, 0, JSON.stringify(agreed.findings));
      for (const code of ["backup-list-agrees", "wal-archiving-works", "backups-restorable"] as const)
        assert(agreed.codes.includes(code), code);

      // WAL-G of this Pod looks elsewhere, as with a variable that was changed by hand.
      const [leader] = await harbor.listPods(harborCluster);
      assert(leader);
      const inPod = async (script: string): Promise<void> => {
        const argv = ["sh", "-c", `cd "\${RW_DIR:-/run}/etc/wal-e.d/env" && ${script}`];
        const ended = await harbor.exec(containerOf(leader.metadata, spiloContainer), argv, { deadlineSeconds: 30 });
        assert(ended.end === "exited" && ended.code === 0, JSON.stringify(ended));
      };
      await inPod(`printf %s s3://${backups.bucket}/elsewhere > WALG_S3_PREFIX`);
      const elsewhere = await verify().finally(() => inPod(`printf %s ${agreed.place} > WALG_S3_PREFIX`));
      assert.deepEqual([elsewhere.exitCode, elsewhere.verdict], [3, "unknown"]);
      assert(elsewhere.codes.includes("backup-list-empty"), JSON.stringify(elsewhere.findings));

      const [backup] = agreed.backups;
      const place = agreed.place.slice(`s3://${backups.bucket}/`.length);
      const Key = `${place}/basebackups_005/${backup?.name ?? ""}_backup_stop_sentinel.json`;
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: backups.bucket, Key }));
      assert(Body);
      const sentinel = await Body.transformToByteArray();
      await s3.send(new DeleteObjectCommand({ Bucket: backups.bucket, Key }));
      const missing = await verify().finally(() =>
        s3.send(new PutObjectCommand({ Bucket: backups.bucket, Key, Body: sentinel })),
      );
      assert.equal(missing.exitCode, 1);
      assert.deepEqual(
        missing.unfinished.map(({ name: folder }) => folder),
        [backup?.name],
      );
      assert(missing.codes.includes("backups-wal-alone"));
    },
  );

  faultTest(
    113,
    "registry check finds in the bucket what was pushed to Harbor, and names the image that lost a layer",
    async () => {
      const bucket = "harbor-artifacts";
      const image = imageOf("shop/app", "v1", ["a layer"]);
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await pushImage(testDirectory, s3, bucket, image);
      const harborApi = async (path: string): Promise<unknown> => {
        const { HARBOR_URL = "" } = await sandboxEnvironment(testDirectory);
        const authorization = `Basic ${btoa(`admin:${adminPassword.stringData.secret}`)}`;
        return (await fetch(`${HARBOR_URL}/api/v2.0/${path}`, { headers: { authorization } })).json();
      };
      const named = z.array(z.object({ name: z.string() }));
      assert.deepEqual(
        named.parse(await harborApi("projects")).map((one) => one.name),
        ["library", "shop"],
      );
      const artifacts = z.array(z.object({ digest: z.string(), tags: named }));
      assert.deepEqual(
        artifacts.parse(await harborApi("projects/shop/repositories/app/artifacts")).map(({ digest }) => digest),
        [image.manifest.digest],
      );
      assert.equal(z.object({ status: z.string() }).parse(await harborApi("health")).status, "healthy");

      const kubeconfig = await users.kubeconfig("registry-check", registryPermissions["registry check"]);
      const check = ["registry", "check", cluster, "--bucket", bucket, "--region", backups.region];
      const options = ["--endpoint", endpoint(), "--kubeconfig", kubeconfig];
      const whole = await run([...check, ...options]);
      assert.equal(whole.exitCode, 0, whole.stdout + whole.stderr);
      const layer = image.layers[0]?.digest ?? "";
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: registryKey(layer) }));
      const { exitCode, stdout } = await run([...check, ...options]);
      assert.equal(exitCode, 1, stdout);
      assert.match(stdout, new RegExp(`^${layer} +missing +shop/app:v1 +nothing: push it again$`, "m"));
      assert.match(stdout, /registry-blobs-missing/);
    },
  );

  faultTest(
    24,
    "restore check refuses a database that was bootstrapped before, because Spilo would skip the restore",
    async () => {
      const { exitCode, stderr } = await run(["restore", "check", "--request", "-", "-o", "json"], checkRequest());
      assert.equal(exitCode, 1);
      assert.match(stderr, /already exists and is not the backups' database/);
    },
  );

  faultTest(
    27,
    "after a HarborCluster edit reverts the list, status says so, pg-hba restores it and roll brings up two Pods with it",
    async () => {
      await applyHarborCluster(testDirectory, { replicas: 2 });
      await waitUntil(
        "the Harbor operator to revert the list",
        60,
        async () => (await database.resource()).spec.patroni.pg_hba.length === harborOperatorPgHba.length,
      );
      assert(severities(await status(), "postgresql resource").includes("refuse"));
      const { stdout } = await run(["harbor", "pg-hba", cluster, "-o", "json"]);
      assert.deepEqual(
        [
          steps["harbor pg-hba"].report.parse(JSON.parse(stdout)).outcome,
          steps["harbor pg-hba"].report.parse(JSON.parse(stdout)).generation,
        ],
        ["applied", "2"],
      );
      const rolled = await run(["harbor", "roll", cluster, "--yes", "-o", "json"]);
      assert.equal(rolled.exitCode, 0, rolled.stderr);
      await waitUntil("two Pods", 120, async () => (await uids()).length === 2);
      assert.equal((await run(["harbor", "roll", cluster, "--yes"])).exitCode, 0);
      assert.deepEqual((await harbor.listPods(harborCluster)).map((pod) => pod.metadata.labels["spilo-role"]).sort(), [
        "master",
        "replica",
      ]);
    },
  );

  it("roll without the operator's help takes the replica, switches over, then takes the former leader", async () => {
    const before = await uids();
    const leader =
      (await harbor.listPods(harborCluster)).find((pod) => pod.metadata.labels["spilo-role"] === "master")?.metadata
        .name ?? "";
    const replica = leader.endsWith("-0") ? `${name}-1` : `${name}-0`;
    await processes.stop("lab.postgres-operator");
    try {
      await editTemplate("2");
      const dryRun = await run(["harbor", "roll", cluster, "--dry-run", "-o", "json"]);
      assert.deepEqual(
        rollPreviewSchema
          .parse(JSON.parse(dryRun.stdout))
          .steps.map((one) => (one.step === "delete" ? one.pod : one.step)),
        [replica, "switchover", leader],
      );
      const refused = await run(["harbor", "roll", cluster]);
      assert.equal(refused.exitCode, 2);
      assert.match(refused.stderr, /^error\[not-confirmed\]/m);
      assert.deepEqual(await uids(), before);
      const { exitCode, stdout, stderr } = await run(["harbor", "roll", cluster, "--yes", "-o", "json"]);
      assert.equal(exitCode, 0, stderr);
      const report = steps["harbor roll"].report.parse(JSON.parse(stdout));
      assert.deepEqual([report.outcome, report.pods, report.leader], ["rolled", [replica, leader], replica]);
      assert.match(
        stderr,
        new RegExp(`deleting ${replica}[^]*handing the lead from ${leader} to ${replica}[^]*deleting ${leader}`),
      );
      assert.deepEqual(
        (await uids()).filter((one) => before.includes(one)),
        [],
      );
    } finally {
      await upHarbor(testDirectory, () => undefined);
    }
  });

  faultTest(85, "roll is not done while a ready replica does not stream, and is once it does", async () => {
    const { leader } = await rolled();
    const streaming = (from = leader): Promise<string> =>
      database.ask("select application_name from pg_stat_replication where state = 'streaming'", from);
    await waitUntil("the replica to stream", 120, async () => (await streaming()) !== "");
    await database.ask("alter role standby noreplication", leader);
    try {
      await database.ask("select pg_terminate_backend(pid) from pg_stat_replication", leader);
      await waitUntil("the replica not to stream", 60, async () => (await streaming()) === "");
      const { exitCode, stderr } = await run(["harbor", "roll", cluster, "--yes", "--pod-timeout", "5s"]);
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, new RegExp(`timed out after 5s waiting for \\S+ to stream from ${leader}`));
    } finally {
      await database.ask("alter role standby replication", leader);
    }
    assert.notEqual(await streaming((await rolled()).leader), "");
  });

  it("the control file tells a Pod in recovery from one whose bootstrap is over", async () => {
    const states = await Promise.all(
      (await harbor.listPods(harborCluster)).map(
        async (pod) =>
          [
            pod.metadata.labels["spilo-role"],
            await readBootstrapState(harbor.exec, pod, new AbortController().signal),
          ] as const,
      ),
    );
    assert.deepEqual(Object.fromEntries(states), {
      master: { state: "under-way", cluster: "in production" },
      replica: { state: "under-way", cluster: "in archive recovery" },
    });
  });

  const commandOf = {
    "restore check": ["restore", "check", "--request", "-", "-o", "json"],
    "harbor status": ["harbor", "status", cluster, "--no-backups"],
    "harbor fingerprint": ["harbor", "fingerprint", cluster],
    "harbor pg-hba": ["harbor", "pg-hba", cluster],
    "harbor environment": ["harbor", "environment", "--request", "-"],
    "harbor roll": ["harbor", "roll", cluster, "--yes"],
  } as const;
  type RestrictedStep = keyof typeof commandOf;
  /** Permissions that the step needs in other situations only: another place of Patroni's record, of the operator's configuration. */
  const unusedHere: Record<RestrictedStep, readonly string[]> = {
    "restore check": ["get operatorconfigurations"],
    "harbor status": ["get operatorconfigurations"],
    "harbor fingerprint": ["get harborclusters"],
    "harbor pg-hba": [],
    "harbor environment": [],
    // The delete is tried below.
    "harbor roll": ["get configmaps", "delete pods"],
  };

  async function runRestricted(step: RestrictedStep, user: string, held: readonly Permission[]): Promise<Ended> {
    const kubeconfig = await users.kubeconfig(user, held);
    const kubernetes = { context: harborContext, kubeconfig, kubeSystemUid: await kubeSystemUid() };
    const requests: Partial<Record<RestrictedStep, object>> = {
      "restore check": checkRequest(),
      "harbor environment": { version: 1, cluster, podConfigData: {}, podSecretData: {} },
    };
    const request = requests[step];
    const input = request && { ...request, kubernetes };
    const identity = input === undefined ? ["--kube-system-uid", kubernetes.kubeSystemUid] : [];
    return run([...commandOf[step], ...identity, "--kubeconfig", kubeconfig], input);
  }

  async function kubeSystemUid(): Promise<string> {
    const core = client(layout(testDirectory).kubeconfig, harborContext).makeApiClient(CoreV1Api);
    return (await core.readNamespace({ name: "kube-system" })).metadata?.uid ?? "";
  }

  /** A list that differs from the required one in a line that changes nothing. */
  const editPgHba = (): Promise<void> =>
    database.apply({
      apiVersion: "acid.zalan.do/v1",
      kind: "postgresql",
      metadata: { namespace, name },
      spec: { patroni: { pg_hba: [...runbookPgHba, "host all ops 10.1.0.0/16 md5"] } },
    });

  for (const step of Object.keys(commandOf) as RestrictedStep[]) {
    it(`${step} works with exactly the role of docs/permissions.md`, async () => {
      const { exitCode, stdout, stderr } = await runRestricted(step, step.replace(" ", "-"), harborPermissions[step]);
      // A check and a status end with 1 when they have something to say against the database.
      assert(exitCode === 0 || (exitCode === 1 && /check|status/.test(step)), `${exitCode ?? ""}: ${stderr}`);
      assert.doesNotMatch(stdout + stderr, /not allowed|forbidden/);
      assert.notEqual(stdout, "", stderr);
    });

    faultTest(15, `${step} without any one of its permissions is refused, and names it`, async () => {
      if (step === "harbor pg-hba") await editPgHba();
      const atOnce = pLimit(4);
      const tried = oneLess(harborPermissions[step]).filter(({ missing }) => !unusedHere[step].includes(missing));
      await atOnce.map(tried, async ({ less, missing }) => {
        const user = `${step} less ${missing}`.replaceAll(/[^a-z]/g, "-");
        const { exitCode, stdout, stderr } = await runRestricted(step, user, less);
        // What is unknown is 3. What a check or a status finds besides comes first, with 1.
        const expected = /check|status/.test(step) ? [1, 3] : [3];
        assert(expected.includes(exitCode ?? 0), `${missing}: ${stdout}${stderr}`);
        assert.match(stdout + stderr, refusalOf(missing));
      });
    });
  }

  faultTest(15, "harbor roll without the right to delete Pods deletes none, and names it", async () => {
    await rolled();
    await processes.stop("lab.postgres-operator");
    try {
      await editTemplate("3");
      const before = await uids();
      const less =
        oneLess(harborPermissions["harbor roll"]).find(({ missing }) => missing === "delete pods")?.less ?? [];
      const { exitCode, stderr } = await runRestricted("harbor roll", "harbor-roll-less-delete", less);
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, refusalOf("delete pods"));
      assert.deepEqual(await uids(), before);
    } finally {
      await upHarbor(testDirectory, () => undefined);
    }
  });
});
