import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { hasList, isObserved } from "../../domain/harbor/roll-plan.ts";
import { rollPreview } from "../../domain/harbor/roll-preview.ts";
import type { RollPreview } from "../../domain/harbor/steps/roll-preview.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { readPodKeys } from "./pod-keys.ts";
import { postgresqlNotFound, readRollState, readStreaming, type RolledDatabase } from "./roll-state.ts";

/** A revision that no Pod has. */
const nextRevision = "next";

/**
 * What `rollPods` would do now. It only reads.
 *
 * @throws RecoveryError `usage` when there is no such database.
 */
export async function previewRoll(
  client: HarborClient,
  database: RolledDatabase,
  signal: AbortSignal,
): Promise<RollPreview> {
  const { cluster: harbor, podSecret } = database;
  const report = { version: 1, context: client.context, cluster: formatObjectName(harbor) } as const;
  const [postgresql, statefulSet] = await Promise.all([client.getPostgresql(harbor), client.getStatefulSet(harbor)]);
  if (postgresql === undefined) throw await postgresqlNotFound(client, harbor);
  if (statefulSet === undefined) {
    return { ...report, steps: [{ step: "wait", for: "the Zalando operator to create the StatefulSet" }] };
  }
  const state = await readRollState(client, database, signal);
  if (state !== undefined && hasList(statefulSet, postgresql)) return { ...report, steps: rollPreview(state) };
  const what = isObserved(statefulSet)
    ? "the Zalando operator to copy pg_hba into the StatefulSet"
    : "the controller to see the StatefulSet's newest template";
  const [pods, systemIdentifier] = await Promise.all([client.listPods(harbor), client.getSystemIdentifier(harbor)]);
  const changed = {
    pods,
    revision: nextRevision,
    replicas: statefulSet.spec.replicas,
    bootstrapped: systemIdentifier !== undefined,
    streaming: await readStreaming(client, pods, signal),
    keys: await readPodKeys(client, harbor, podSecret, pods, signal),
  };
  return { ...report, steps: [{ step: "wait", for: what }, ...rollPreview(changed)] };
}
