import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig, KubernetesObjectApi } from "@kubernetes/client-node";
import { client, create } from "../../sandbox/kubernetes/client.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { faultTest } from "../support/fault-test.ts";
import { harborEnvironment, runInSandbox, testDirectory, type Ended } from "../support/sandbox.ts";

const checkout = join(import.meta.dirname, "../..");
const namespace = "another-cluster-test";
const program = `
import * as pulumi from "@pulumi/pulumi";
import { kubernetesProvider } from "${checkout}/components/harbor/kubernetes-provider.ts";
import { PodConfig } from "${checkout}/components/harbor/pod-config.ts";

const { KUBE_SYSTEM_UID, RESTORE, SECRET_INSTANCE } = process.env;
const place = { bucket: "b", region: "eu-west-2", credentials: "secret" };
const access = { context: "target", ...(KUBE_SYSTEM_UID && { kubeSystemUid: KUBE_SYSTEM_UID }) };
new PodConfig(
  "pod-config",
  {
    podConfig: { namespace: "${namespace}", name: "pod-config" },
    podSecret: { namespace: "${namespace}", name: "pod-secret" },
    backup: { ...place, schedule: "0 1 * * *", retainDays: 5 },
    restore: RESTORE
      ? { id: RESTORE, scope: "lost", source: { prefix: "" }, postgresVersion: 12, versionInPath: true, ...place }
      : undefined,
    check: "check-1",
    instances: { podConfig: "instance-1", podSecret: SECRET_INSTANCE },
    keys: pulumi.secret({
      backup: { accessKeyId: "AKIATEST", secretAccessKey: "CANARY" },
      restore: { accessKeyId: "AKIATEST", secretAccessKey: "CANARY" },
    }),
  },
  { provider: kubernetesProvider("kubernetes", access) },
);
`;

describe("pod-config and the pod Secret, when the context leads to another Kubernetes cluster or an object is lost", function () {
  this.timeout("3m");
  let folder: string;
  /** The declared restore and the id of the pod Secret. */
  let choices: Record<string, string>;

  before("the sandbox with Harbor's part, and a project", async function () {
    this.timeout("60m");
    await harborEnvironment();
    folder = await mkdtemp(join(tmpdir(), "postgres-recovery-another-"));
    await mkdir(join(folder, "state"));
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const runtime = { name: "nodejs", options: { typescript: false } };
    await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify({ name: "another", main: "index.ts", runtime }));
    await writeFile(join(folder, "index.ts"), program);
    for (const context of ["lab", "dev"] as const) {
      const api = KubernetesObjectApi.makeApiClient(client(layout(testDirectory).kubeconfig, context));
      const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
      await create(api, object);
    }
  });
  beforeEach(async () => {
    choices = { SECRET_INSTANCE: "instance-2" };
    await pulumi({}, "stack", "init", "test");
  });
  afterEach(async () => {
    await pulumi({}, "stack", "rm", "test", "--yes", "--force");
    for (const context of ["lab", "dev"] as const) {
      await core(context).deleteCollectionNamespacedConfigMap({ namespace });
      await core(context).deleteCollectionNamespacedSecret({ namespace });
    }
  });
  after(() => rm(folder, { recursive: true }));

  const core = (context: "lab" | "dev"): CoreV1Api =>
    client(layout(testDirectory).kubeconfig, context).makeApiClient(CoreV1Api);

  async function pulumi(env: Record<string, string>, ...parameters: string[]): Promise<Ended> {
    const ended = await runInSandbox(["pulumi", "--non-interactive", ...parameters], {
      cwd: folder,
      env: { PULUMI_BACKEND_URL: `file://${join(folder, "state")}`, KUBECONFIG: join(folder, "kubeconfig"), ...env },
    });
    assert.equal(ended.exitCode, 0, `${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  /** `pulumi up` with a context `target` that leads to `where`. The program knows the UID that the look would find. */
  async function up(where: "lab" | "dev", uid: "known" | "unknown", ...parameters: string[]): Promise<string> {
    const config = client(layout(testDirectory).kubeconfig, where);
    const context = config.getContextObject(where);
    assert(context);
    const target = new KubeConfig();
    target.loadFromOptions({
      clusters: config.clusters,
      users: config.users,
      contexts: [{ ...context, name: "target" }],
      currentContext: "target",
    });
    await writeFile(join(folder, "kubeconfig"), target.exportConfig());
    const { metadata } = await core(where).readNamespace({ name: "kube-system" });
    const env = { ...choices, KUBE_SYSTEM_UID: uid === "known" ? (metadata?.uid ?? "") : "" };
    return (await pulumi(env, "up", "--stack", "test", "--yes", "--skip-preview", ...parameters)).stdout;
  }

  /** UIDs of both objects, as the API server has them. */
  async function uids(context: "lab" | "dev"): Promise<(string | undefined)[]> {
    const configMap = await core(context).readNamespacedConfigMap({ namespace, name: "pod-config" });
    const secret = await core(context).readNamespacedSecret({ namespace, name: "pod-secret" });
    return [configMap.metadata?.uid, secret.metadata?.uid];
  }

  faultTest(
    60,
    "both are created there, although Pulumi believes that they exist; those of the first stay",
    async () => {
      await up("lab", "known");
      const first = await uids("lab");
      await assert.rejects(uids("dev"), /404/);
      await up("dev", "known");
      const second = await uids("dev");
      assert.equal(new Set([...first, ...second]).size, 4);
      assert.deepEqual(await uids("lab"), first);
      await up("dev", "known", "--expect-no-changes");
    },
  );

  faultTest(60, "a UID that becomes known later leaves both objects as they are", async () => {
    await up("lab", "unknown");
    const first = await uids("lab");
    await up("lab", "known");
    assert.deepEqual(await uids("lab"), first);
    await up("lab", "known", "--expect-no-changes");
  });

  it("a pod Secret that is lost, as with its namespace, is created again for a restore, and once more during it", async () => {
    await up("lab", "known");
    const [podConfig] = await uids("lab");
    choices["RESTORE"] = "r1";
    for (const instance of ["instance-3", "instance-4"]) {
      await core("lab").deleteNamespacedSecret({ namespace, name: "pod-secret" });
      choices["SECRET_INSTANCE"] = instance;
      await up("lab", "known");
      assert.equal((await uids("lab"))[0], podConfig);
      const { data } = await core("lab").readNamespacedSecret({ namespace, name: "pod-secret" });
      assert.equal(Buffer.from(data?.["CLONE_AWS_SECRET_ACCESS_KEY"] ?? "", "base64").toString(), "CANARY");
      await up("lab", "known", "--expect-no-changes");
    }
  });
});
