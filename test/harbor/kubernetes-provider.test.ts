import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api } from "@kubernetes/client-node";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { client } from "../../sandbox/kubernetes/client.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { harborContext, operatorNamespace } from "../../sandbox/harbor/objects.ts";
import { harborEnvironment, runInSandbox, testDirectory, type Ended } from "../support/sandbox.ts";

const name = "provider-test";
const program = `
import { ConfigMap } from "@pulumi/kubernetes/core/v1/index.js";
import { Provider } from "@pulumi/kubernetes/index.js";
import { Config } from "@pulumi/pulumi";

const provider = new Provider("lab", { context: "${harborContext}", enableConfigMapMutable: true });
const metadata = { namespace: "${operatorNamespace}", name: "${name}" };
new ConfigMap("pod-config", { metadata, data: { KEY: new Config().require("value") } }, { provider });
`;

describe("the real Pulumi Kubernetes provider", function () {
  this.timeout("3m");
  let folder: string;

  before("the sandbox with Harbor's part, and a project", async function () {
    this.timeout("60m");
    await harborEnvironment();
    folder = await mkdtemp(join(tmpdir(), "postgres-recovery-provider-"));
    await mkdir(join(folder, "state"));
    await symlink(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const project = {
      name,
      main: "index.ts",
      runtime: { name: "nodejs", options: { typescript: false } },
      backend: { url: `file://${join(folder, "state")}` },
    };
    await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify(project));
    await writeFile(join(folder, "index.ts"), program);
    await pulumi("stack", "init", "test");
  });
  after(() => rm(folder, { recursive: true }));

  async function pulumi(...parameters: string[]): Promise<Ended> {
    const ended = await runInSandbox(["pulumi", "--non-interactive", ...parameters], {
      cwd: folder,
      env: { PULUMI_BACKEND_URL: `file://${join(folder, "state")}` },
    });
    assert.equal(ended.exitCode, 0, `${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  const up = async (value: string): Promise<Ended> => {
    await pulumi("config", "set", "value", value, "--stack", "test");
    return pulumi("up", "--stack", "test", "--yes", "--skip-preview");
  };

  const configMap = (): Promise<V1ConfigMap> =>
    client(layout(testDirectory).kubeconfig, harborContext)
      .makeApiClient(CoreV1Api)
      .readNamespacedConfigMap({ namespace: operatorNamespace, name });

  it("creates a ConfigMap without a warning about the plugin", async () => {
    const { stdout, stderr } = await up("one");
    assert.deepEqual((await configMap()).data, { KEY: "one" });
    assert.doesNotMatch(stdout + stderr, /warning/i);
  });

  it("updates the ConfigMap in place, so that it is never absent", async () => {
    const before = await configMap();
    await up("two");
    const after = await configMap();
    assert.deepEqual(
      { data: after.data, uid: after.metadata?.uid },
      { data: { KEY: "two" }, uid: before.metadata?.uid },
    );
  });

  it("changes nothing in a second run", async () => {
    await pulumi("up", "--stack", "test", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("deletes the ConfigMap", async () => {
    await pulumi("destroy", "--stack", "test", "--yes", "--skip-preview");
    await assert.rejects(configMap(), /404/);
  });
});
