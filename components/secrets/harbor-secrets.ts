import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";

/** Whose Secrets are meant, and where their copies are. */
export interface HarborSecretsArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster. */
  readonly cluster: ObjectName;
  /** Secrets of its namespace besides the credentials of postgres, standby and harbor and Harbor's encryption key. */
  readonly also: readonly string[];
  /** Region of AWS Secrets Manager, such as `eu-west-2`. */
  readonly region: string;
}

/** What every step for the Secrets reads from stdin. */
export function secretsRequest({ also, cluster, kubernetes }: HarborSecretsArgs): RequestOf<"secrets fingerprint"> {
  return { version: 1, kubernetes, cluster, also: [...also] };
}
