import { findingsAt, type Finding } from "../../finding.ts";
import type { Member } from "../../stanza/patroni.ts";
import type { Judged } from "./checks.ts";

export interface MembersFacts {
  /** The Pod that is labelled as the leader, and that the other checks have asked. */
  readonly leader: string;
  readonly members: readonly Member[];
  /** How many replicas the StatefulSet wants. */
  readonly replicas: number;
  /** Members that stream from the leader, by the leader's own word. */
  readonly streaming: readonly string[];
}

/** Whether Patroni has one leader, and every replica streams from it. */
export function judgeMembers(where: string, { leader, members, replicas, streaming }: MembersFacts): Judged {
  const expected = `leader ${leader}, ${countOf(replicas)} streaming`;
  const leaders = members.filter(({ role, state }) => role === "Leader" && state === "running");
  const others = members.filter(({ role }) => role !== "Leader");
  const found = `${leaders.length === 0 ? "no leader" : `leader ${leaders.map(({ name }) => name).join(", ")}`}; ${others.map(({ name, state }) => `${name} ${state}`).join(", ") || "no replica"}`;
  const findings = [
    ...leaderFindings(where, leader, leaders),
    ...replicaFindings(where, { timeline: leaders[0]?.timeline, others, replicas, streaming }),
  ];
  if (findings.length > 0) return { expected, found, findings };
  const what = `has the leader ${leader}, and ${countOf(replicas)} streaming from it`;
  return { expected, found, findings: [findingsAt(where).ok("restored-members-streaming", what)] };
}

function leaderFindings(where: string, leader: string, leaders: readonly Member[]): Finding[] {
  const at = findingsAt(where);
  const [first, ...others] = leaders;
  if (first === undefined || others.length > 0) {
    const what = first === undefined ? "Patroni has no running leader" : "Patroni lists several leaders";
    return [at.refuse("restored-leader-missing", what, "see `patronictl list` and Patroni's log in the Pods")];
  }
  if (first.name === leader) return [];
  const what = `Patroni's leader is ${first.name}, and the Pod labelled as the leader is ${leader}`;
  return [at.unknown("restored-members-unknown", what, "wait until the switchover is over, then verify again")];
}

interface Replicas {
  readonly timeline: number | undefined;
  readonly others: readonly Member[];
  readonly replicas: number;
  readonly streaming: readonly string[];
}

function replicaFindings(where: string, { timeline, others, replicas, streaming }: Replicas): Finding[] {
  const at = findingsAt(where);
  const fix = "see the replica's log; `postgres-recovery harbor roll` waits until every replica streams";
  const findings: Finding[] = [];
  if (others.length < replicas) {
    const what = `has ${countOf(others.length)}, and the StatefulSet wants ${replicas}`;
    findings.push(at.refuse("restored-replica-missing", what, fix));
  }
  for (const { name, state, timeline: own } of others) {
    const runs = state === "streaming" || state === "running";
    if (runs && streaming.includes(name) && own === timeline) continue;
    const what = `${name} does not stream from the leader: ${state}, timeline ${own ?? "unknown"}`;
    findings.push(at.refuse("restored-replica-not-streaming", what, fix));
  }
  return findings;
}

function countOf(replicas: number): string {
  return replicas === 1 ? "1 replica" : `${replicas} replicas`;
}
