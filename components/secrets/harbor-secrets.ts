import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { RequestOf } from "../../domain/steps/steps.ts";

/** The Harbor whose Secrets are copied, and the place of the copies. */
export interface HarborSecretsArgs {
  /** The Kubernetes cluster that Harbor is in. */
  readonly kubernetes: KubernetesAccess;
  /** The HarborCluster. */
  readonly cluster: ObjectName;
  /** Secrets of its namespace besides the credentials of postgres, standby and harbor and Harbor's encryption key. */
  readonly also: readonly string[];
  /** Region of AWS Secrets Manager, such as `eu-west-2`. */
  readonly region: string;
  /** Address of Secrets Manager, such as that of a VPC endpoint. Default: AWS's public address. */
  readonly endpointUrl?: string | undefined;
}

/** The part of the request that all steps for the Secrets have in common. */
export function secretsRequest({ also, cluster, kubernetes }: HarborSecretsArgs): RequestOf<"secrets fingerprint"> {
  return { version: 1, kubernetes, cluster, also: [...also] };
}
