import { rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import getPort from "get-port";
import { client } from "../../sandbox/kubernetes/client.ts";
import { startDatabase } from "../../sandbox/pgo/databases.ts";
import { contextLayout, instanceLayout, layout } from "../../sandbox/host/directory.ts";
import type { PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import {
  instancePod,
  label,
  patroniScope,
  postgresCluster,
  postgresClusterStatus,
  resource,
  runningStatus,
} from "../../sandbox/pgo/objects.ts";
import { prepareInstance } from "../../sandbox/pgo/patroni.ts";
import { instancePodFile } from "../../sandbox/pgo/pod-files.ts";
import { portName, type Ports } from "../../sandbox/host/ports.ts";
import { loadHost } from "../../sandbox/host/host.ts";
import { killMember } from "./patroni.ts";
import { testDirectory } from "./sandbox.ts";

/** Deletes a cluster with its Pods and data, as `kubectl delete postgrescluster` does. Its repository stays. */
export async function deleteCluster(cluster: PostgresCluster): Promise<void> {
  const { context, namespace, name } = cluster;
  const config = client(layout(testDirectory).kubeconfig, context);
  const core = config.makeApiClient(CoreV1Api);
  for (const pod of cluster.pods) {
    await killMember(cluster, pod);
    await core.deleteNamespacedPod({ namespace, name: pod, gracePeriodSeconds: 0 });
    await unlink(podFile(cluster, pod));
    await rm(instanceLayout(testDirectory, cluster, pod).own, { recursive: true });
  }
  await core.deleteCollectionNamespacedConfigMap({
    namespace,
    labelSelector: `${label.patroni}=${patroniScope(cluster)}`,
  });
  await config.makeApiClient(CustomObjectsApi).deleteNamespacedCustomObject({ ...resource, namespace, name });
}

/** Creates a cluster with one instance, as PGO does for a new PostgresCluster, with a new UID and a new database. */
export async function createCluster(cluster: PostgresCluster): Promise<void> {
  const {
    context,
    namespace,
    name,
    pods: [pod = ""],
  } = cluster;
  const directory = testDirectory;
  const config = client(layout(directory).kubeconfig, context);
  const known = await loadHost(directory);
  const host = { ...known, ports: await portsFor(known.ports, cluster, pod) };

  await prepareInstance(host, { cluster, pod });
  await writeFile(podFile(cluster, pod), JSON.stringify(instancePodFile(host, cluster, pod)), {
    mode: 0o600,
  });
  const object = instancePod(cluster, pod);
  const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await KubernetesObjectApi.makeApiClient(config).create(object);
  await config
    .makeApiClient(CoreV1Api)
    .patchNamespacedPodStatus({ name: pod, namespace, body: { status: runningStatus(object) } }, mergePatch);

  const systemIdentifier = await startDatabase(host, cluster);
  const api = config.makeApiClient(CustomObjectsApi);
  await api.createNamespacedCustomObject({ ...resource, namespace, body: postgresCluster(cluster) });
  const body = { status: postgresClusterStatus(cluster, systemIdentifier) };
  await api.patchNamespacedCustomObjectStatus({ ...resource, namespace, name, body }, mergePatch);
}

function podFile({ context, namespace }: PostgresCluster, pod: string): string {
  return join(contextLayout(testDirectory, context).pods, namespace, `${pod}.json`);
}

/** The sandbox's ports, and new ones for a Pod that has none yet. */
async function portsFor(known: Ports, cluster: PostgresCluster, pod: string): Promise<Ports> {
  const own = new Map<string, number>();
  for (const name of [portName.postgres(cluster, pod), portName.patroni(cluster, pod)])
    own.set(name, await getPort({ host: "127.0.0.1" }));
  return (name) => {
    try {
      return known(name);
    } catch {
      return own.get(name) ?? 0;
    }
  };
}
