import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { clusterNameOf } from "../../domain/stanza/postgres-cluster.ts";

/**
 * Every PostgresCluster, for a suggestion. None when they cannot be listed: the role of `stanza create` does not include
 * that, and a suggestion must not hide the error that it belongs to.
 */
export async function knownClusters(client: KubernetesClient): Promise<ObjectName[]> {
  try {
    return (await client.listPostgresClusters(undefined)).map(clusterNameOf);
  } catch {
    return [];
  }
}
