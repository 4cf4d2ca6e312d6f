import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import pLimit from "p-limit";
import { z } from "zod";
import { contextLayout, layout } from "../host/directory.ts";
import type { Host } from "../host/host.ts";
import { portName } from "../host/ports.ts";
import { waitUntil } from "../host/processes.ts";
import { client, create } from "../kubernetes/client.ts";
import { clusters, hasOwnInstance } from "./inventory.ts";
import type { Context, PostgresCluster } from "./inventory.ts";
import {
  bareObject,
  instancePod,
  nodeName,
  postgresCluster,
  postgresClusterStatus,
  repositoryPod,
  resource,
  runningStatus,
} from "./objects.ts";
import { instanceRole, instanceRoleBinding, operatorRole, operatorRoleBinding } from "./rbac.ts";
import type { Pod } from "./objects.ts";
import { instancePodFile, repositoryPodFile } from "./pod-files.ts";
import type { PodFile } from "./pod-files.ts";
import { postgresClusterDefinition } from "./postgresclusters-crd.ts";

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** How many requests an API server gets at the same time. */
const parallelRequests = 8;

/** Creates the CRD of PostgresCluster, PGO's permissions and the node of a context. */
export async function createBasics({ directory, ports }: Host, context: Context): Promise<void> {
  const config = client(layout(directory).kubeconfig, context);
  const core = config.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const wanted = [
    postgresClusterDefinition,
    operatorRole(),
    operatorRoleBinding(),
    bareObject("Node", nodeName(context)),
  ];
  await Promise.all(wanted.map((object) => create(objects, object)));
  const status = {
    addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
    daemonEndpoints: { kubeletEndpoint: { Port: ports(portName.kubelet(context)) } },
    conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "" }],
  };
  await core.patchNodeStatus({ name: nodeName(context), body: { status } }, mergePatch);
}

/** Creates the namespaces, permissions and pods of a context, and tells the kubelet stand-in how to run commands in each pod. */
export async function createPods(host: Host, context: Context): Promise<void> {
  const { directory } = host;
  const config = client(layout(directory).kubeconfig, context);
  const core = config.makeApiClient(CoreV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  const limit = pLimit(parallelRequests);

  const createPod = async (pod: Pod, files: PodFile): Promise<void> => {
    const { namespace, name } = pod.metadata;
    const folder = join(contextLayout(directory, context).pods, namespace);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${name}.json`), JSON.stringify(files, undefined, 2), { mode: 0o600 });
    await create(objects, pod);
    await core.patchNamespacedPodStatus({ name, namespace, body: { status: runningStatus(pod) } }, mergePatch);
  };

  const here = clusters.filter((cluster) => cluster.context === context);
  const namespaces = [...new Set(here.map((cluster) => cluster.namespace))];
  await limit.map(namespaces, (name) => create(objects, bareObject("Namespace", name)));
  await limit.map(here, async (cluster) => {
    if (hasOwnInstance(cluster)) {
      await create(objects, instanceRole(cluster));
      await create(objects, instanceRoleBinding(cluster));
    }
    for (const pod of cluster.pods) await createPod(instancePod(cluster, pod), instancePodFile(host, cluster, pod));
    if (cluster.pods.length > 0) await createPod(repositoryPod(cluster), repositoryPodFile(host, cluster));
  });
}

const listed = z.object({
  items: z.array(
    z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }), status: z.unknown().optional() }),
  ),
});

/** Creates the PostgresClusters of a context with the status that PGO once gave them. Does not change those that have a status. */
export async function createPostgresClusters(
  { directory }: Host,
  context: Context,
  systemIdentifier: (cluster: PostgresCluster) => string,
): Promise<void> {
  const api = client(layout(directory).kubeconfig, context).makeApiClient(CustomObjectsApi);
  let found = new Map<string, boolean>();
  await waitUntil(`the API server of the context ${context} to serve PostgresClusters`, 30, async () => {
    const { items } = listed.parse(
      await api.listCustomObjectForAllNamespaces({ ...resource, resourcePlural: resource.plural }),
    );
    found = new Map(
      items.map((item) => [`${item.metadata.namespace}/${item.metadata.name}`, item.status !== undefined]),
    );
    return true;
  });
  await pLimit(parallelRequests).map(
    clusters.filter((cluster) => cluster.context === context),
    async (cluster) => {
      const { namespace, name } = cluster;
      const hasStatus = found.get(`${namespace}/${name}`);
      if (hasStatus === undefined)
        await api.createNamespacedCustomObject({ ...resource, namespace, body: postgresCluster(cluster) });
      const status =
        cluster.state === "no-instance" ? undefined : postgresClusterStatus(cluster, systemIdentifier(cluster));
      if (hasStatus !== true && status !== undefined) {
        await api.patchNamespacedCustomObjectStatus({ ...resource, namespace, name, body: { status } }, mergePatch);
      }
    },
  );
}
