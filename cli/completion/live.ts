import { z } from "zod";
import { openApi, type KubernetesTarget } from "../../clients/kubernetes/api.ts";
import { contextsOf } from "../../clients/kubernetes/kubeconfig.ts";
import { harborClusterApi } from "../../domain/harbor/names.ts";
import { formatObjectName, objectNamePattern } from "../../domain/kubernetes/object-name.ts";
import { postgresClusterApi } from "../../domain/stanza/postgres-cluster.ts";
import type { ClusterKind } from "./candidates.ts";

/** Milliseconds that a person waits after a Tab, at most. */
const patience = 2000;

/** The contexts of the kubeconfig; none when it cannot be read. */
export function contextNames({ kubeconfig }: KubernetesTarget): string[] {
  try {
    return contextsOf(kubeconfig);
  } catch {
    return [];
  }
}

const apis = { PostgresCluster: postgresClusterApi, HarborCluster: harborClusterApi };
const listSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) })),
});

/** The clusters of a context; none when they cannot be listed, or not in time. */
export async function clusterNames(kind: ClusterKind, target: KubernetesTarget): Promise<string[]> {
  const { group, version, plural } = apis[kind];
  try {
    const api = await openApi(target, AbortSignal.timeout(patience), () => undefined);
    const answer = await api.get(`list ${plural}`, `/apis/${group}/${version}/${plural}?limit=1000`);
    const names = listSchema.parse(answer).items.map(({ metadata }) => formatObjectName(metadata));
    // The shells quote what they insert, but a name that Kubernetes forbids is no cluster's.
    return names.filter((name) => objectNamePattern.test(name));
  } catch {
    return [];
  }
}

/** The namespaces that contain a PostgresCluster. */
export async function namespaces(target: KubernetesTarget): Promise<string[]> {
  const names = await clusterNames("PostgresCluster", target);
  return [...new Set(names.map((name) => name.replace(/\/.*/, "")))];
}
