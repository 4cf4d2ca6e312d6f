import pLimit from "p-limit";
import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import type { Duration } from "../../domain/duration.ts";
import { instancesByCluster } from "../../domain/stanza/instance-pod.ts";
import { clusterNameOf, operatorSaysCreated } from "../../domain/stanza/postgres-cluster.ts";
import type { ScanEntry } from "../../domain/stanza/list-report.ts";
import { disagreement } from "../../domain/stanza/status.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { probeStanza } from "./probe.ts";
import type { Surroundings } from "../surroundings.ts";

/** Which clusters to ask, and how. */
export interface ScanOptions {
  /** One namespace; every namespace when absent. */
  readonly namespace: string | undefined;
  /** How many clusters are asked at the same time, at most. */
  readonly concurrency: number;
  /** For one cluster's answer. */
  readonly timeLimit: Duration;
  /** Called before each cluster is asked; `total` is the number of all clusters. */
  readonly onStart?: (cluster: ObjectName, total: number) => void;
  /** Called after each cluster. */
  readonly onEntry?: (entry: ScanEntry) => void;
}

/**
 * The stanza of every PostgresCluster, in the API server's order: two LISTs, then one remote command per cluster, or two
 * where PGO's status lacks the system identifier. It only reads. A cluster that does not answer does not affect the others.
 */
export async function scanStanzas(
  client: KubernetesClient,
  options: ScanOptions,
  { signal }: Surroundings,
): Promise<ScanEntry[]> {
  const [clusters, pods] = await Promise.all([
    client.listPostgresClusters(options.namespace),
    client.listInstancePods({ namespace: options.namespace }),
  ]);
  const instancesOf = instancesByCluster(pods);
  const atOnce = pLimit(options.concurrency);
  return Promise.all(
    clusters.map((cluster) =>
      atOnce(async () => {
        const { namespace, name } = clusterNameOf(cluster);
        options.onStart?.({ namespace, name }, clusters.length);
        const { pod, status } = await probeStanza(
          client,
          cluster,
          instancesOf({ namespace, name }),
          options.timeLimit,
          signal,
        );
        const created = operatorSaysCreated(cluster);
        const contradiction = disagreement(status, created);
        const entry: ScanEntry = {
          namespace,
          cluster: name,
          uid: cluster.metadata.uid,
          ...(pod !== undefined && { pod }),
          status,
          ...(created !== undefined && { operatorSaysCreated: created }),
          ...(contradiction !== undefined && { disagreement: contradiction }),
        };
        options.onEntry?.(entry);
        return entry;
      }),
    ),
  );
}
