import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { streamingPods } from "../../clients/pod/spilo.ts";
import { podRole, type DatabasePod } from "../../domain/harbor/objects.ts";
import { isObserved, type RollState, type Streaming } from "../../domain/harbor/roll-plan.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { orElse } from "../../domain/similar.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { readPodKeys } from "./pod-keys.ts";
import { similarHarbor } from "./similar-harbor.ts";

/** The database that is rolled. */
export type RolledDatabase = Pick<TaskOf<"harbor roll">, "cluster" | "podSecret">;

/**
 * The database's Pods now. Undefined while it is unknown which are old: there is no StatefulSet, or its controller has not seen
 * the newest template.
 */
export async function readRollState(
  client: HarborClient,
  { cluster: harbor, podSecret }: RolledDatabase,
  signal: AbortSignal,
): Promise<RollState | undefined> {
  const [statefulSet, pods, systemIdentifier] = await Promise.all([
    client.getStatefulSet(harbor),
    client.listPods(harbor),
    client.getSystemIdentifier(harbor),
  ]);
  const revision = statefulSet !== undefined && isObserved(statefulSet) ? statefulSet.status.updateRevision : undefined;
  if (statefulSet === undefined || revision === undefined) return undefined;
  return {
    pods,
    revision,
    replicas: statefulSet.spec.replicas,
    bootstrapped: systemIdentifier !== undefined,
    streaming: await readStreaming(client, pods, signal),
    keys: await readPodKeys(client, harbor, podSecret, pods, signal),
  };
}

/** Which Pods stream. The leader is not asked while that does not matter: without replicas, or among several leaders. */
export async function readStreaming(
  { exec }: Pick<HarborClient, "exec">,
  pods: readonly DatabasePod[],
  signal: AbortSignal,
): Promise<Streaming> {
  const [leader, ...others] = pods.filter((pod) => podRole(pod) === "leader");
  if (pods.length < 2 || leader === undefined || others.length > 0) return { pods: new Set() };
  return streamingPods(exec, leader, signal);
}

/** The error when there is no database to roll. */
export async function postgresqlNotFound(
  client: Pick<HarborClient, "context" | "listHarborClusters">,
  harbor: ObjectName,
): Promise<RecoveryError> {
  const suggestion = await similarHarbor(client, harbor);
  return new RecoveryError(
    "postgresql-not-found",
    `there is no postgresql ${harbor.namespace}/${postgresqlName(harbor)} in context ${client.context}`,
    { next: orElse(suggestion, "check the name; the Harbor operator creates it for a HarborCluster") },
  );
}
