import assert from "node:assert/strict";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { execa } from "execa";
import { vitalSecretNames } from "../../domain/harbor/names.ts";
import { secretCopySchema } from "../../domain/secrets/copy.ts";
import { copyName as nameOf } from "../../domain/secrets/copy-place.ts";
import { keepReportSchema, secretsRestoreReportSchema } from "../../domain/secrets/request.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { HarborObjects } from "../support/harbor-objects.ts";
import { startTestKubernetes, type TestKubernetes } from "../support/kubernetes.ts";
import type { Ended } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
const cluster = "harbor-cluster/harbor-cluster";
const [postgres = "", standby = "", credentials = "", encryptionKey = ""] = vitalSecretNames(harbor);
let kubernetesUid = "";
const copyName = (_harbor: typeof harbor, name: string): string => nameOf({ kubernetes: kubernetesUid, harbor }, name);
const copies = (): string[] => [postgres, standby, credentials, encryptionKey].map((name) => copyName(harbor, name));

describe("keeping secrets in AWS Secrets Manager and restoring them", function () {
  this.timeout("1m");
  let kubernetes: TestKubernetes;
  let aws: TestAws;
  let manager: SecretsManagerClient;
  let objects: HarborObjects;

  before("an API server", async function () {
    this.timeout("20m");
    kubernetes = await startTestKubernetes();
  });
  before("AWS", async function () {
    this.timeout("20m");
    aws = await startTestAws();
    manager = new SecretsManagerClient(clientSettings(aws.environment, "other"));
    objects = new HarborObjects(kubernetes, harbor);
    kubernetesUid = await kubernetes.uid();
  });
  after(() => Promise.all([kubernetes.stop(), aws.stop()]));

  beforeEach(async () => {
    await objects.clear();
    for (const copy of copies()) {
      await manager
        .send(new DeleteSecretCommand({ SecretId: copy, ForceDeleteWithoutRecovery: true }))
        .catch(() => undefined);
      await manager.send(new CreateSecretCommand({ Name: copy }));
    }
  });

  function start(step: string, ...parameters: string[]) {
    const env = { ...aws.environment, KUBECONFIG: kubernetes.kubeconfig };
    const cli = join(import.meta.dirname, "../../bin/postgres-recovery");
    const options = { reject: false, env } as const;
    return execa(
      cli,
      ["secrets", step, cluster, "--context", "lab", "-o", "json", ...endpoint(step), ...parameters],
      options,
    );
  }
  async function run(step: string, ...parameters: string[]): Promise<Ended> {
    const { exitCode, stdout, stderr } = await start(step, ...parameters);
    return { exitCode, stdout, stderr };
  }
  const endpoint = (step: string): string[] =>
    step === "fingerprint" ? [] : ["--endpoint-url", aws.environment["AWS_ENDPOINT_URL"] ?? ""];
  async function keep(...parameters: string[]): Promise<Record<string, string>> {
    const { exitCode, stdout, stderr } = await run("keep", ...parameters);
    assert.equal(exitCode, 0, stderr);
    return Object.fromEntries(
      keepReportSchema.parse(JSON.parse(stdout)).secrets.map(({ name, outcome }) => [name, outcome]),
    );
  }
  async function stored(name: string, VersionStage = "AWSCURRENT") {
    const { SecretString = "" } = await manager.send(
      new GetSecretValueCommand({ SecretId: copyName(harbor, name), VersionStage }),
    );
    return secretCopySchema.parse(JSON.parse(SecretString));
  }
  async function versions(name: string): Promise<number> {
    const { Versions = [] } = await manager.send(
      new ListSecretVersionIdsCommand({ SecretId: copyName(harbor, name), IncludeDeprecated: true }),
    );
    return Versions.length;
  }
  const allOf = (outcome: string) => Object.fromEntries(vitalSecretNames(harbor).map((name) => [name, outcome]));

  describe("keep", () => {
    it("copies all four with their database's identity, and a second run changes nothing", async () => {
      const uid = await objects.create();
      assert.deepEqual(await keep(), allOf("first copy"));
      const { secret, cluster: identity } = await stored(standby);
      assert.equal(Buffer.from(secret.data["password"] ?? "", "base64").toString(), "password-of-standby");
      const backups = `s3://harbor-backups/spilo/postgresql-harbor-cluster-harbor-cluster/${uid}/wal/12`;
      assert.deepEqual(identity, { harbor: cluster, uid, backups, systemIdentifier: "7301234567890123456" });
      assert.equal((await stored(encryptionKey, `cluster-${uid}`)).secret.type, "goharbor.io/single");
      assert.deepEqual(await keep(), allOf("unchanged"));
      assert.equal(await versions(standby), 1);
    });

    it("adds one version for a rotated password and keeps the former one as AWSPREVIOUS", async () => {
      await objects.create();
      await keep();
      await objects.setSecret(standby, { username: "standby", password: "rotated" });
      assert.deepEqual(await keep(), { ...allOf("unchanged"), [standby]: "content changed" });
      assert.equal(await versions(standby), 2);
      assert.equal(
        Buffer.from((await stored(standby, "AWSPREVIOUS")).secret.data["password"] ?? "", "base64").toString(),
        "password-of-standby",
      );
    });

    const odd: [string, Record<string, string> | undefined, RegExp][] = [
      ["absent", undefined, /standby\S+: there is no such Secret in Kubernetes; the kept copy stays as it is/],
      ["empty", {}, /standby\S+: username and password missing or empty; the kept copy/],
      [
        "without a password",
        { username: "standby", password: "" },
        /standby\S+: password missing or empty; the kept copy/,
      ],
      ["without the right keys", { user: "standby", pass: "CANARY" }, /standby\S+: username and password missing/],
      ["of another role", { username: "postgres", password: "CANARY" }, /standby\S+: username is not standby/],
    ];
    for (const [what, values, problem] of odd) {
      faultTest(
        31,
        `refuses a Secret that is ${what} by name, keeps its good copy, and copies the others`,
        async () => {
          await objects.create();
          await keep();
          const before = await stored(standby);
          await objects.setSecret(standby, values);
          await objects.setSecret(postgres, { username: "postgres", password: "rotated" });
          const { exitCode, stdout, stderr } = await run("keep");
          assert.equal(exitCode, 4);
          assert.match(stderr, problem);
          assert.doesNotMatch(stdout + stderr, /CANARY/);
          assert.deepEqual(await stored(standby), before);
          assert.equal(await versions(standby), 1);
          assert.equal(await versions(postgres), 2);
        },
      );
    }

    faultTest(31, "names every problem at once", async () => {
      await objects.create();
      await objects.setSecret(standby, undefined);
      await objects.setSecret(postgres, { username: "postgres", password: "" });
      const { exitCode, stderr } = await run("keep", "--also", "not-there");
      assert.equal(exitCode, 4);
      for (const name of [standby, postgres, "not-there"]) assert(stderr.includes(`  ${name}: `), stderr);
    });

    faultTest(31, "first restores a copy that is scheduled for deletion", async () => {
      await objects.create();
      await keep();
      const SecretId = copyName(harbor, standby);
      await manager.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      const { exitCode, stderr } = await run("keep");
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /standby\S+ was scheduled for deletion; the deletion has been cancelled/);
      assert.equal((await manager.send(new DescribeSecretCommand({ SecretId }))).DeletedDate, undefined);
    });

    faultTest(31, "leaves an unrelated secret under the copy's name as it is", async () => {
      await objects.create();
      await manager.send(
        new PutSecretValueCommand({ SecretId: copyName(harbor, standby), SecretString: "CANARY-of-somebody" }),
      );
      const { exitCode, stdout, stderr } = await run("keep");
      assert.equal(exitCode, 4);
      assert.match(stderr, /standby\S+: Secrets Manager holds something else under its name/);
      assert.doesNotMatch(stdout + stderr, /CANARY/);
      assert.equal(await versions(standby), 1);
    });

    faultTest(31, "names a missing secret in AWS and says what creates it", async () => {
      await objects.create();
      await objects.setSecret("pull", { token: "x" });
      const { exitCode, stderr } = await run("keep", "--also", "pull");
      assert.equal(exitCode, 4);
      assert.match(stderr, /pull does not exist in AWS Secrets Manager\nnext: create it first with `pulumi up`/);
    });

    faultTest(31, "finds the copies of two databases with the same name", async () => {
      const first = await objects.create();
      await keep();
      await objects.clear();
      const second = await objects.create("-of-the-second");
      assert.deepEqual(await keep(), allOf("content changed"));
      const password = async (label: string) =>
        Buffer.from((await stored(standby, label)).secret.data["password"] ?? "", "base64").toString();
      assert.equal(await password(`cluster-${first}`), "password-of-standby");
      assert.equal(await password(`cluster-${second}`), "password-of-standby-of-the-second");
    });

    it("keeps nothing without a postgresql resource", async () => {
      await objects.createSecrets();
      const { exitCode, stderr } = await run("keep");
      assert.equal(exitCode, 4);
      assert.match(stderr, /there is no postgresql resource, so the database that it belongs to is not known/);
    });
  });

  describe("restore", () => {
    it("creates all four in the form that both operators adopt, and a second run changes nothing", async () => {
      const uid = await objects.create();
      await keep();
      await objects.clear();
      const first = await run("restore", "--uid", uid);
      assert.equal(first.exitCode, 0, first.stderr);
      const report = secretsRestoreReportSchema.parse(JSON.parse(first.stdout));
      assert.deepEqual(
        report.secrets.map(({ outcome }) => outcome),
        ["created", "created", "created", "created"],
      );
      assert.equal(report.cluster.systemIdentifier, "7301234567890123456");

      const { metadata, type, data } = await kubernetes.core.readNamespacedSecret({
        namespace: harbor.namespace,
        name: standby,
      });
      assert.equal(type, "Opaque");
      assert.equal(metadata?.ownerReferences, undefined);
      assert.deepEqual(data, { username: btoa("standby"), password: btoa("password-of-standby") });
      const key = await kubernetes.core.readNamespacedSecret({ namespace: harbor.namespace, name: encryptionKey });
      assert.equal(key.type, "goharbor.io/single");
      assert.equal(key.metadata?.annotations?.["goharbor.io/immutable"], "true");
      assert.deepEqual(key.data, { secret: btoa("0123456789abcdef") });

      const second = await run("restore");
      assert.deepEqual(
        secretsRestoreReportSchema.parse(JSON.parse(second.stdout)).secrets.map(({ outcome }) => outcome),
        Array(4).fill("unchanged"),
      );
    });

    faultTest(29, "never changes an existing Secret with different content, and then restores nothing", async () => {
      await objects.create();
      await keep();
      await objects.clear();
      await objects.setSecret(postgres, { username: "postgres", password: "CANARY-made-by-the-operator" });
      const { exitCode, stdout, stderr } = await run("restore");
      assert.equal(exitCode, 4);
      assert.match(stderr, /postgres\S+: the Secret exists with different content/);
      assert.doesNotMatch(stdout + stderr, /CANARY/);
      const { items } = await kubernetes.core.listNamespacedSecret({ namespace: harbor.namespace });
      assert.deepEqual(
        items.map(({ metadata }) => metadata?.name),
        [postgres],
      );
    });

    faultTest(31, "names every copy that is missing or belongs to another database, and restores nothing", async () => {
      await objects.create();
      await keep();
      await objects.clear();
      const { exitCode, stderr } = await run(
        "restore",
        "--uid",
        "00000000-0000-4000-8000-000000000000",
        "--also",
        "pull",
      );
      assert.equal(exitCode, 4);
      assert.equal(stderr.match(/AWS Secrets Manager has no \S+ with the label cluster-0{8}/g)?.length, 5);
      assert.equal((await kubernetes.core.listNamespacedSecret({ namespace: harbor.namespace })).items.length, 0);
    });

    faultTest(31, "does not mix copies of different databases", async () => {
      await objects.create();
      await keep();
      await objects.clear();
      const second = await objects.create("-of-the-second");
      await objects.setSecret(standby, undefined);
      await run("keep");
      await objects.clear();
      const { exitCode, stderr } = await run("restore");
      assert.equal(exitCode, 4);
      assert.match(
        stderr,
        new RegExp(
          `the copies belong to different databases:[^]*of ${second}[^]*next: name the one you want with --uid`,
        ),
      );
    });

    faultTest(31, "restores copies that are scheduled for deletion", async () => {
      const uid = await objects.create();
      await keep();
      await objects.clear();
      for (const SecretId of copies())
        await manager.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
      const { exitCode, stderr } = await run("restore", "--uid", uid);
      assert.equal(exitCode, 0, stderr);
      assert.equal(stderr.match(/was scheduled for deletion; the deletion has been cancelled/g)?.length, 4);
    });
  });

  describe("fingerprint", () => {
    const fingerprint = async (): Promise<string> => (await run("fingerprint")).stdout;

    it("stays the same until a password changes, and reveals no password", async () => {
      await objects.create();
      const first = await fingerprint();
      assert.equal(await fingerprint(), first);
      await objects.setSecret(standby, { username: "standby", password: "rotated" });
      const second = await fingerprint();
      assert.notEqual(second, first);
      assert.match(second, /^\{"version":1,"fingerprint":"[0-9a-f]{64}","kubernetes":"[-0-9a-f]{36}"\}$/);
    });

    it("with --wait, waits for the Secrets that the operators have not created yet and names them", async () => {
      const running = start("fingerprint", "--wait", "60s");
      let creating: Promise<unknown> | undefined;
      running.stderr.on("data", () => {
        creating ??= objects.create();
      });
      const { exitCode, stderr } = await running;
      await creating;
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /^waiting for: postgresql postgresql-harbor-cluster-harbor-cluster; Secret postgres\./);
    });

    it("with --wait, names every Secret that did not appear in time", async () => {
      await objects.create();
      await objects.setSecret(standby, undefined);
      const { exitCode, stderr } = await run("fingerprint", "--wait", "3s");
      assert.equal(exitCode, 4);
      assert.match(
        stderr,
        /these do not exist after 3s:\n {2}Secret standby\S+\nnext: check that both operators run, and see their logs/,
      );
    });
  });

  faultTest(31, "says that AWS cannot be reached and changes nothing", async () => {
    await objects.create();
    const env = {
      ...aws.environment,
      KUBECONFIG: kubernetes.kubeconfig,
      AWS_MAX_ATTEMPTS: "1",
    };
    const cli = join(import.meta.dirname, "../../bin/postgres-recovery");
    const parameters = ["secrets", "keep", cluster, "--context", "lab", "--endpoint-url", "http://127.0.0.1:1"];
    const { exitCode, stderr } = await execa(cli, parameters, { reject: false, env });
    assert.equal(exitCode, 3);
    assert.match(
      stderr,
      /^error\[secrets-manager-failed\]: AWS Secrets Manager: postgres-recovery\/\S+: .*ECONNREFUSED/,
    );
  });
});
