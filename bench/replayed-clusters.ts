import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import pLimit from "p-limit";
import { client, create } from "../sandbox/kubernetes/client.ts";
import { contextLayout, layout } from "../sandbox/host/directory.ts";
import type { PostgresCluster } from "../sandbox/pgo/inventory.ts";
import {
  bareObject,
  instancePod,
  postgresCluster,
  postgresClusterStatus,
  resource,
  runningStatus,
} from "../sandbox/pgo/objects.ts";

/** An answer that a Pod gives after a delay, instead of running the command; see the kubelet stand-in. */
export interface Replay {
  /** Regular expression over the command, its arguments joined by blanks. */
  readonly match: string;
  readonly delayMilliseconds: number;
  /** Relative to the folder of the pod files. */
  readonly stdoutFile?: string;
  /** How many commands it answers. Default: all. */
  readonly times?: number;
}

const context = "dev";
/** The system identifier in the recorded answers of pgBackRest. PGO's status has it, because a list would otherwise ask the database itself. */
const recordedIdentifier = "7710366851552716423";
const parallelRequests = 8;
const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
/** Objects of a real PGO are larger than the sandbox's: probes, volumes, managed fields. */
const usualBytes = { pod: 20_000, postgresCluster: 8000 };

/** PostgresClusters in their own namespace whose Pods only replay answers, behind the real API server and exec protocol. */
export class ReplayedClusters {
  readonly namespace: string;
  /** The clusters, each as NAMESPACE/NAME. */
  readonly names: readonly string[];
  /** The Pod of each cluster. */
  readonly pods: readonly string[];
  readonly #directory: string;
  readonly #clusters: readonly PostgresCluster[];

  constructor(directory: string, namespace: string, count: number) {
    this.#directory = directory;
    this.namespace = namespace;
    this.#clusters = Array.from({ length: count }, (_, index) => {
      const name = `db-${String(index + 1).padStart(4, "0")}`;
      return { context, namespace, name, state: "healthy", pods: [`${name}-instance1-abcd-0`], stanzaCreated: true };
    });
    this.pods = this.#clusters.map(podOf);
    this.names = this.#clusters.map(({ name }) => `${namespace}/${name}`);
  }

  async create(): Promise<void> {
    const config = client(layout(this.#directory).kubeconfig, context);
    const core = config.makeApiClient(CoreV1Api);
    const custom = config.makeApiClient(CustomObjectsApi);
    const objects = KubernetesObjectApi.makeApiClient(config);
    const { namespace } = this;
    await create(objects, bareObject("Namespace", namespace));
    await pLimit(parallelRequests).map([...this.#clusters], async (cluster) => {
      const { name } = cluster;
      const pod = instancePod(cluster, podOf(cluster));
      await create(objects, filled(pod, usualBytes.pod));
      await core.patchNamespacedPodStatus(
        { name: pod.metadata.name, namespace, body: { status: runningStatus(pod) } },
        mergePatch,
      );
      await create(objects, filled(postgresCluster(cluster), usualBytes.postgresCluster));
      const status = postgresClusterStatus(cluster, recordedIdentifier);
      await custom.patchNamespacedCustomObjectStatus({ ...resource, namespace, name, body: { status } }, mergePatch);
    });
  }

  /** Sets the Pods' answers from now on, and resets the counts of `times`. `files` are the files that they print, by name. */
  async answer(files: Record<string, string>, replays: (pod: string) => readonly Replay[]): Promise<void> {
    const folder = join(contextLayout(this.#directory, context).pods, this.namespace);
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    for (const pod of this.pods) {
      const replay = replays(pod).map((answer) => ({
        ...answer,
        ...(answer.stdoutFile !== undefined && { stdoutFile: join(folder, answer.stdoutFile) }),
      }));
      await writeFile(join(folder, `${pod}.json`), JSON.stringify({ containers: { database: { replay } } }));
    }
  }

  /** Removes everything except the namespace, whose deletion nobody in the sandbox would finish. */
  async remove(): Promise<void> {
    const config = client(layout(this.#directory).kubeconfig, context);
    const { namespace } = this;
    await config.makeApiClient(CoreV1Api).deleteCollectionNamespacedPod({ namespace, gracePeriodSeconds: 0 });
    await config.makeApiClient(CustomObjectsApi).deleteCollectionNamespacedCustomObject({ ...resource, namespace });
    await rm(join(contextLayout(this.#directory, context).pods, namespace), { recursive: true, force: true });
  }
}

function podOf({ pods: [pod = ""] }: PostgresCluster): string {
  return pod;
}

function filled<T extends { metadata: object }>(object: T, bytes: number): T {
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { filler: "x".repeat(bytes), ...annotations(object.metadata) } },
  };
}

function annotations(metadata: object): object {
  return "annotations" in metadata && typeof metadata.annotations === "object" && metadata.annotations !== null
    ? metadata.annotations
    : {};
}
