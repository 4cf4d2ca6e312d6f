import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { hasList, isObserved } from "../../domain/harbor/roll-plan.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { postgresqlNotFound } from "./roll-state.ts";

const pauseSeconds = 2;

/**
 * Waits until the StatefulSet has the resource's pg_hba list, and the StatefulSet's controller has seen it.
 *
 * @throws RecoveryError `usage` when there is no `postgresql` resource, `failed` when it does not happen in time.
 */
export async function pgHbaInTemplate(
  client: Pick<HarborClient, "context" | "getPostgresql" | "getStatefulSet" | "listHarborClusters">,
  harbor: ObjectName,
  limit: Duration,
  surroundings: Surroundings,
): Promise<void> {
  const wait = new Wait({ limit, pauses: [pauseSeconds] }, surroundings);
  let what: string;
  do {
    const [postgresql, statefulSet] = await Promise.all([client.getPostgresql(harbor), client.getStatefulSet(harbor)]);
    if (postgresql === undefined) throw await postgresqlNotFound(client, harbor);
    if (statefulSet !== undefined && hasList(statefulSet, postgresql) && isObserved(statefulSet)) return;
    what = statefulSet === undefined ? "to create the StatefulSet" : "to copy pg_hba into the StatefulSet";
  } while (await wait.pause(`waiting for the Zalando operator ${what}`));
  throw new RecoveryError(
    "operator-sync-timeout",
    `${formatObjectName(harbor)}: timed out after ${formatDuration(limit)} waiting for the Zalando operator ${what}`,
    {
      next: "check that it runs, and see its log and the status of the postgresql resource; then run this again to continue",
    },
  );
}
