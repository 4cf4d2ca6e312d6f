import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { checkOf, environmentDifferences, instancesOf } from "../../domain/harbor/environment.ts";
import { keysOwnedByUs, type LivePodConfig } from "../../domain/harbor/pod-config-owners.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { cloneValues } from "../../domain/restore/finish.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";

/**
 * Compares pod-config and the pod Secret with what is declared. It only reads, and every preview runs it.
 *
 * @throws RecoveryError when one of them cannot be read.
 */
export async function compareEnvironment(
  client: Pick<HarborClient, "context" | "getConfigMap" | "getPodSecret">,
  { cluster, operator, podConfigData, podSecretData }: TaskOf<"harbor environment">,
): Promise<ReportOf<"harbor environment">> {
  const [podConfig, podSecret] = await Promise.all([
    client.getConfigMap({ namespace: operator.namespace, name: operator.podConfig }),
    client.getPodSecret({ namespace: cluster.namespace, name: operator.podSecret }),
  ]);
  const live = { podConfig, podSecret };
  const differs = environmentDifferences(live, { podConfig: podConfigData, podSecret: podSecretData });
  return {
    version: 1,
    context: client.context,
    cluster: formatObjectName(cluster),
    differs,
    check: differs.length === 0 ? (checkOf(live) ?? null) : null,
    instances: instancesOf(live),
    clone: podConfig === undefined ? {} : cloneValues(ownValues(podConfig)),
  };
}

function ownValues(podConfig: LivePodConfig): Record<string, string> {
  return Object.fromEntries(keysOwnedByUs(podConfig).map((key) => [key, podConfig.data[key] ?? ""]));
}
