import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { isObserved, type RollState } from "../../domain/harbor/roll-plan.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

/**
 * The database's Pods now. Undefined while it is unknown which are old: there is no StatefulSet, or its controller has not seen
 * the newest template.
 */
export async function readRollState(client: HarborClient, harbor: ObjectName): Promise<RollState | undefined> {
  const [statefulSet, pods, systemIdentifier] = await Promise.all([
    client.getStatefulSet(harbor),
    client.listPods(harbor),
    client.getSystemIdentifier(harbor),
  ]);
  const revision = statefulSet !== undefined && isObserved(statefulSet) ? statefulSet.status.updateRevision : undefined;
  if (statefulSet === undefined || revision === undefined) return undefined;
  return { pods, revision, replicas: statefulSet.spec.replicas, bootstrapped: systemIdentifier !== undefined };
}

/** The error when there is no database to roll. */
export function postgresqlNotFound({ context }: Pick<HarborClient, "context">, harbor: ObjectName): RecoveryError {
  return new RecoveryError(
    "postgresql-not-found",
    `there is no postgresql ${harbor.namespace}/${postgresqlName(harbor)} in context ${context}`,
    { next: "check the name; the Harbor operator creates it for a HarborCluster" },
  );
}
