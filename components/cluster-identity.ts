import type { KubernetesAccess } from "../domain/kubernetes/access.ts";

/**
 * What tells one Kubernetes cluster from another, as triggers of a step: in another cluster everything is done anew. None
 * when the UID is not known.
 */
export function clusterIdentity({ kubeSystemUid }: KubernetesAccess): readonly string[] {
  return kubeSystemUid === undefined ? [] : [kubeSystemUid];
}
