import { RecoveryError } from "../../domain/errors.ts";
import type { ErrorReport } from "../../domain/error-report.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { LookedAt, StackLookReport } from "../../domain/stack/look.ts";
import { instancesByCluster } from "../../domain/stanza/instance-pod.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { existingCluster, probeStanza } from "../stanza/probe.ts";
import type { Surroundings } from "../surroundings.ts";

/**
 * Which Kubernetes cluster it is, and the stanza of each named cluster, all at the same time. It only reads. What could not
 * be found out is reported with its error, so that one silent cluster does not hide the others.
 */
export async function lookAtStack(
  client: KubernetesClient,
  { clusters, timeLimit }: TaskOf<"stack look">,
  { signal }: Surroundings,
): Promise<StackLookReport> {
  const lookAt = async (cluster: ObjectName): Promise<LookedAt> => {
    const name = formatObjectName(cluster);
    return known(
      async () => {
        const [found, pods] = await Promise.all([
          existingCluster(client, cluster),
          client.listInstancePods({ namespace: cluster.namespace, cluster: cluster.name }),
        ]);
        const { status } = await probeStanza(client, found, instancesByCluster(pods)(cluster), timeLimit, signal);
        return { cluster: name, uid: found.metadata.uid, status };
      },
      (error) => ({ cluster: name, error }),
    );
  };
  const [identity, ...looked] = await Promise.all([
    known(
      async () => ({ kubeSystemUid: await client.kubernetesUid() }),
      (error) => ({ error }),
    ),
    ...clusters.map(lookAt),
  ]);
  return { version: 1, context: client.context, ...identity, clusters: looked };
}

/** An interruption, and what is no RecoveryError, ends the whole look. */
async function known<Seen, Unknown>(
  look: () => Promise<Seen>,
  otherwise: (error: ErrorReport["error"]) => Unknown,
): Promise<Seen | Unknown> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof RecoveryError) || error.kind === "interrupted") throw error;
    const { code, kind, message, next } = error;
    return otherwise({ code, kind, message, next: next ?? null });
  }
}
