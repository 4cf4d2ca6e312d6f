import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CoreV1Api, KubernetesObjectApi, loadYaml, type KubernetesObject } from "@kubernetes/client-node";
import { writeAccess } from "../../sandbox/kubernetes/access.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { layout, prepareDirectory } from "../../sandbox/host/directory.ts";
import { startKubernetes } from "../../sandbox/kubernetes/control-plane.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { loadHost } from "../../sandbox/host/host.ts";
import { ensureTools } from "../../sandbox/toolchain/tools.ts";

const context = "lab";

/** The sandbox's API server without operators and databases. It contains only what a test creates. */
export interface TestKubernetes {
  readonly context: string;
  /** Path of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly core: CoreV1Api;
  readonly objects: KubernetesObjectApi;
  /** UID of the kube-system namespace. */
  readonly uid: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts etcd and the API servers in a new folder, with the Zalando operator's own CRD `postgresqls`. */
export async function startTestKubernetes(): Promise<TestKubernetes> {
  const progress = (line: string): void => {
    process.stderr.write(`    sandbox: ${line}\n`);
  };
  const tools = await ensureTools(["etcd", "kube-apiserver", "kubelet", "postgres-operator"], progress);
  const directory = await mkdtemp(join(tmpdir(), "pr-kubernetes-"));
  await prepareDirectory(directory);
  const host = await loadHost(directory);
  await writeAccess(host);
  await startKubernetes({ ...host, tools });

  const { kubeconfig } = layout(directory);
  const config = client(kubeconfig, context);
  const objects = KubernetesObjectApi.makeApiClient(config);
  await objects.create(
    loadYaml<KubernetesObject>(
      await readFile(join(dirname(tools.get("postgres-operator") ?? ""), "postgresql.crd.yaml"), "utf8"),
    ),
  );
  await waitUntil("the API server to serve postgresqls", 30, async () => {
    await objects.list("acid.zalan.do/v1", "postgresql");
    return true;
  });
  const core = config.makeApiClient(CoreV1Api);
  return {
    context,
    kubeconfig,
    core,
    objects,
    // kube-system appears a moment after the API server answers.
    uid: async () => {
      let uid = "";
      await waitUntil("the namespace kube-system", 60, async () => {
        uid = (await core.readNamespace({ name: "kube-system" })).metadata?.uid ?? "";
        return uid !== "";
      });
      return uid;
    },
    async stop() {
      await Promise.all(host.processes.names().map((name) => host.processes.stop(name, { signal: "SIGKILL" })));
      await rm(directory, { recursive: true, maxRetries: 10 });
    },
  };
}
