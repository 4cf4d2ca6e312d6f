import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

/** Whose secrets are meant. */
export interface HarborSecrets {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster, as NAMESPACE/NAME. */
  readonly cluster: string;
  /** Secrets of its namespace besides the credentials of postgres, standby and harbor and Harbor's encryption key. */
  readonly also: readonly string[];
  /** Region of AWS Secrets Manager, such as `eu-west-2`. */
  readonly region: string;
}

/** What every step around the secrets reads from stdin. */
export function secretsRequest({ also, cluster, kubernetes }: HarborSecrets) {
  return { version: 1, kubernetes, cluster, also };
}
