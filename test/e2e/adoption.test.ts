import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installProvider } from "../../sandbox/pulumi/home.ts";
import { pulumiVersions } from "../../sandbox/pulumi/versions.ts";
import { EngineProject } from "../support/engine.ts";
import { faultTest } from "../support/fault-test.ts";

const existing = ["harbor-operator-ns/pod-config", "harbor-cluster/pod-secret"];

/** Declares pod-config and the pod Secret with a provider that `provider` creates. */
function program(provider: string): string {
  return `
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { kubernetesProvider } from "CHECKOUT/components/harbor/kubernetes-provider.ts";
import { PodConfig } from "CHECKOUT/components/harbor/pod-config.ts";
const args = {
  podConfig: { namespace: "harbor-operator-ns", name: "pod-config" },
  podSecret: { namespace: "harbor-cluster", name: "pod-secret" },
  backup: { bucket: "b", region: "eu-west-2", schedule: "0 1 * * *", retainDays: 5, credentials: "secret" },
  check: "check-1",
  instances: { podConfig: "instance-1", podSecret: "instance-2" },
  keys: pulumi.secret({ backup: { accessKeyId: "id", secretAccessKey: "key" } }),
};
new PodConfig("pod-config", args, { provider: ${provider} });
`;
}

describe("pod-config and the pod Secret with a Kubernetes provider that refuses existing objects, as from 4.29 on", function () {
  this.timeout("2m");
  let project: EngineProject;
  let objects: string;

  before(async function () {
    this.timeout("20m");
    project = await EngineProject.create({});
    objects = join(project.directory, "objects");
    await installProvider(join(project.directory, "home"), {
      name: "kubernetes",
      version: pulumiVersions.kubernetes,
      command: [
        "env",
        `EXISTING_OBJECTS=${objects}`,
        process.execPath,
        join(import.meta.dirname, "../support/newer-kubernetes-provider.ts"),
      ],
    });
    await writeFile(objects, existing.map((name) => `${name}\n`).join(""));
  });
  after(() => project.remove());

  it("are refused when the provider is not told to take them over", async () => {
    await project.write(program(`new Provider("lab", { context: "lab" })`));
    const { exitCode, stdout } = await project.up();
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /"pod-secret" already exists/);
  });

  faultTest(63, "are taken over by preview and up when they exist already", async () => {
    await project.write(program(`kubernetesProvider("lab", { context: "lab" })`));
    const plan = await project.preview();
    assert.deepEqual(plan.get("ConfigMap pod-config"), ["create"]);
    const { exitCode, stdout, stderr } = await project.up();
    assert.equal(exitCode, 0, stdout + stderr);
    for (const [type, name] of [
      ["ConfigMap", "pod-config"],
      ["Secret", "pod-config-keys"],
    ] as const)
      assert(existing.includes((await project.resource(type, name))?.id ?? ""), type);
    assert.deepEqual((await readFile(objects, "utf8")).trim().split("\n"), existing);
  });
});
