import assert from "node:assert/strict";
import { faultTest } from "../support/fault-test.ts";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { vitalSecretNames } from "../../domain/harbor/names.ts";
import { secretCopySchema } from "../../domain/secrets/copy.ts";
import { copyName } from "../../domain/secrets/copy-place.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { EngineProject } from "../support/engine.ts";
import { HarborObjects } from "../support/harbor-objects.ts";
import { startTestKubernetes, type TestKubernetes } from "../support/kubernetes.ts";
import type { Ended } from "../support/sandbox.ts";
import { inOrder } from "../support/in-order.ts";

const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
const [postgres = "", standby = ""] = vitalSecretNames(harbor);

let endpointUrl = "";
let kubernetesUid = "";
const program = (body: string): string => `
import { KeptSecrets } from "CHECKOUT/components/secrets/kept-secrets.ts";
import { RestoredSecrets } from "CHECKOUT/components/secrets/restored-secrets.ts";
import { duration } from "CHECKOUT/domain/duration.ts";
const harbor = { kubernetes: { context: "lab" }, cluster: { namespace: "harbor-cluster", name: "harbor-cluster" }, also: [], region: "eu-west-2", endpointUrl: "${endpointUrl}" };
${body}`;
const keeping = (more = "") =>
  program(`export const { report } = new KeptSecrets("kept", { ...harbor, timeLimit: duration("40s"), ${more} });`);

describe("kept secrets on the real Pulumi engine", function () {
  this.timeout("10m");
  inOrder();
  let kubernetes: TestKubernetes;
  let aws: TestAws;
  let project: EngineProject;
  let manager: SecretsManagerClient;
  let objects: HarborObjects;
  const printed: string[] = [];

  before("an API server", async function () {
    this.timeout("20m");
    kubernetes = await startTestKubernetes();
  });
  before("AWS and the engine", async function () {
    this.timeout("20m");
    aws = await startTestAws();
    endpointUrl = aws.environment["AWS_ENDPOINT_URL"] ?? "";
    kubernetesUid = await kubernetes.uid();
    manager = new SecretsManagerClient(clientSettings(aws.environment, "other"));
    objects = new HarborObjects(kubernetes, harbor);
    await objects.clear();
    project = await EngineProject.create({ ...aws.environment, KUBECONFIG: kubernetes.kubeconfig });
  });
  after(() => kubernetes.stop());
  after(() => aws.stop());
  after(() => project.remove());

  async function recorded(run: Promise<Ended>): Promise<Ended> {
    const ended = await run;
    printed.push(ended.stdout, ended.stderr);
    return ended;
  }
  async function up(...parameters: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await recorded(project.up(...parameters));
    assert.equal(exitCode, 0, stdout + stderr);
  }
  /** The stack is up, and has kept the Secrets of a new database. */
  async function settled(standbyPassword = "CANARY-first"): Promise<void> {
    await objects.clear();
    await objects.create();
    await objects.setSecret(standby, { username: "standby", password: standbyPassword });
    await project.write(keeping());
    await up();
    assert.equal(await keptPassword(standby), standbyPassword);
  }
  async function versions(name: string): Promise<number> {
    const { Versions = [] } = await manager.send(
      new ListSecretVersionIdsCommand({
        SecretId: copyName({ kubernetes: kubernetesUid, harbor }, name),
        IncludeDeprecated: true,
      }),
    );
    return Versions.length;
  }
  async function keptPassword(name: string): Promise<string> {
    // By its label, because without one moto returns the version that was current first.
    const { SecretString = "" } = await manager.send(
      new GetSecretValueCommand({
        SecretId: copyName({ kubernetes: kubernetesUid, harbor }, name),
        VersionStage: "AWSCURRENT",
      }),
    );
    return Buffer.from(
      secretCopySchema.parse(JSON.parse(SecretString)).secret.data["password"] ?? "",
      "base64",
    ).toString();
  }

  it("previews before the operators have created the Secrets, and up waits for them", async () => {
    await project.write(keeping());
    assert.deepEqual((await project.preview()).get("Command kept"), ["create"]);
    const { exitCode, stdout } = await recorded(
      project.upDuring(/waiting for: .*Secret standby/, () => objects.create()),
    );
    assert.equal(exitCode, 0, stdout);
    assert.equal(await keptPassword(standby), "password-of-standby");
  });

  it("a second up changes nothing", async () => {
    await settled();
    const before = await versions(standby);
    await up("--expect-no-changes");
    assert.equal(await versions(standby), before);
  });

  it("shows a rotated password in the preview and adds one version to that copy only", async () => {
    await settled();
    const before = [await versions(standby), await versions(postgres)];
    await objects.setSecret(standby, { username: "standby", password: "CANARY-rotated" });
    assert((await project.preview()).get("Command kept")?.includes("replace"));
    await up();
    assert.equal(await keptPassword(standby), "CANARY-rotated");
    assert.deepEqual([(await versions(standby)) - 1, await versions(postgres)], before);
    await up("--expect-no-changes");
  });

  faultTest(31, "up fails on an emptied Secret and keeps the good copy", async () => {
    await settled("CANARY-rotated");
    const before = await versions(standby);
    await objects.setSecret(standby, { username: "standby", password: "" });
    const { exitCode, stdout } = await recorded(project.up("--debug"));
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /standby\S+: password missing or empty; the kept copy stays as it is/);
    assert.equal(await keptPassword(standby), "CANARY-rotated");
    await objects.setSecret(standby, { username: "standby", password: "CANARY-rotated" });
    await up();
    assert.equal(await versions(standby), before);
  });

  it("still previews and overwrites nothing after the cluster is lost", async () => {
    await settled();
    const before = await versions(standby);
    await objects.clear();
    assert((await project.preview()).get("Command kept")?.includes("replace"));
    const { exitCode, stdout } = await recorded(project.up());
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /there is no such Secret in Kubernetes; the kept copy stays as it is/);
    assert.equal(await versions(standby), before);
  });

  it("a new stack for a new cluster restores them once and keeps using the existing copies", async () => {
    await settled("CANARY-rotated");
    const before = await versions(standby);
    await objects.clear();
    await project.pulumi("stack", "init", "test-two");
    const restored = `const restored = new RestoredSecrets("restored", { ...harbor, restoreId: "after-the-fire", timeLimit: 900 });
      export const restoredFrom = restored.report.cluster;`;
    await project.write(program(restored));
    const run = (...parameters: string[]) =>
      recorded(project.pulumi("up", "--yes", "--skip-preview", "--stack", "test-two", ...parameters));
    const first = await run();
    assert.equal(first.exitCode, 0, first.stdout);
    const { data } = await kubernetes.core.readNamespacedSecret({ namespace: harbor.namespace, name: standby });
    assert.equal(atob(data?.["password"] ?? ""), "CANARY-rotated");
    assert.match(first.stdout, /systemIdentifier: "7301234567890123456"/);
    assert.equal((await run("--expect-no-changes")).exitCode, 0);

    await objects.create();
    await objects.setSecret(standby, { username: "standby", password: "CANARY-rotated" });
    await project.write(
      program(`${restored}
      new KeptSecrets("kept", { ...harbor, timeLimit: duration("40s"), adopt: true, restoreId: "after-the-fire" }, { dependsOn: restored });`),
    );
    const second = await run();
    assert.equal(second.exitCode, 0, second.stdout);
    assert.equal(await versions(standby), before + 1);
    assert.equal((await run("--expect-no-changes")).exitCode, 0);
  });

  it("destroy leaves the copies, and nothing that Pulumi stored or printed reveals them", async () => {
    await settled("CANARY-rotated");
    printed.push(
      await project.stateText(),
      (await project.pulumi("stack", "output", "--json", "--stack", "test")).stdout,
    );
    printed.push((await project.pulumi("stack", "history", "--stack", "test")).stdout);
    await project.write(keeping());
    assert.equal((await recorded(project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test"))).exitCode, 0);
    assert.equal(await keptPassword(standby), "CANARY-rotated");

    const entries = await readdir(join(project.directory, "home"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !/\/(bin|plugins)(\/|$)/.test(entry.parentPath));
    assert(files.some(({ parentPath }) => parentPath.includes("history")));
    for (const { name, parentPath } of files) printed.push(await readFile(join(parentPath, name), "utf8"));
    const canaries = [
      "CANARY-rotated",
      "CANARY-first",
      "password-of-postgres",
      "password-of-harbor",
      "password-of-standby",
      "0123456789abcdef",
    ];
    assert(
      printed.some((text) => text.includes(standby)),
      "names of secrets are found, so values would be, too",
    );
    const found = canaries
      .flatMap((canary) => [canary, btoa(canary)])
      .filter((canary) => printed.some((text) => text.includes(canary)));
    assert.deepEqual(found, []);
  });
});
