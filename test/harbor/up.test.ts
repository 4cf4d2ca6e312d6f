import assert from "node:assert/strict";
import type { FaultNumber } from "../faults.ts";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DeleteObjectCommand,
  GetPublicAccessBlockCommand,
  GetBucketVersioningCommand,
  HeadObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { harborOperatorPgHba, runbookPgHba } from "../../domain/harbor/pg-hba.ts";
import { restoreVerifyReportSchema } from "../../domain/restore/proof/report.ts";
import { secretCopySchema } from "../../domain/secrets/copy.ts";
import { configRestoreReportSchema } from "../../domain/stack/config-edit.ts";
import { copyName } from "../../domain/secrets/copy-place.ts";
import { applyHarborCluster } from "../../sandbox/harbor/harbor.ts";
import {
  adminPassword,
  backups,
  harborCluster,
  harborContext,
  operatorNamespace,
  zalandoConfigMap,
} from "../../sandbox/harbor/objects.ts";
import { imageOf, registryKey, type Image } from "../../sandbox/harbor/registry/image.ts";
import { pushImage } from "../../sandbox/harbor/registry/push.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import type { TableDigest } from "../../sandbox/demo/digests.ts";
import { upHarbor } from "../../sandbox/sandbox.ts";
import { ApiProxy } from "../support/api-proxy.ts";
import { clientSettings } from "../support/aws.ts";
import { HarborDatabase } from "../support/harbor.ts";
import { killableUp, type KillableUp } from "../support/killable-up.ts";
import { killOperator, startOperator } from "../support/operators.ts";
import { Project } from "../support/project.ts";
import { cli, cliIn, harborEnvironment, testDirectory, type Ended } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";
import { inOrder } from "../support/in-order.ts";
import { WriteGate, type KillPoint } from "../support/write-gate.ts";

const { namespace, database: name } = harborCluster;
const podConfig = { namespace: operatorNamespace, name: "pod-config" };
const podSecret = { namespace, name: "pod-secret" };
const standby = `standby.${name}.credentials`;
const rows = "select string_agg(content, ', ' order by content) from precious";
const restoredRows = "in the WAL, in the backup";
const artifacts = "harbor-artifacts";
const images = "select string_agg(name, ', ' order by name) from repository";
const canaries = ["CANARYrestoreid", "CANARYrestorekey", "CANARYstandbypassword"];

describe("pulumi on the stack lab: Harbor's database, declared, with both real operators", function () {
  this.timeout("8m");
  inOrder();
  let environment: Record<string, string>;
  let project: Project;
  let database: HarborDatabase;
  let s3: S3Client;
  let secrets: SecretsManagerClient;
  /** Between `up` and the API server, where `up` can be killed. */
  let proxy: ApiProxy;
  const gate = new WriteGate();
  /** Everything that was printed. */
  const printed: string[] = [];
  /** UID and system identifier of the database that will be lost. */
  let lost = { uid: "", systemIdentifier: "" };
  /** A moment between two of its rows. */
  let targetTime: string;
  /** Harbor's own tables at that moment. */
  let tablesAtTarget: readonly TableDigest[];

  before("the sandbox with Harbor's part, and the lab stack without its hold", async function () {
    this.timeout("60m");
    environment = await harborEnvironment();
    project = await Project.copy();
    database = new HarborDatabase();
    proxy = await ApiProxy.start(harborContext);
    proxy.gate = gate;
    s3 = new S3Client(clientSettings(environment, "s3"));
    secrets = new SecretsManagerClient(clientSettings(environment, "other"));
    await database.removeHarbor();
    await database.removeEnvironment(podConfig, podSecret);
    await project.edit("lab", ["stanza", "targets"], []);
    await project.edit("lab", ["harbor", "hold"], undefined);
    await project.edit("lab", ["harbor", "backup", "credentials"], "secret");
    // The sandbox's AWS. Without these settings AWS is AWS, whatever the environment says.
    await project.edit("lab", ["harbor", "endpointUrls"], {
      s3: environment["AWS_ENDPOINT_URL_S3"],
      secretsManager: environment["AWS_ENDPOINT_URL"],
    });
    // The preflight tries to write with these keys.
    await setKeys("backup", ownKeys().id, ownKeys().key);
  });
  after(async () => {
    await upHarbor(testDirectory, () => undefined);
    await proxy.stop();
    await pulumi("state", "unprotect", "--all", "--yes", "--stack", "lab");
    const destroyed = await pulumi("destroy", "--stack", "lab", "--yes", "--skip-preview");
    await database.removeHarbor();
    await project.remove();
    assert.equal(destroyed.exitCode, 0, destroyed.stdout + destroyed.stderr);
  });

  async function pulumi(...parameters: string[]): Promise<Ended> {
    const ended = await project.pulumi(...parameters);
    printed.push(ended.stdout, ended.stderr);
    return ended;
  }

  async function setKeys(side: "backup" | "restore", accessKeyId: string, secretAccessKey: string): Promise<void> {
    for (const [key, value] of Object.entries({ accessKeyId, secretAccessKey })) {
      const path = `postgres-recovery:harborSecrets.${side}.${key}`;
      assert.equal(
        (await project.pulumi("config", "set", "--stack", "lab", "--secret", "--path", path, value)).exitCode,
        0,
      );
    }
  }

  /** Keys that the sandbox's S3 accepts. */
  function ownKeys(): { readonly id: string; readonly key: string } {
    const { AWS_ACCESS_KEY_ID: id = "", AWS_SECRET_ACCESS_KEY: key = "" } = environment;
    return { id, key };
  }

  /** What `up` proves at the end of a restore. */
  const proven = (): object => ({
    expect: {
      databases: ["postgres", "core"],
      queries: [
        { database: "postgres", sql: rows, equals: restoredRows },
        { database: "core", sql: images, equals: "shop/app" },
      ],
    },
    proof: { harbor: { url: environment["HARBOR_URL"] }, timeLimits: { backup: "3m" } },
  });

  const imageIn = (repository: string): Image => imageOf(repository, "v1", [repository]);
  const push = (repository: string): Promise<void> => pushImage(testDirectory, s3, artifacts, imageIn(repository));
  /** The object of the layer that Harbor's garbage collection "deletes" before the restore. */
  const collected = { Bucket: artifacts, Key: registryKey(imageIn("shop/app").layers[0]?.digest ?? "") };

  const up = (...parameters: string[]): Promise<Ended> =>
    pulumi("up", "--stack", "lab", "--yes", "--skip-preview", "--non-interactive", ...parameters);

  async function succeeded(run: Promise<Ended>): Promise<string> {
    const { exitCode, stdout, stderr } = await run;
    assert.equal(exitCode, 0, stdout + stderr);
    return stdout;
  }

  async function keptPassword(secret: string): Promise<string> {
    const SecretId = copyName({ kubernetes: await database.kubernetesUid(), harbor: harborCluster }, secret);
    const { SecretString = "" } = await secrets.send(
      new GetSecretValueCommand({ SecretId, VersionStage: "AWSCURRENT" }),
    );
    return Buffer.from(
      secretCopySchema.parse(JSON.parse(SecretString)).secret.data["password"] ?? "",
      "base64",
    ).toString();
  }

  /** The variables of the database's container that the stack is responsible for: values, or the key of the Secret. */
  async function declaredEnvironment(): Promise<Record<string, string>> {
    const ours = /^(CLONE_|AWS_|USE_WAL|WALG?_(?!BUCKET)|BACKUP_)/;
    const variables = [...(await database.environment()).values()].filter((variable) => ours.test(variable.name));
    return Object.fromEntries(
      variables.map(({ name: variable, value, valueFrom }) => [
        variable,
        valueFrom?.secretKeyRef === undefined
          ? (value ?? "")
          : `${valueFrom.secretKeyRef.name ?? ""}: ${valueFrom.secretKeyRef.key}`,
      ]),
    );
  }

  const backupEnvironment = {
    AWS_ACCESS_KEY_ID: "pod-secret: AWS_ACCESS_KEY_ID",
    AWS_REGION: "eu-west-2",
    AWS_SECRET_ACCESS_KEY: "pod-secret: AWS_SECRET_ACCESS_KEY",
    BACKUP_NUM_TO_RETAIN: "5",
    BACKUP_SCHEDULE: "0 1 * * *",
    USE_WALG_BACKUP: "true",
    USE_WALG_RESTORE: "true",
    WALG_DOWNLOAD_CONCURRENCY: "2",
    WALG_UPLOAD_CONCURRENCY: "2",
    WAL_S3_BUCKET: backups.bucket,
  };

  it("preview plans everything and touches nothing", async () => {
    const stdout = await succeeded(pulumi("preview", "--stack", "lab", "--non-interactive"));
    for (const resource of [
      "Preflight preflight",
      "PodConfig pod-config",
      "PgHba pg-hba",
      "Roll roll",
      "KeptSecrets kept-secrets",
      "Bucket database-backups",
    ]) {
      assert.match(stdout, new RegExp(`${resource.replace(" ", " +")} +create`));
    }
    assert.equal(await database.configMap(podConfig), undefined);
  });

  faultTest(19, "up changes nothing in the cluster and fails if the operator does not use pod-config", async () => {
    const [operators = "", config = ""] = zalandoConfigMap.split("/");
    const restore = await database.patchConfigMap(
      { namespace: operators, name: config },
      { pod_environment_configmap: "elsewhere/pod-config" },
    );
    const { exitCode, stdout } = await up();
    await restore();
    assert.notEqual(exitCode, 0);
    assert.match(
      stdout,
      /names a different pod_environment_configmap, so nobody reads pod-config; set pod_environment_configmap to harbor-operator-ns\/pod-config/,
    );
    assert.equal(await database.configMap(podConfig), undefined);
    assert.equal(await database.secretData(podSecret), undefined);
  });

  faultTest(
    27,
    "up waits until the Harbor operator creates the resource, and brings the new database to a leader",
    async () => {
      const running = succeeded(up());
      await waitUntil("pod-config", 120, async () => (await database.configMap(podConfig)) !== undefined);
      await applyHarborCluster(testDirectory);
      await running;
      assert.deepEqual((await database.resource()).spec.patroni.pg_hba, runbookPgHba);
      assert.deepEqual(await database.configuredHba(), runbookPgHba);
      assert.equal(await database.ask("select pg_is_in_recovery()"), "f");
    },
  );

  it("the StatefulSet has exactly the intended environment, with the keys only by reference", async () => {
    assert.deepEqual(await declaredEnvironment(), backupEnvironment);
    assert.deepEqual(await database.secretData(podSecret), {
      AWS_ACCESS_KEY_ID: ownKeys().id,
      AWS_SECRET_ACCESS_KEY: ownKeys().key,
    });
  });

  it("S3 and Secrets Manager confirm the safe buckets and the copies of the Secrets", async () => {
    for (const Bucket of [artifacts, backups.bucket]) {
      assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, "Enabled");
      assert.equal(
        (await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration?.BlockPublicPolicy,
        true,
      );
    }
    assert.equal(await keptPassword(standby), (await database.secretData({ namespace, name: standby }))?.["password"]);
  });

  it("a second up changes nothing", () => succeeded(up("--expect-no-changes")));

  it("pod-config keeps its UID when edited, and the operator applies the new value", async () => {
    const before = await database.configMap(podConfig);
    await project.edit("lab", ["harbor", "backup", "retainDays"], 9);
    await succeeded(up());
    const after = await database.configMap(podConfig);
    assert.deepEqual([after?.data["BACKUP_NUM_TO_RETAIN"], after?.uid], ["9", before?.uid]);
    await waitUntil(
      "the operator's next sync",
      120,
      async () => (await declaredEnvironment())["BACKUP_NUM_TO_RETAIN"] === "9",
    );
    await succeeded(up("--expect-no-changes"));
  });

  faultTest(111, "an edit of pod-config by hand is checked and undone by the next up", async () => {
    await database.patchConfigMap(podConfig, { BACKUP_NUM_TO_RETAIN: "77" });
    assert.match(await succeeded(up()), /Command +preflight +.*replac/);
    assert.equal((await database.configMap(podConfig))?.data["BACKUP_NUM_TO_RETAIN"], "9");
  });

  faultTest(
    27,
    "after a HarborCluster edit reverts pg_hba, preview shows it, the next up fixes it, and the one after changes nothing",
    async () => {
      await applyHarborCluster(testDirectory, { logLevel: "debug" });
      await waitUntil(
        "the Harbor operator to revert the list",
        60,
        async () => (await database.resource()).spec.patroni.pg_hba.length === harborOperatorPgHba.length,
      );
      assert.match(
        await succeeded(pulumi("preview", "--stack", "lab", "--non-interactive")),
        /Command +pg-hba +replace/,
      );
      await succeeded(up());
      assert.deepEqual((await database.resource()).spec.patroni.pg_hba, runbookPgHba);
      assert.equal(await database.ask("select pg_is_in_recovery()"), "f");
      await succeeded(up("--expect-no-changes"));
    },
  );

  faultTest(87, "preview names the lines of pg_hba that were added by hand, and up removes them", async () => {
    const line = "host all ops 10.1.0.0/16 md5";
    await database.apply({
      apiVersion: "acid.zalan.do/v1",
      kind: "postgresql",
      metadata: { namespace, name },
      spec: { patroni: { pg_hba: [...runbookPgHba, line] } },
    });
    const stdout = await succeeded(pulumi("preview", "--stack", "lab", "--non-interactive"));
    assert.match(stdout, /somebody else wrote these lines of pg_hba[^]*host all ops 10\.1\.0\.0\/16 md5/);
    assert.match(stdout, /Command +pg-hba +replace/);
    await succeeded(up());
    assert.deepEqual((await database.resource()).spec.patroni.pg_hba, runbookPgHba);
    assert.doesNotMatch(await succeeded(up("--expect-no-changes")), /somebody else wrote/);
  });

  it("the next up keeps a rotated password, which is in no state, output or log", async () => {
    await database.setSecret({ namespace, name: standby }, { username: "standby", password: "CANARYstandbypassword" });
    await succeeded(up());
    assert.equal(await keptPassword(standby), "CANARYstandbypassword");
  });

  it("status says what is missing when the cluster is lost with its Secrets and volumes", async () => {
    lost = {
      uid: (await database.resource()).metadata.uid,
      systemIdentifier: await database.ask("select system_identifier from pg_control_system()"),
    };
    // In a real cluster the Zalando operator creates the role.
    const { password } = (await database.secretData({ namespace, name: `harbor.${name}.credentials` })) ?? {};
    await database.ask(`create role harbor login password '${password ?? ""}'`);
    await push("shop/app");
    await database.ask("create table precious as select 'in the backup' as content");
    await database.backUp();
    await database.ask("insert into precious values ('in the WAL')");
    // Spilo takes a backup whose time in S3, in whole seconds, is before the target.
    await sleep(1100);
    targetTime = await database.ask("select to_char(clock_timestamp(), 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')");
    tablesAtTarget = await database.digests();
    await sleep(1100);
    await database.ask("insert into precious values ('after the target')");
    await push("shop/late");
    await s3.send(new DeleteObjectCommand(collected));
    await database.archive();
    await database.removeHarbor();
    assert.equal(await database.secretData({ namespace, name: standby }), undefined);
    const status = await cli("harbor", "status", `${namespace}/${harborCluster.name}`, "--context", harborContext);
    assert.equal(status.exitCode, 1, status.stderr);
    for (const what of ["harbor-cluster-missing", "postgresql-missing", "stateful-set-missing", "pods-missing"])
      assert(status.stdout.includes(what), status.stdout);
  });

  const wrong: [fault: FaultNumber, what: string, change: object, problem: RegExp][] = [
    [
      20,
      "another UID",
      { uid: "00e85b8a-3f92-4c86-8d42-5056348c1e7e" },
      /holds no backup; correct restore\.scope, uid/,
    ],
    [24, "another version in the path", { postgresVersion: 11 }, /holds no backup/],
    [
      22,
      "a target time before the first backup",
      { targetTime: "2020-01-01T00:00:00+00:00" },
      /no backup was finished before the target time/,
    ],
    [23, "another region", { bucket: backups.bucket, region: "us-east-1" }, /the bucket is in the region eu-west-2/],
  ];
  for (const [fault, what, change, problem] of wrong) {
    faultTest(fault, `up with ${what} fails before it touches the cluster, and says how to fix it`, async () => {
      const before = await database.configMap(podConfig);
      await setKeys("restore", ownKeys().id, ownKeys().key);
      await project.edit("lab", ["harbor", "restore"], {
        id: "after-the-fire",
        scope: name,
        uid: lost.uid,
        postgresVersion: 12,
        credentials: "secret",
        ...proven(),
        ...change,
      });
      const { exitCode, stdout } = await up();
      assert.notEqual(exitCode, 0);
      assert.match(stdout, problem);
      assert.equal((await database.configMap(podConfig))?.resourceVersion, before?.resourceVersion);
      assert.equal(await database.secretData({ namespace, name: standby }), undefined);
    });
  }

  faultTest(23, "up with keys that S3 refuses fails before it touches the cluster", async () => {
    await setKeys("restore", "CANARYrestoreid", "CANARYrestorekey");
    await project.edit("lab", ["harbor", "restore"], {
      id: "after-the-fire",
      scope: name,
      uid: lost.uid,
      postgresVersion: 12,
      targetTime,
      credentials: "secret",
      ...proven(),
    });
    const { exitCode, stdout } = await up();
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /cannot be listed/);
    assert.equal(await database.secretData({ namespace, name: standby }), undefined);
  });

  it("config restore declares the restore from what S3 and Secrets Manager hold; config finish-restore does not end it unproven", async () => {
    await project.edit("lab", ["harbor", "restore"], undefined);
    const named = ["--id", "after-the-fire", "--uid", lost.uid, "--target-time", targetTime];
    const before = await project.stackFile("lab");
    const declared = await cliIn(
      project.directory,
      "config",
      "restore",
      "--stack",
      "lab",
      ...named,
      "--yes",
      "-o",
      "json",
    );
    printed.push(declared.stdout, declared.stderr);
    assert.equal(declared.exitCode, 0, declared.stdout + declared.stderr);
    const { backup, loss, restore, secrets: copies } = configRestoreReportSchema.parse(JSON.parse(declared.stdout));
    assert.deepEqual(restore, {
      id: "after-the-fire",
      scope: name,
      uid: lost.uid,
      postgresVersion: 12,
      targetTime,
      credentials: "secret",
    });
    assert.deepEqual([backup?.systemIdentifier, copies, loss.until], [lost.systemIdentifier, "kept", targetTime]);
    const after = await project.stackFile("lab");
    assert(after.split("\n").length === before.split("\n").length + 7, after);
    const early = await cliIn(project.directory, "config", "finish-restore", "--stack", "lab", "--yes");
    assert.equal(early.exitCode, 4, early.stdout + early.stderr);
    assert.match(early.stderr, /^error\[restore-not-proven\]/m);
    assert.equal(await project.stackFile("lab"), after);
    for (const [key, value] of Object.entries({ ...proven(), read: true }))
      await project.edit("lab", ["harbor", "restore", key], value);
  });

  faultTest(111, "up with --target writes no CLONE_ value past the preflight", async () => {
    const before = await database.configMap(podConfig);
    await setKeys("restore", ownKeys().id, ownKeys().key);
    const { exitCode } = await up("--target", "**ConfigMap::pod-config", "--target", "**Secret::pod-config-keys");
    assert.notEqual(exitCode, 0);
    assert.equal((await database.configMap(podConfig))?.resourceVersion, before?.resourceVersion);
    assert.equal((await database.secretData(podSecret))?.["CLONE_AWS_ACCESS_KEY_ID"], undefined);
  });

  /** Starts `up` behind the gate, which kills it at this write. */
  async function upKilledAt(side: KillPoint["side"], write: RegExp): Promise<KillableUp> {
    return killableUp(gate, (point) => point.side === side && write.test(point.write), {
      directory: project.directory,
      env: { KUBECONFIG: proxy.kubeconfig },
    });
  }

  /** Waits until it is killed, and removes Pulumi's lock as docs/troubleshooting.md says. */
  async function killed(running: KillableUp): Promise<void> {
    const { killedAt, stdout, stderr } = await running.ended;
    printed.push(stdout, stderr);
    assert.notEqual(killedAt, undefined, stdout + stderr);
    await succeeded(pulumi("cancel", "--stack", "lab", "--yes"));
  }

  const liveSecrets = async (): Promise<unknown[]> => {
    const users = ["postgres", "standby", "harbor"];
    const found = users.map((user) => database.secretData({ namespace, name: `${user}.${name}.credentials` }));
    return (await Promise.all(found)).filter((secret) => secret !== undefined);
  };

  faultTest(
    155,
    "up restores no Secret while the lost database is still being deleted; then it is killed at the first one",
    async () => {
      await setKeys("restore", ownKeys().id, ownKeys().key);
      await database.createService();
      const running = await upKilledAt("after", /POST .*\/secrets$/);
      await running.until(/waiting for the Zalando operator to finish deleting the lost database/);
      assert.deepEqual(await liveSecrets(), []);
      await database.deleteService();
      await killed(running);
      assert((await liveSecrets()).length < 3);
    },
  );

  faultTest(
    91,
    "up that was killed among the Secrets, and is killed before pod-config, goes on each time",
    async () => {
      const before = await database.configMap(podConfig);
      await killed(await upKilledAt("before", /PATCH .*\/configmaps\/pod-config$/));
      assert.equal((await database.configMap(podConfig))?.resourceVersion, before?.resourceVersion);
      assert.equal((await database.secretData({ namespace, name: standby }))?.["password"], "CANARYstandbypassword");
    },
  );

  faultTest(
    [91, 92],
    "up waits for a Harbor operator that is down, and goes on when it is back; then it is killed after pg_hba",
    async () => {
      await Promise.all([killOperator("harbor-operator"), killOperator("postgres-operator")]);
      const running = await upKilledAt("after", /PATCH .*\/postgresqls\//);
      await waitUntil(
        "the CLONE_ values",
        120,
        async () => (await database.configMap(podConfig))?.data["CLONE_SCOPE"] === name,
      );
      await applyHarborCluster(testDirectory);
      await running.until(/waiting for the Harbor operator to create postgresql/);
      await startOperator("harbor-operator");
      await killed(running);
      assert.deepEqual((await database.resource()).spec.patroni.pg_hba, runbookPgHba);
    },
  );

  faultTest(
    92,
    "up waits for a Zalando operator that is down, and brings back the rows of the target time",
    async () => {
      const running = await upKilledAt("after", /no such write/);
      await running.until(/waiting for the Zalando operator to create the StatefulSet/);
      await startOperator("postgres-operator");
      await succeeded(running.ended);
      assert.notEqual((await database.resource()).metadata.uid, lost.uid);
      assert.equal(await database.ask(rows), restoredRows);
      assert(tablesAtTarget.some(({ table, rows: count }) => table === "artifact" && count === 1));
      assert.deepEqual(await database.digests(), tablesAtTarget);
      const authorization = `Basic ${btoa(`admin:${adminPassword.stringData.secret}`)}`;
      const projects = await fetch(`${environment["HARBOR_URL"] ?? ""}/api/v2.0/projects`, {
        headers: { authorization },
      });
      assert.deepEqual(
        z
          .array(z.object({ name: z.string() }))
          .parse(await projects.json())
          .map((project) => project.name),
        ["library", "shop"],
      );
      assert.equal(await database.ask("select system_identifier from pg_control_system()"), lost.systemIdentifier);
      assert.deepEqual(await declaredEnvironment(), {
        ...backupEnvironment,
        BACKUP_NUM_TO_RETAIN: "9",
        CLONE_AWS_ACCESS_KEY_ID: "pod-secret: CLONE_AWS_ACCESS_KEY_ID",
        CLONE_AWS_REGION: "eu-west-2",
        CLONE_AWS_SECRET_ACCESS_KEY: "pod-secret: CLONE_AWS_SECRET_ACCESS_KEY",
        CLONE_METHOD: "CLONE_WITH_WALE",
        CLONE_PGVERSION: "12",
        CLONE_SCOPE: name,
        CLONE_TARGET_TIME: targetTime,
        CLONE_USE_WALG_RESTORE: "true",
        CLONE_WALG_DOWNLOAD_CONCURRENCY: "2",
        CLONE_WAL_BUCKET_SCOPE_PREFIX: "",
        CLONE_WAL_BUCKET_SCOPE_SUFFIX: `/${lost.uid}`,
        CLONE_WAL_S3_BUCKET: backups.bucket,
      });
    },
  );

  faultTest(140, "the output says that the restore is proven, by what, and which image has lost a layer", async () => {
    const outputs = z
      .object({ harbor: z.object({ proof: z.unknown() }) })
      .parse(JSON.parse((await pulumi("stack", "output", "--json", "--stack", "lab")).stdout));
    const { verdict, cannotBePulled, checks } = z
      .object({
        verdict: z.string(),
        cannotBePulled: z.array(z.string()),
        checks: z.record(z.string(), z.string()),
      })
      .parse(outputs.harbor.proof);
    const notOk = Object.entries(checks).filter(([, found]) => !found.startsWith("ok: "));
    assert.deepEqual(
      [verdict, notOk.map(([check]) => check)],
      ["proven", ["indexes", "registry"]],
      JSON.stringify(checks, undefined, 2),
    );
    assert.equal(checks["registry"], "warning: 3 blobs named: 1 missing");
    assert.deepEqual(cannotBePulled, ["shop/app:v1"]);
  });

  faultTest(
    30,
    "restore verify refuses the same database as a restore of another one, or to another moment, and finds the lost layer",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "restore-verify-"));
      const harbor = `${namespace}/${harborCluster.name}`;
      const reach = ["--context", harborContext, "--endpoint-url", environment["AWS_ENDPOINT_URL_S3"] ?? ""];
      const source = ["--bucket", backups.bucket, "--region", backups.region, "--uid", lost.uid];
      const checked = await cli("restore", "check", harbor, ...reach, ...source, "-o", "json");
      const report = z.looseObject({ backup: z.looseObject({ name: z.string() }) }).parse(JSON.parse(checked.stdout));
      const verify = async (backup: object, ...parameters: string[]): Promise<Ended> => {
        const file = join(folder, "check.json");
        await writeFile(file, JSON.stringify({ ...report, backup }));
        const harborAt = ["--harbor-url", environment["HARBOR_URL"] ?? ""];
        const ended = await cli(
          "restore",
          "verify",
          harbor,
          ...reach,
          "--check",
          file,
          ...harborAt,
          "-o",
          "log",
          ...parameters,
        );
        printed.push(ended.stdout, ended.stderr);
        return ended;
      };
      const registry = [
        "--registry-bucket",
        artifacts,
        "--registry-region",
        "eu-west-2",
        "--registry-problems",
        "fail",
      ];
      const later = await verify(report.backup, ...registry, "-o", "json");
      assert.equal(later.exitCode, 1, later.stdout + later.stderr);
      assert.match(later.stderr, /^PROBLEM\[restored-target-missed\]/m);
      assert.match(later.stderr, /^PROBLEM\[registry-blobs-missing\]/m);
      const [blob, ...others] = restoreVerifyReportSchema.parse(JSON.parse(later.stdout)).registry?.blobs ?? [];
      assert.deepEqual([blob?.key, blob?.artifacts[0]?.tags, others], [collected.Key, ["v1"], []]);
      await assert.rejects(s3.send(new HeadObjectCommand(collected)), { name: "NotFound" });
      await s3.send(new DeleteObjectCommand({ ...collected, VersionId: blob?.deleteMarker?.versionId }));
      assert.equal((await s3.send(new HeadObjectCommand(collected))).ContentLength, "shop/app".length);
      const proved = await verify(report.backup, "--target-time", targetTime, ...registry);
      assert.equal(proved.exitCode, 0, proved.stdout + proved.stderr);
      assert.match(proved.stdout, /^ok\[registry-blobs-present\]/m);
      const other = { ...report.backup, systemIdentifier: "7301234567890123456" };
      const foreign = await verify(other, "--target-time", targetTime);
      assert.equal(foreign.exitCode, 1, foreign.stdout + foreign.stderr);
      assert.match(foreign.stdout, /^PROBLEM\[restored-identity-different\]/m);
      await rm(folder, { recursive: true });
    },
  );

  it("a second up with the same restore changes nothing", () => succeeded(up("--expect-no-changes")));

  faultTest(
    25,
    "up without the key restore removes every CLONE_ value from pod-config, the Secret and the StatefulSet",
    async () => {
      const finished = await cliIn(project.directory, "config", "finish-restore", "--stack", "lab", "--yes");
      assert.equal(finished.exitCode, 0, finished.stdout + finished.stderr);
      assert.match(finished.stdout, /the restore after-the-fire is finished \(proven\)/);
      await succeeded(up());
      assert.deepEqual(
        Object.keys((await database.configMap(podConfig))?.data ?? {}).filter((key) => key.startsWith("CLONE_")),
        [],
      );
      assert.deepEqual(await database.secretData(podSecret), {
        AWS_ACCESS_KEY_ID: ownKeys().id,
        AWS_SECRET_ACCESS_KEY: ownKeys().key,
      });
      await waitUntil("the operator's next sync", 120, async () =>
        Object.keys(await declaredEnvironment()).every((key) => !key.startsWith("CLONE_")),
      );
      assert.deepEqual(await declaredEnvironment(), { ...backupEnvironment, BACKUP_NUM_TO_RETAIN: "9" });
      assert.equal(await database.ask(rows), restoredRows);
      await succeeded(up("--expect-no-changes"));
    },
  );

  it("names a value that was added by hand, and refuses the next restore because of it", async () => {
    await database.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: podConfig,
      data: { CLONE_HOST: "old-host" },
    });
    await project.edit("lab", ["harbor", "restore"], {
      id: "second",
      scope: name,
      uid: lost.uid,
      postgresVersion: 12,
      credentials: "secret",
      ...proven(),
    });
    const { exitCode, stdout } = await up();
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /pod-config CLONE_HOST: was set by test and would remain beside the declared values/);
    await database.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: podConfig });
    await project.edit("lab", ["harbor", "restore"], undefined);
  });

  it("with roles instead of keys the Secret is empty, and stays because the operator's configuration names it", async () => {
    await project.edit("lab", ["harbor", "backup", "credentials"], {
      irsaRoleArn: "arn:aws:iam::123456789012:role/backups",
    });
    await succeeded(up());
    assert.deepEqual(await database.secretData(podSecret), {});
    assert.equal((await database.configMap(podConfig))?.data["AWS_ROLE_ARN"], "arn:aws:iam::123456789012:role/backups");
    await succeeded(up("--expect-no-changes"));
  });

  it("puts no key and no password into state, history, logs, events, ConfigMaps or the StatefulSet", async () => {
    printed.push((await pulumi("stack", "export", "--stack", "lab")).stdout, await database.everythingVisible());
    printed.push((await pulumi("stack", "output", "--json", "--stack", "lab")).stdout);
    const home = environment["PULUMI_HOME"] ?? "";
    const entries = await readdir(home, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !/\/(bin|plugins)(\/|$)/.test(entry.parentPath));
    assert(files.some(({ parentPath }) => parentPath.includes("history")));
    for (const { name: file, parentPath } of files) printed.push(await readFile(join(parentPath, file), "utf8"));
    assert(
      printed.some((text) => text.includes(standby)),
      "names are found, so values would be, too",
    );
    const wanted = [...canaries, environment["AWS_SECRET_ACCESS_KEY"] ?? "-"];
    assert.deepEqual(
      wanted
        .flatMap((canary) => [canary, btoa(canary)])
        .filter((canary) => printed.some((text) => text.includes(canary))),
      [],
    );
  });

  it("puts no path of this machine into the state, although KUBECONFIG names one", async () => {
    assert.notEqual(environment["KUBECONFIG"], undefined);
    assert.deepEqual(await project.machinePathsInState("lab"), []);
  });

  faultTest(18, "destroy leaves the cluster, the copies of the Secrets and the buckets as they are", async () => {
    assert.equal((await pulumi("state", "unprotect", "--all", "--yes", "--stack", "lab")).exitCode, 0);
    const before = await database.configMap(podConfig);
    await succeeded(pulumi("destroy", "--stack", "lab", "--yes", "--skip-preview"));
    assert.equal((await database.configMap(podConfig))?.uid, before?.uid);
    assert.deepEqual((await database.resource()).spec.patroni.pg_hba, runbookPgHba);
    assert.equal(await keptPassword(standby), "CANARYstandbypassword");
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket: backups.bucket }))).Status, "Enabled");
  });
});
