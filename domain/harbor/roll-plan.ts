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

/** Whether the Zalando operator has taken the resource's list of pg_hba up into the Pods' template. */
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
  /** Whether the database's first bootstrap has ended: Patroni has written down its system identifier. */
  readonly bootstrapped: boolean;
}

/** What is to be done next so that every Pod is made from the newest template. */
export type RollStep =
  | { readonly step: "done"; readonly leader: string }
  | { readonly step: "wait"; readonly for: string }
  | { readonly step: "delete"; readonly pod: DatabasePod; readonly because: string }
  /** The lone Pod of a bootstrap that has not ended: only while it has nothing that would be left half done. */
  | { readonly step: "delete-unless-bootstrapping"; readonly pod: DatabasePod }
  | { readonly step: "switchover"; readonly leader: DatabasePod; readonly candidate: DatabasePod };

const wait = (what: string): RollStep => ({ step: "wait", for: what });

/**
 * The next step: replicas one by one while everybody else is ready, then a switchover, then the former leader, which is
 * the Zalando operator's own order (postgres-operator pod.go, recreatePods). It looks at nothing but what is there, so
 * that the operator may do any of it meanwhile.
 */
export function nextRollStep({ pods, revision, replicas, bootstrapped }: RollState): RollStep {
  const nameOf = ({ metadata }: DatabasePod): string => metadata.name;
  const ending = pods.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (ending !== undefined) return wait(`${nameOf(ending)} to end`);
  if (pods.length === 0) return wait("the StatefulSet to make a Pod");
  const old = pods.filter((pod) => podRevision(pod) !== revision);
  const leaders = pods.filter((pod) => podRole(pod) === "leader");
  const [leader] = leaders;
  const [first] = pods;
  const unready = pods.filter((pod) => !isReady(pod));

  // Only the first Pod is made until it is ready, so it is alone.
  if (!bootstrapped && first !== undefined && old.length > 0)
    return { step: "delete-unless-bootstrapping", pod: first };
  // A database of one Pod that has lost its leader, as with a reverted pg_hba, waits for nobody.
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
      ? { step: "delete", pod: replica, because: "a replica made from an older template" }
      : wait(`${nameOf(other)} to be ready`);
  }
  const candidate = pods.find((pod) => podRole(pod) === "replica" && isReady(pod));
  if (candidate !== undefined) return { step: "switchover", leader, candidate };
  return replicas === 1
    ? { step: "delete", pod: leader, because: "the only Pod, made from an older template" }
    : wait("a replica to be ready");
}

/** What the files of a database's data directory say of a bootstrap. */
export type BootstrapState =
  /** No control file: nothing is there yet, or a base backup is still being fetched. It begins anew if it is interrupted. */
  | { readonly state: "not-begun" }
  /** initdb, a recovery, or what Patroni does right after: interrupted now, the data would stay without Patroni's last step. */
  | { readonly state: "under-way"; readonly cluster: string }
  | { readonly state: "unknown"; readonly reason: string };

/**
 * Reads `Database cluster state` of pg_controldata, or that there is no control file. From the first moment of that file
 * until Patroni's post_bootstrap has made the roles and set the passwords, every state must be let alone: Patroni takes
 * the data for a finished database afterwards, without the role for replicas or with a lost password
 * (zalando/postgres-operator#2104). It ends with the system identifier in Patroni's record, or with the data moved away.
 */
export function bootstrapState(output: string): BootstrapState {
  if (output.trim() === "no control file") return { state: "not-begun" };
  const cluster = /^Database cluster state: +(.+?)\s*$/m.exec(output)?.[1];
  return cluster === undefined
    ? { state: "unknown", reason: "pg_controldata printed no state" }
    : { state: "under-way", cluster };
}
