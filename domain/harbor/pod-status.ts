import type { Gathered } from "../gathered.ts";
import type { PodKeys } from "./pod-keys.ts";
import { findingsAt, type Finding, type FindingsAt } from "../finding.ts";
import { type ObjectName, formatObjectName } from "../kubernetes/object-name.ts";
import { postgresqlName } from "./names.ts";
import {
  isReady,
  patroniStatus,
  podRevision,
  podRole,
  spiloContainer,
  type DatabasePod,
  type StatefulSet,
} from "./objects.ts";

/** The leader, readiness, and Pods that still come from an older template or have old keys. */
export function judgePods(
  harbor: ObjectName,
  pods: readonly DatabasePod[],
  statefulSet: StatefulSet | undefined,
  keys: Gathered<PodKeys>,
): Finding[] {
  const at = findingsAt(`Pods of ${harbor.namespace}/${postgresqlName(harbor)}`);
  const revision = statefulSet?.status.updateRevision;
  const old = pods.filter((pod) => revision !== undefined && podRevision(pod) !== revision);
  const unready = pods.filter((pod) => !isReady(pod));
  const findings = [leaderFinding(pods, at)];
  if (unready.length > 0)
    findings.push(at.warn("pods-not-ready", `not ready: ${podNames(unready)}`, "see their events and logs"));
  findings.push(...streamingFindings(pods, at));
  const roll = `postgres-recovery harbor roll ${formatObjectName(harbor)}`;
  if (old.length > 0) findings.push(at.warn("pods-outdated", `from an older template: ${podNames(old)}`, roll));
  return [...findings, ...keyFindings(keys, at, roll)];
}

function keyFindings(keys: Gathered<PodKeys>, at: FindingsAt, roll: string): Finding[] {
  const ask = "make sure that you may run commands in the Pods, then look again";
  const unknown = (why: string): Finding =>
    at.unknown("pods-keys-unknown", `whether they have the keys of the pod Secret is unknown: ${why}`, ask);
  if ("failed" in keys) return [unknown(keys.failed)];
  const old = [...keys.found].filter(([, state]) => state === "old").map(([name]) => name);
  const silent = [...keys.found].flatMap(([name, state]) =>
    state === "old" ? [] : [unknown(`${name}: ${state.unknown}`)],
  );
  if (old.length === 0) return silent;
  const what = `with keys that the pod Secret no longer has: ${old.join(", ")}`;
  return [at.warn("pods-keys-outdated", what, roll), ...silent];
}

function leaderFinding(pods: readonly DatabasePod[], at: FindingsAt): Finding {
  if (pods.length === 0) return at.refuse("pods-missing", "there is none", "see the StatefulSet's events");
  const leaders = pods.filter((pod) => podRole(pod) === "leader");
  const fix = "see Patroni's log in the Pods: pg_hba, credentials, or a restore under way";
  if (leaders.length === 0) return at.refuse("pods-without-leader", "none is the leader", fix);
  if (leaders.length > 1)
    return at.refuse("pods-with-several-leaders", `${podNames(leaders)} are labelled as leaders`, fix);
  return at.ok("pods-have-a-leader", `${podNames(leaders)} is the leader of ${pods.length}`);
}

/** Patroni's own word on its replicas. It is an old one if Patroni no longer runs. */
function streamingFindings(pods: readonly DatabasePod[], at: FindingsAt): Finding[] {
  return pods.flatMap((pod) => {
    const { state = "running", replicationState = "streaming" } = patroniStatus(pod);
    if (podRole(pod) === "leader" || (state === "running" && replicationState === "streaming")) return [];
    const patroni = state === "running" ? replicationState : state;
    const { namespace, name } = pod.metadata;
    return [
      at.warn(
        "pods-not-streaming",
        `${name} does not stream from a leader; Patroni says: ${patroni}`,
        `kubectl -n ${namespace} logs ${name} -c ${spiloContainer}`,
      ),
    ];
  });
}

function podNames(pods: readonly DatabasePod[]): string {
  return pods.map(({ metadata }) => metadata.name).join(", ");
}
