import { podRole, type DatabasePod } from "./objects.ts";
import { nextRollStep, type RollState } from "./roll-plan.ts";
import type { PlannedStep } from "./steps/roll-preview.ts";

/**
 * What `harbor roll` would do to the Pods, in its order, if everything that it waits for happens. It ends at a wait of
 * which the outcome is open, such as a bootstrap. Empty when every Pod is current.
 *
 * @param state the Pods now. If the Pods' template is still to be changed, pass a revision that no Pod has.
 */
export function rollPreview(state: RollState): PlannedStep[] {
  const planned: PlannedStep[] = [];
  let simulated = state;
  // Each Pod is deleted once, and there is at most one switchover.
  for (let step = 0; step <= state.pods.length + 1; step += 1) {
    const next = nextRollStep(simulated);
    switch (next.step) {
      case "done":
        return planned;
      case "wait":
        return [...planned, { step: "wait", for: next.for }];
      case "delete":
        planned.push({ step: "delete", pod: next.pod.metadata.name, because: next.because });
        simulated = streamingAs(
          next.pod,
          withNewKeys(withPod(simulated, replacementOf(next.pod, simulated)), next.pod),
        );
        break;
      case "delete-unless-bootstrapping":
        return [
          ...planned,
          {
            step: "delete",
            pod: next.pod.metadata.name,
            because: `it is ${next.because}; only if no bootstrap or recovery is running in it`,
          },
        ];
      case "switchover": {
        const { leader, candidate } = next;
        planned.push({ step: "switchover", from: leader.metadata.name, to: candidate.metadata.name });
        simulated = withPod(withPod(simulated, inRole(leader, "replica")), inRole(candidate, "master"));
        simulated = streamingAs(leader, simulated);
        break;
      }
    }
  }
  return planned;
}

/** The Pod that the StatefulSet creates in place of a deleted one; it streams in time. A Pod that is alone becomes the leader. */
function replacementOf(pod: DatabasePod, { pods, revision }: RollState): DatabasePod {
  const role = pods.length === 1 || podRole(pod) === "leader" ? "master" : "replica";
  const labels = { ...pod.metadata.labels, "controller-revision-hash": revision, "spilo-role": role };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    status: { ...pod.status, conditions: [{ type: "Ready", status: "True" }] },
  };
}

/** The state in which the Pod of this name streams. */
function streamingAs({ metadata }: DatabasePod, state: RollState): RollState {
  if ("unknown" in state.streaming) return state;
  return { ...state, streaming: { pods: new Set([...state.streaming.pods, metadata.name]) } };
}

/** The state after the Pod was recreated: it has the keys of the pod Secret. */
function withNewKeys(state: RollState, { metadata }: DatabasePod): RollState {
  return { ...state, keys: new Map([...state.keys].filter(([name]) => name !== metadata.name)) };
}

function inRole(pod: DatabasePod, role: "master" | "replica"): DatabasePod {
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, "spilo-role": role } } };
}

function withPod(state: RollState, changed: DatabasePod): RollState {
  return {
    ...state,
    pods: state.pods.map((pod) => (pod.metadata.name === changed.metadata.name ? changed : pod)),
  };
}

/**
 * A planned step for a person.
 *
 * @example plannedText({ step: "switchover", from: "db-0", to: "db-1" }) // → "hand the lead from db-0 to db-1"
 */
export function plannedText(planned: PlannedStep): string {
  switch (planned.step) {
    case "delete":
      return `delete ${planned.pod}: ${planned.because}`;
    case "switchover":
      return `hand the lead from ${planned.from} to ${planned.to}`;
    case "wait":
      return `wait for ${planned.for}, then look again`;
  }
}
