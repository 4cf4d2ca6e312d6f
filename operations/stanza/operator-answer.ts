import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { StanzaCreateReport } from "../../domain/stanza/create.ts";
import { operatorSaysCreated, type PostgresCluster } from "../../domain/stanza/postgres-cluster.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";

/** Seconds between two looks at PGO's status; the last pause repeats. */
const pauses = [1, 2, 4, 8, 15];

/**
 * What PGO says about the stanza. Its status proves something only if it changed after the stanza was created.
 *
 * PGO sets `stanzaCreated` in its next reconcile. It never looks at a stanza again whose `stanzaCreated` is true, and a
 * paused cluster gets no new status at all, so neither is waited for.
 *
 * @param before the PostgresCluster as it was read before the stanza was created.
 * @param limit for the whole wait.
 */
export async function operatorAnswer(
  client: KubernetesClient,
  cluster: ObjectName,
  before: PostgresCluster,
  limit: Duration,
  surroundings: Surroundings,
): Promise<StanzaCreateReport["operator"]> {
  if (before.spec.paused === true) {
    surroundings.progress("PGO is paused for this cluster (spec.paused): it will not update its status");
    return "paused";
  }
  if (operatorSaysCreated(before) === true) {
    surroundings.progress("PGO already said that the stanza is created, before this run");
    return "already-created";
  }
  const wait = new Wait({ limit, pauses }, surroundings);
  do {
    const now = await client.getPostgresCluster(cluster);
    if (now?.metadata.uid === before.metadata.uid && operatorSaysCreated(now) === true) {
      surroundings.progress("PGO confirms the stanza");
      return "confirmed";
    }
  } while (await wait.pause("waiting for PGO to confirm the stanza"));
  surroundings.progress(`PGO has not confirmed the stanza within ${formatDuration(limit)}: see its log`);
  return "pending";
}
