import type { DrillClient } from "../../clients/kubernetes/drill.ts";
import type { Duration } from "../../domain/duration.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { drillState, mayRemove, originOf, type DrillState, type FoundNamespace } from "../../domain/drill/namespace.ts";
import type { FoundDrill } from "../../domain/drill/report.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { momentText } from "../../domain/text.ts";
import { gathered } from "../gathered.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";

type Reader = Pick<DrillClient, "context" | "getLease" | "listNamespaces">;
type Remover = Pick<DrillClient, "deleteNamespace" | "getLease" | "getNamespace">;

interface Listed extends FoundDrill {
  readonly found: FoundNamespace;
}

async function drills(client: Reader, { now, signal }: Surroundings): Promise<Listed[]> {
  const namespaces = await client.listNamespaces();
  const listed = namespaces.map(async (found): Promise<Listed[]> => {
    const origin = originOf(found);
    if (origin === undefined) return [];
    const { cluster, source } = origin;
    const state = await stateOf(client, found, now().getTime(), signal);
    return [{ found, namespace: found.name, cluster, source, state, created: momentText(found.created) }];
  });
  return (await Promise.all(listed)).flat().toSorted((a, b) => a.found.created - b.found.created);
}

async function stateOf(
  client: Pick<DrillClient, "getLease">,
  namespace: FoundNamespace,
  now: number,
  signal: AbortSignal,
): Promise<DrillState> {
  const lease = await gathered(client.getLease(namespace.name), signal);
  return drillState(namespace, "failed" in lease ? lease : lease.found, now);
}

/** Every drill that has a namespace, the oldest first, and whether it still runs. Only reads. */
export async function listDrills(client: Reader, surroundings: Surroundings): Promise<ReportOf<"drill list">> {
  const found = await drills(client, surroundings);
  return { version: 1, context: client.context, drills: found.map(reported) };
}

function reported({ cluster, created, namespace, source, state }: Listed): FoundDrill {
  return { namespace, cluster, source, state, created };
}

/**
 * The drills that would be removed.
 *
 * @param names namespaces that a person named; none: those of drills that were killed.
 * @throws RecoveryError when a named one is not a drill's, or its drill may still run.
 */
export function drillsToRemove(list: readonly FoundDrill[], names: readonly string[]): FoundDrill[] {
  const unknown = names.filter((name) => !list.some(({ namespace }) => namespace === name));
  if (unknown.length > 0) {
    throw new RecoveryError("drill-not-found", `no drill has created ${unknown.join(", ")}`, {
      next: "postgres-recovery drill list",
    });
  }
  const wanted = names.length === 0 ? list : list.filter(({ namespace }) => names.includes(namespace));
  const isWanted = ({ state }: FoundDrill): boolean => state === "ending" || mayRemove(state, names.length > 0);
  const [busy] = names.length === 0 ? [] : wanted.filter((drill) => !isWanted(drill));
  if (busy === undefined) return wanted.filter(isWanted);
  const what = busy.state === "running" ? "still runs" : "may still run: its Lease cannot be read";
  throw new RecoveryError("drill-still-running", `the drill in ${busy.namespace} ${what}`, {
    next: "postgres-recovery drill list",
  });
}

/** What was removed, and what is still there. */
export interface Cleaned {
  readonly removed: string[];
  readonly left: string[];
}

/**
 * Removes the namespaces of drills, each only if it is one by its labels and its name, and its drill does not run, when it
 * is looked at again right before.
 */
export async function removeDrills(
  client: Remover,
  {
    chosen,
    areNamed,
    limit,
  }: { readonly chosen: readonly FoundDrill[]; readonly areNamed: boolean; readonly limit: Duration },
  surroundings: Surroundings,
): Promise<Cleaned> {
  const ends = chosen.map(async ({ namespace }) => {
    const found = await client.getNamespace(namespace);
    if (found === undefined) return { namespace, isGone: true };
    const state = await stateOf(client, found, surroundings.now().getTime(), surroundings.signal);
    const isOurs = originOf(found) !== undefined;
    if (!isOurs || !(state === "ending" || mayRemove(state, areNamed))) return { namespace, isGone: false };
    surroundings.progress(`removing ${namespace}`);
    return { namespace, isGone: await removeNamespace(client, found, limit, surroundings) };
  });
  const ended = await Promise.all(ends);
  const names = (isGone: boolean): string[] =>
    ended.filter((end) => end.isGone === isGone).map(({ namespace }) => namespace);
  return { removed: names(true), left: names(false) };
}

/** Deletes a namespace, and waits until it is gone. Returns whether it is. */
export async function removeNamespace(
  client: Pick<DrillClient, "deleteNamespace" | "getNamespace">,
  { name, uid }: Pick<FoundNamespace, "name" | "uid">,
  limit: Duration,
  surroundings: Surroundings,
): Promise<boolean> {
  const wait = new Wait({ limit, pauses: [1, 1, 1, 2, 2, 5] }, surroundings);
  let isAsked = false;
  do {
    try {
      if (!isAsked) await client.deleteNamespace({ name, uid });
      isAsked = true;
      const found = await client.getNamespace(name);
      if (found?.uid !== uid) return true;
    } catch (error) {
      surroundings.signal.throwIfAborted();
      surroundings.progress(`${name} is not removed yet: ${messageOf(error)}`);
    }
  } while (await wait.pause());
  return false;
}
