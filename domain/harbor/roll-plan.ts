import { pgHbaOf } from "../spilo/configuration.ts";
import {
  isReady,
  podRevision,
  podRole,
  spiloVariables,
  type DatabasePod,
  type Postgresql,
  type StatefulSet,
} from "./objects.ts";
import { isInPlace } from "./pg-hba.ts";

/** Whether the Zalando operator has copied the resource's pg_hba list into the Pods' template. */
export function hasList({ spec }: StatefulSet, postgresql: Postgresql): boolean {
  return isInPlace(pgHbaOf(spiloVariables(spec.template.spec.containers)), postgresql.spec.patroni.pg_hba);
}

/** Whether the StatefulSet's controller has seen the newest template. */
export function isObserved({ metadata, status }: StatefulSet): boolean {
  return status.updateRevision !== undefined && status.observedGeneration >= metadata.generation;
}

/** The database's Pods at one moment. */
export interface RollState {
  readonly pods: readonly DatabasePod[];
  /** Name of the StatefulSet's newest revision. */
  readonly revision: string;
  /** How many Pods there should be. */
  readonly replicas: number;
  /** Whether the first bootstrap has ended. Patroni then has recorded the database's system identifier. */
  readonly bootstrapped: boolean;
}

/** What to do next so that every Pod comes from the newest template. */
export type RollStep =
  | { readonly step: "done"; readonly leader: string }
  | { readonly step: "wait"; readonly for: string }
  | { readonly step: "delete"; readonly pod: DatabasePod; readonly because: string }
  /** The only Pod of a bootstrap that has not ended. It may be deleted only while its bootstrap has nothing to leave half done. */
  | { readonly step: "delete-unless-bootstrapping"; readonly pod: DatabasePod }
  | { readonly step: "switchover"; readonly leader: DatabasePod; readonly candidate: DatabasePod };

const wait = (what: string): RollStep => ({ step: "wait", for: what });

/**
 * The next step. First the replicas, one by one, while all other Pods are ready; then a switchover; then the former leader.
 * This is the Zalando operator's own order (postgres-operator pod.go, recreatePods). The decision depends only on the
 * present state, so the operator may do any of these steps meanwhile.
 */
export function nextRollStep({ pods, revision, replicas, bootstrapped }: RollState): RollStep {
  const nameOf = ({ metadata }: DatabasePod): string => metadata.name;
  const ending = pods.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (ending !== undefined) return wait(`${nameOf(ending)} to end`);
  if (pods.length === 0) return wait("the StatefulSet to create a Pod");
  const old = pods.filter((pod) => podRevision(pod) !== revision);
  const leaders = pods.filter((pod) => podRole(pod) === "leader");
  const [leader] = leaders;
  const [first] = pods;
  const unready = pods.filter((pod) => !isReady(pod));

  // The StatefulSet creates the second Pod only when the first is ready, so during a bootstrap there is only one.
  if (!bootstrapped && first !== undefined && old.length > 0)
    return { step: "delete-unless-bootstrapping", pod: first };
  // No other Pod can become the leader. This happens after pg_hba was reverted.
  if (leader === undefined && first !== undefined && replicas === 1 && old.length > 0) {
    return { step: "delete", pod: first, because: "Patroni has no leader, and this is the only Pod" };
  }
  if (pods.length < replicas) return wait(`${replicas - pods.length} more of ${replicas} Pods`);
  if (old.length === 0) {
    const [one] = unready;
    if (one !== undefined) return wait(`${nameOf(one)} to be ready`);
    return leader !== undefined && leaders.length === 1
      ? { step: "done", leader: nameOf(leader) }
      : wait("Patroni to have one leader");
  }
  if (leader === undefined || leaders.length > 1) return wait("Patroni to have one leader");

  const replica = old.find((pod) => pod !== leader);
  if (replica !== undefined) {
    const other = unready.find((pod) => pod !== replica);
    return other === undefined
      ? { step: "delete", pod: replica, because: "a replica from an older template" }
      : wait(`${nameOf(other)} to be ready`);
  }
  const candidate = pods.find((pod) => podRole(pod) === "replica" && isReady(pod));
  if (candidate !== undefined) return { step: "switchover", leader, candidate };
  return replicas === 1
    ? { step: "delete", pod: leader, because: "the only Pod, from an older template" }
    : wait("a replica to be ready");
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
