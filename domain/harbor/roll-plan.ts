import { pgHbaOf } from "../spilo/configuration.ts";
import type { ErrorCode } from "../catalogue/error-codes.ts";
import {
  isReady,
  patroniStatus,
  podRevision,
  podRole,
  spiloVariables,
  type DatabasePod,
  type Postgresql,
  type StatefulSet,
} from "./objects.ts";
import { isInPlace } from "./pg-hba.ts";
import type { PodKeys } from "./pod-keys.ts";

/** Whether the Zalando operator has copied the resource's pg_hba list into the Pods' template. */
export function hasList({ spec }: StatefulSet, postgresql: Postgresql): boolean {
  return isInPlace(pgHbaOf(spiloVariables(spec.template.spec.containers)), postgresql.spec.patroni.pg_hba);
}

/** Whether the StatefulSet's controller has seen the newest template. */
export function isObserved({ metadata, status }: StatefulSet): boolean {
  return status.updateRevision !== undefined && status.observedGeneration >= metadata.generation;
}

/** Names of the Pods that stream from the leader, or why they are not known. */
export type Streaming = { readonly pods: ReadonlySet<string> } | { readonly unknown: string };

/** The database's Pods at one moment. */
export interface RollState {
  readonly pods: readonly DatabasePod[];
  /** Name of the StatefulSet's newest revision. */
  readonly revision: string;
  /** How many Pods there should be. */
  readonly replicas: number;
  /** Whether the first bootstrap has ended. Patroni then has recorded the database's system identifier. */
  readonly bootstrapped: boolean;
  /** Who streams, according to the leader's Postgres. */
  readonly streaming: Streaming;
  /** Who has keys that the pod Secret no longer has. */
  readonly keys: PodKeys;
}

/** Something that the roll waits for. */
export interface Awaited {
  readonly for: string;
  /** Code of the error if it does not happen in time. */
  readonly code: Extract<
    ErrorCode,
    "operator-sync-timeout" | "pods-not-ready-in-time" | "postgres-not-answering" | "replica-not-streaming"
  >;
}

/** What to do next so that every Pod comes from the newest template. */
export type RollStep =
  | { readonly step: "done"; readonly leader: string }
  | ({ readonly step: "wait" } & Awaited)
  | { readonly step: "delete"; readonly pod: DatabasePod; readonly because: string }
  /** The only Pod of a bootstrap that has not ended. It may be deleted only while its bootstrap has nothing to leave half done. */
  | { readonly step: "delete-unless-bootstrapping"; readonly pod: DatabasePod; readonly because: string }
  | { readonly step: "switchover"; readonly leader: DatabasePod; readonly candidate: DatabasePod };

const toHappen = (what: string): Awaited => ({ for: what, code: "pods-not-ready-in-time" });
const wait = (what: string): RollStep => ({ step: "wait", ...toHappen(what) });
const nameOf = ({ metadata }: DatabasePod): string => metadata.name;

/**
 * The next step. First the replicas, one by one, while all other Pods are ready and stream; then a switchover; then the
 * former leader. This is the Zalando operator's own order (postgres-operator pod.go, recreatePods). The decision depends
 * only on the present state, so the operator may do any of these steps meanwhile.
 *
 * A Pod can be ready although its Postgres receives no WAL: by default the Zalando operator sets no readiness probe, and
 * Patroni starts a replica without the leader's address if there is no leader at that moment (patroni/patroni#3675).
 * Handing the lead to such a replica would lose data, and it is no reason to delete another one.
 */
export function nextRollStep(state: RollState): RollStep {
  const { pods, revision, replicas, bootstrapped } = state;
  const ending = pods.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (ending !== undefined) return wait(`${nameOf(ending)} to end`);
  if (pods.length === 0) return wait("the StatefulSet to create a Pod");
  const old = pods.filter((pod) => isOld(pod, state));
  const leaders = pods.filter((pod) => podRole(pod) === "leader");
  const [leader] = leaders;
  const [first] = pods;

  // The StatefulSet creates the second Pod only when the first is ready, so during a bootstrap there is only one.
  if (!bootstrapped && first !== undefined && old.length > 0)
    return { step: "delete-unless-bootstrapping", pod: first, because: ageOf(first, revision) };
  // No other Pod can become the leader. This happens after pg_hba was reverted.
  if (leader === undefined && first !== undefined && replicas === 1 && old.length > 0) {
    return { step: "delete", pod: first, because: "Patroni has no leader, and this is the only Pod" };
  }
  if (pods.length < replicas) return wait(`${replicas - pods.length} more of ${replicas} Pods`);
  if (leader === undefined || leaders.length > 1) return wait("Patroni to have one leader");

  const problems = new Map<DatabasePod, Awaited>();
  for (const pod of pods) {
    const problem = problemOf(pod, leader, state.streaming);
    if (problem !== undefined) problems.set(pod, problem);
  }
  return rollStepWithLeader(state, old, leader, problems);
}

/** Whether a Pod must be recreated: it comes from an older template, or a key was changed since it started. */
export function isOld(pod: DatabasePod, { keys, revision }: Pick<RollState, "keys" | "revision">): boolean {
  return podRevision(pod) !== revision || keys.get(nameOf(pod)) === "old";
}

function ageOf(pod: DatabasePod, revision: string): string {
  return podRevision(pod) === revision ? "from before a change of its keys" : "from an older template";
}

function rollStepWithLeader(
  { keys, pods, revision }: RollState,
  old: readonly DatabasePod[],
  leader: DatabasePod,
  problems: ReadonlyMap<DatabasePod, Awaited>,
): RollStep {
  const oldReplicas = old.filter((pod) => pod !== leader);
  // An old replica with a problem goes first: to be recreated may be what it needs.
  const replica = oldReplicas.find((pod) => problems.has(pod)) ?? oldReplicas[0];
  const [blocking] = [...problems].filter(([pod]) => !oldReplicas.includes(pod)).map(([, problem]) => problem);
  const leaderIsOld = old.includes(leader);
  if (replica === undefined && leaderIsOld) {
    const candidate = pods.find((pod) => podRole(pod) === "replica" && !problems.has(pod));
    if (candidate !== undefined) return { step: "switchover", leader, candidate };
    if (pods.length === 1) return { step: "delete", pod: leader, because: `the only Pod, ${ageOf(leader, revision)}` };
  }
  if (blocking !== undefined) return { step: "wait", ...blocking };
  if (replica !== undefined) return { step: "delete", pod: replica, because: `a replica ${ageOf(replica, revision)}` };
  if (leaderIsOld) return wait("a replica to be ready");
  return silentOf(keys) ?? { step: "done", leader: nameOf(leader) };
}

/** The wait for a Pod of which it is not known whether it has the Secret's keys. */
function silentOf(keys: PodKeys): RollStep | undefined {
  for (const [name, state] of keys)
    if (state !== "old") return wait(`${name} to show whether it has the keys of the pod Secret (${state.unknown})`);
  return undefined;
}

/** What a Pod lacks before another may be deleted, or before it may take the lead; undefined when it lacks nothing. */
function problemOf(pod: DatabasePod, leader: DatabasePod, streaming: Streaming): Awaited | undefined {
  const { state } = patroniStatus(pod);
  if (!isReady(pod) && (pod === leader || state !== "starting")) return toHappen(`${nameOf(pod)} to be ready`);
  if (pod === leader) return undefined;
  if ("unknown" in streaming)
    return toHappen(`the Postgres of ${nameOf(leader)} to say which replicas stream (${streaming.unknown})`);
  if (!streaming.pods.has(nameOf(pod))) {
    const patroni = state === undefined ? "" : ` (Patroni says: ${state})`;
    return { for: `${nameOf(pod)} to stream from ${nameOf(leader)}${patroni}`, code: "replica-not-streaming" };
  }
  return isReady(pod) ? undefined : toHappen(`${nameOf(pod)} to be ready`);
}

/** What the files of a database's data directory say of a bootstrap. */
export type BootstrapState =
  /** No control file: there is no data yet, or a base backup is still being fetched. An interrupted bootstrap starts over. */
  | { readonly state: "not-begun" }
  /** initdb, a recovery, or Patroni's steps right after. If interrupted now, the data would never get Patroni's last step. */
  | { readonly state: "under-way"; readonly cluster: string }
  | { readonly state: "unknown"; readonly reason: string };

/**
 * Reads `Database cluster state` from the output of pg_controldata, or that there is no control file.
 *
 * While the control file exists and Patroni's post_bootstrap has not yet created the roles and set the passwords, the Pod
 * must not be interrupted. Patroni would afterwards treat the data as a finished database, which lacks the replication role
 * or has a lost password (zalando/postgres-operator#2104). This phase ends when Patroni records the system identifier or
 * moves the data away.
 */
export function bootstrapState(output: string): BootstrapState {
  if (output.trim() === "no control file") return { state: "not-begun" };
  const cluster = /^Database cluster state: +(.+?)\s*$/m.exec(output)?.[1];
  return cluster === undefined
    ? { state: "unknown", reason: "pg_controldata printed no state" }
    : { state: "under-way", cluster };
}
