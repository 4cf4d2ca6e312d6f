import { randomUUID } from "node:crypto";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { podKeyDigest } from "../../clients/pod/spilo.ts";
import { spiloRuns, type DatabasePod } from "../../domain/harbor/objects.ts";
import { keyDigest, keyVariables, type PodKeys } from "../../domain/harbor/pod-keys.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

/**
 * Which Pods still have keys that the pod Secret no longer has. A container that does not run is not asked: it gets the
 * Secret's values when it starts.
 *
 * @param podSecret name of the Secret in Harbor's namespace.
 */
export async function readPodKeys(
  client: Pick<HarborClient, "exec" | "getPodSecret">,
  harbor: ObjectName,
  podSecret: string,
  pods: readonly DatabasePod[],
  signal: AbortSignal,
): Promise<PodKeys> {
  const secret = await client.getPodSecret({ namespace: harbor.namespace, name: podSecret });
  const keys = new Map<string, "old" | { readonly unknown: string }>();
  if (secret === undefined) return keys;
  const salt = randomUUID();
  await Promise.all(
    pods.filter(spiloRuns).map(async (pod) => {
      const variables = keyVariables(pod, podSecret, secret.data);
      if (variables.length === 0) return;
      const names = variables.map(({ name }) => name);
      const answer = await podKeyDigest(client.exec, pod, salt, names, signal);
      if ("unknown" in answer) keys.set(pod.metadata.name, answer);
      else if (answer.digest !== keyDigest(salt, variables)) keys.set(pod.metadata.name, "old");
    }),
  );
  return keys;
}
