import assert from "node:assert/strict";
import fc from "fast-check";
import {
  isReady,
  podRevision,
  podRole,
  type DatabasePod,
  type Postgresql,
  type StatefulSet,
} from "../../../../domain/harbor/objects.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import {
  bootstrapState,
  hasList,
  isObserved,
  nextRollStep,
  type RollState,
  type RollStep,
} from "../../../../domain/harbor/roll-plan.ts";
import type { PodKeys } from "../../../../domain/harbor/pod-keys.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { databaseName, podOf, postgresqlOf, statefulSetOf } from "../../../support/fake-harbor.ts";

interface Member {
  readonly role: "leader" | "replica" | "none";
  readonly revision: "old" | "new";
  readonly ready: boolean;
  readonly ending: boolean;
  readonly streams: boolean;
  /** What Patroni says about its member. */
  readonly patroni?: string;
  /** Whether it has the keys of the pod Secret. Default: it has. */
  readonly keys?: "old" | "unknown" | undefined;
}

const labels = { leader: "master", replica: "replica", none: "" };

function podFrom(number: number, member: Member, uid = `uid-${number}`): DatabasePod {
  const { role, revision, ready, ending, patroni } = member;
  const pod = podOf(number, {
    role: labels[role],
    revision,
    ready,
    uid,
    patroni: patroni === undefined ? undefined : { state: patroni },
  });
  return ending ? { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-11-21T01:00:00Z" } } : pod;
}

/** A database that should have as many Pods as members are given. Members are current, ready replicas that stream, unless they say otherwise. */
function stateOf(members: readonly Partial<Member>[], more: Partial<RollState> = {}): RollState {
  const usual: Member = { role: "replica", revision: "new", ready: true, ending: false, streams: true };
  const all = members.map((member) => ({ ...usual, ...member }));
  const pods = all.map((member, number) => podFrom(number, member));
  const streaming = { pods: streamingOf(all) };
  const keys = keysOf(all);
  return { pods, revision: "new", replicas: members.length, bootstrapped: true, streaming, keys, ...more };
}

function keysOf(members: readonly (Member | undefined)[]): PodKeys {
  return new Map(
    members.flatMap((member, number) => {
      if (member?.keys === undefined) return [];
      return [[`${databaseName}-${number}`, member.keys === "old" ? "old" : { unknown: "no answer" }] as const];
    }),
  );
}

function streamingOf(members: readonly (Member | undefined)[]): Set<string> {
  return new Set(members.flatMap((member, number) => (member?.streams === true ? [`${databaseName}-${number}`] : [])));
}

/** `delete 1`, `switchover 0 → 1`, `done 0`, or `wait: what for`. */
function brief(step: RollStep): string {
  const number = (name: string): string => name.split("-").at(-1) ?? "";
  switch (step.step) {
    case "done":
      return `done ${number(step.leader)}`;
    case "wait":
      return `wait: ${step.for.replaceAll(`${databaseName}-`, "")}`;
    case "delete":
    case "delete-unless-bootstrapping":
      return `${step.step} ${number(step.pod.metadata.name)}`;
    case "switchover":
      return `switchover ${number(step.leader.metadata.name)} → ${number(step.candidate.metadata.name)}`;
  }
}

const next = (...given: Parameters<typeof stateOf>): string => brief(nextRollStep(stateOf(...given)));

const anyMember = fc.record<Member>({
  role: fc.constantFrom("leader", "replica", "none"),
  revision: fc.constantFrom("old", "new"),
  ready: fc.boolean(),
  ending: fc.boolean(),
  streams: fc.boolean(),
  keys: fc.constantFrom(undefined, "old", "unknown"),
});

/** Whatever may be seen of a database, also what no database should ever look like. */
const anyState = fc
  .record({ members: fc.array(anyMember, { maxLength: 4 }), missing: fc.nat({ max: 2 }), bootstrapped: fc.boolean() })
  .map(({ members, missing, bootstrapped }) =>
    stateOf(members, { replicas: Math.max(1, members.length + missing), bootstrapped }),
  );

function isStreaming({ streaming }: RollState, { metadata }: DatabasePod): boolean {
  return "pods" in streaming && streaming.pods.has(metadata.name);
}

function uidOf({ metadata }: DatabasePod): string {
  return metadata.uid;
}

describe("nextRollStep", () => {
  const old = "old";
  const leader = "leader";

  it("takes the replicas first, then hands the lead over, then takes the former leader", () => {
    assert.equal(next([{ role: leader, revision: old }, { revision: old }, { revision: old }]), "delete 1");
    assert.equal(next([{ role: leader, revision: old }, {}, { revision: old }]), "delete 2");
    assert.equal(next([{ role: leader, revision: old }, {}, {}]), "switchover 0 → 1");
    assert.equal(next([{ revision: old }, { role: leader }, {}]), "delete 0");
    assert.equal(next([{}, { role: leader }, {}]), "done 1");
  });

  it("deletes a replica that is not ready, but none while another is not", () => {
    assert.equal(next([{ role: leader }, { revision: old, ready: false }, {}]), "delete 1");
    assert.equal(next([{ role: leader }, { revision: old }, { ready: false }]), "wait: 2 to be ready");
    assert.equal(next([{ role: leader, ready: false }, { revision: old }]), "wait: 0 to be ready");
  });

  it("waits for a Pod that ends, for one that is missing, and for one that is not ready", () => {
    assert.equal(next([{ role: leader, revision: old }, { ending: true }]), "wait: 1 to end");
    assert.equal(next([{ role: leader, revision: old }], { replicas: 3 }), "wait: 2 more of 3 Pods");
    assert.equal(next([{ role: leader }, { ready: false }]), "wait: 1 to be ready");
    assert.equal(next([], { replicas: 1 }), "wait: the StatefulSet to create a Pod");
  });

  it("waits for Patroni while there is no leader, or two", () => {
    assert.equal(next([{ revision: old }, {}]), "wait: Patroni to have one leader");
    assert.equal(next([{ role: leader }, { role: leader, revision: old }]), "wait: Patroni to have one leader");
    assert.equal(next([{ role: leader }, { role: leader }]), "wait: Patroni to have one leader");
  });

  it("hands the lead only to a replica that is ready", () => {
    assert.equal(next([{ role: leader, revision: old }, { ready: false }]), "wait: 1 to be ready");
    assert.equal(next([{ role: leader, revision: old }, { role: "none" }]), "wait: a replica to be ready");
    assert.equal(next([{ role: leader, revision: old }, { ready: false }, {}]), "switchover 0 → 2");
  });

  faultTest(85, "hands the lead only to a replica that streams, however ready its Pod is", () => {
    const idle = { streams: false };
    assert.equal(next([{ role: leader, revision: old }, idle]), "wait: 1 to stream from 0");
    assert.equal(next([{ role: leader, revision: old }, idle, {}]), "switchover 0 → 2");
    assert.equal(next([{ role: leader }, idle]), "wait: 1 to stream from 0");
  });

  faultTest(85, "deletes no replica while a current one does not stream, and first an old one that does not", () => {
    const idle = { streams: false };
    assert.equal(next([{ role: leader, revision: old }, idle, { revision: old }]), "wait: 1 to stream from 0");
    assert.equal(next([{ role: leader, revision: old }, { revision: old }, { ...idle, revision: old }]), "delete 2");
    assert.equal(
      next([
        { role: leader, revision: old },
        { ...idle, revision: old },
        { ...idle, revision: old },
      ]),
      "delete 1",
    );
  });

  faultTest(85, "says what Patroni says about a replica that does not stream, also when its Pod is not ready", () => {
    const starting = { streams: false, patroni: "starting" };
    const said = "wait: 1 to stream from 0 (Patroni says: starting)";
    assert.equal(next([{ role: leader }, starting]), said);
    assert.equal(next([{ role: leader }, { ...starting, ready: false }]), said);
    assert.equal(next([{ role: leader }, { ...starting, ready: false, patroni: "running" }]), "wait: 1 to be ready");
    assert.equal(next([{ role: leader }, { ...starting, ready: false, streams: true }]), "wait: 1 to be ready");
    assert.equal(next([{ role: leader, ready: false, patroni: "starting" }, {}]), "wait: 0 to be ready");
    const step = nextRollStep(stateOf([{ role: leader }, starting]));
    assert(step.step === "wait" && step.code === "replica-not-streaming");
  });

  faultTest(85, "does not take it for streaming when the leader's Postgres does not say", () => {
    const unknown = { streaming: { unknown: "connection refused" } };
    const said = "wait: the Postgres of 0 to say which replicas stream (connection refused)";
    assert.equal(next([{ role: leader }, {}], unknown), said);
    assert.equal(next([{ role: leader, revision: old }, {}], unknown), said);
    assert.equal(next([{ role: leader }], unknown), "done 0");
  });

  it("deletes the only Pod, whether it leads or not", () => {
    assert.equal(next([{ role: leader, revision: old }]), "delete 0");
    assert.equal(next([{ role: "replica", revision: old, ready: false }]), "delete 0");
  });

  it("asks how far a bootstrap is before it deletes the Pod", () => {
    const bootstrapping = { replicas: 3, bootstrapped: false };
    assert.equal(next([{ role: "none", revision: old, ready: false }], bootstrapping), "delete-unless-bootstrapping 0");
    assert.equal(next([{ role: "none", ready: false }], bootstrapping), "wait: 2 more of 3 Pods");
  });

  it("never deletes the leader while another Pod can take the lead", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const step = nextRollStep(state);
        if (step.step !== "delete" || podRole(step.pod) !== "leader") return;
        const successors = state.pods.filter(
          (pod) => pod !== step.pod && podRole(pod) === "replica" && isReady(pod) && isStreaming(state, pod),
        );
        assert.deepEqual(successors.map(uidOf), []);
      }),
    );
  });

  faultTest(85, "never hands the lead to a replica that does not stream or is not ready", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const step = nextRollStep(state);
        if (step.step !== "switchover") return;
        assert(isReady(step.candidate) && isStreaming(state, step.candidate));
      }),
    );
  });

  it("never deletes, and never hands the lead over, during a bootstrap", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const { step } = nextRollStep(state);
        if (state.bootstrapped) assert.notEqual(step, "delete-unless-bootstrapping");
        else assert(step !== "delete" && step !== "switchover", step);
      }),
    );
  });

  it("never touches a database of which a Pod is ending", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        if (state.pods.every(({ metadata }) => metadata.deletionTimestamp === undefined)) return;
        assert.equal(nextRollStep(state).step, "wait");
      }),
    );
  });

  it("never deletes a Pod of the newest template that has the keys of the pod Secret, or may have them", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const step = nextRollStep(state);
        if (step.step !== "delete" || podRevision(step.pod) !== state.revision) return;
        assert.equal(state.keys.get(step.pod.metadata.name), "old");
      }),
    );
  });

  faultTest(112, "recreates Pods with old keys as it does those of an older template, and says why", () => {
    const keys = "old";
    assert.equal(next([{ role: leader, keys }, { keys }, {}]), "delete 1");
    assert.equal(next([{ role: leader, keys }, {}]), "switchover 0 → 1");
    assert.equal(next([{ role: leader, keys }]), "delete 0");
    assert.equal(
      next([{ role: "none", keys, ready: false }], { bootstrapped: false }),
      "delete-unless-bootstrapping 0",
    );
    const because = (member: Partial<Member>): string => {
      const step = nextRollStep(stateOf([{ role: leader, ...member }]));
      return step.step === "delete" ? step.because : "";
    };
    assert.equal(because({ keys }), "the only Pod, from before a change of its keys");
    assert.equal(because({ keys, revision: old }), "the only Pod, from an older template");
  });

  faultTest(112, "is not done while a Pod does not say which keys it has", () => {
    assert.equal(
      next([{ role: leader }, { keys: "unknown" }]),
      "wait: 1 to show whether it has the keys of the pod Secret (no answer)",
    );
  });

  it("is done only with one leader, and every Pod there, current, ready and streaming", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        if (nextRollStep(state).step !== "done") return;
        assert.equal(state.pods.length, state.replicas);
        assert(state.pods.every((pod) => isReady(pod) && podRevision(pod) === state.revision));
        assert.equal(state.keys.size, 0);
        assert.equal(state.pods.filter((pod) => podRole(pod) === "leader").length, 1);
        assert(state.pods.every((pod) => podRole(pod) === "leader" || isStreaming(state, pod)));
      }),
    );
  });

  it("ends in done, from wherever it begins, and deletes each old Pod once at most", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(anyMember, { nil: undefined }), { minLength: 1, maxLength: 4 }),
        fc.option(fc.constantFrom("has nothing yet", "ends by itself"), { nil: undefined }),
        (members, bootstrap) => {
          const database = new Database(members, bootstrap);
          const steps = database.roll(60);
          assert.equal(steps.at(-1)?.step, "done", steps.map(brief).join(", "));
          assert.equal(new Set(database.deleted).size, database.deleted.length);
        },
      ),
    );
  });
});

/** A model of what Patroni, the StatefulSet's controller and the kubelet do to a database while it is rolled. */
class Database {
  readonly deleted: string[] = [];
  /** By their number; undefined is one that the StatefulSet has yet to make. */
  readonly #pods: (Member | undefined)[];
  readonly #uids: number[];
  readonly #bootstrap: "has nothing yet" | "ends by itself";
  #bootstrapped: boolean;

  /** While a bootstrap has not ended, there is no Pod but the first, and nobody leads. */
  constructor(members: readonly (Member | undefined)[], bootstrap: "has nothing yet" | "ends by itself" | undefined) {
    this.#bootstrapped = bootstrap === undefined;
    this.#bootstrap = bootstrap ?? "ends by itself";
    const [first] = members;
    this.#pods = this.#bootstrapped
      ? [...members]
      : members.map((_, number) =>
          number === 0 && first !== undefined ? { ...first, role: "none", ready: false } : undefined,
        );
    this.#uids = members.map(() => 0);
  }

  /** The steps until it is done, or as many as are allowed. */
  roll(limit: number): RollStep[] {
    const steps: RollStep[] = [];
    while (steps.length < limit) {
      const step = nextRollStep(this.#state());
      steps.push(step);
      switch (step.step) {
        case "done":
          return steps;
        case "wait":
          this.#timePasses();
          break;
        case "delete":
          this.#delete(step.pod);
          break;
        case "delete-unless-bootstrapping":
          if (this.#bootstrap === "has nothing yet") this.#delete(step.pod);
          else this.#endBootstrap();
          break;
        case "switchover":
          this.#lead(numberOf(step.candidate));
          break;
      }
    }
    return steps;
  }

  #state(): RollState {
    const pods = this.#pods.flatMap((pod, number) =>
      pod === undefined ? [] : [podFrom(number, pod, this.#uid(number))],
    );
    const streaming = { pods: streamingOf(this.#pods) };
    const keys = keysOf(this.#pods);
    return { pods, revision: "new", replicas: this.#pods.length, bootstrapped: this.#bootstrapped, streaming, keys };
  }

  #uid(number: number): string {
    return `uid-${number}-${this.#uids[number] ?? 0}`;
  }

  #delete(pod: DatabasePod): void {
    this.deleted.push(uidOf(pod));
    this.#change(numberOf(pod), { ending: true, ready: false });
  }

  #timePasses(): void {
    for (const [number, pod] of this.#pods.entries()) this.#pods[number] = this.#later(number, pod);
    const leads = this.#pods.findIndex((pod) => pod?.role === "leader" && !pod.ending);
    const able = this.#pods.findIndex((pod) => pod?.ready === true && !pod.ending);
    if (leads !== -1) this.#lead(leads);
    else if (able !== -1) this.#lead(able);
  }

  #later(number: number, pod: Member | undefined): Member | undefined {
    if (pod?.ending === true) {
      this.#uids[number] = (this.#uids[number] ?? 0) + 1;
      return undefined;
    }
    const isFirst = number === 0;
    if (pod === undefined) {
      if (!this.#bootstrapped && !isFirst) return undefined;
      return { role: "none", revision: "new", ready: false, ending: false, streams: false };
    }
    // A lone Pod with the wrong pg_hba never gets well by itself.
    if (pod.revision === "old" && this.#pods.length === 1) return pod;
    const role = pod.role === "none" ? "replica" : pod.role;
    // A replica that Patroni started without a leader streams only after it has been recreated.
    const streams = pod.streams || pod.revision === "new";
    return { ...pod, role, ready: true, streams, keys: pod.keys === "unknown" ? undefined : pod.keys };
  }

  #endBootstrap(): void {
    this.#bootstrapped = true;
    this.#change(0, { role: "leader", ready: true });
  }

  #lead(leader: number): void {
    this.#bootstrapped = true;
    for (const [number, pod] of this.#pods.entries()) {
      if (pod?.role === "leader" && number !== leader) this.#change(number, { role: "replica" });
    }
    this.#change(leader, { role: "leader" });
  }

  #change(number: number, change: Partial<Member>): void {
    const pod = this.#pods[number];
    if (pod !== undefined) this.#pods[number] = { ...pod, ...change };
  }
}

function numberOf({ metadata }: DatabasePod): number {
  return Number(metadata.name.split("-").at(-1));
}

describe("the Pods' template", () => {
  const resource = (list: readonly string[]): Postgresql => postgresqlOf(list);

  it("has the resource's list only if it has the same lines in the same order", () => {
    assert(hasList(statefulSetOf(), resource(runbookPgHba)));
    assert(!hasList(statefulSetOf({ hba: harborOperatorPgHba }), resource(runbookPgHba)));
    assert(!hasList(statefulSetOf(), resource(runbookPgHba.toReversed())));
  });

  it("is observed once the controller has seen its newest generation and named its revision", () => {
    const observed = (generation: number, status: StatefulSet["status"]): boolean => {
      const made = statefulSetOf();
      return isObserved({ ...made, metadata: { ...made.metadata, generation }, status });
    };
    assert(observed(3, { updateRevision: "new", observedGeneration: 3 }));
    assert(observed(3, { updateRevision: "new", observedGeneration: 4 }));
    assert(!observed(3, { updateRevision: "new", observedGeneration: 2 }));
    assert(!observed(3, { updateRevision: undefined, observedGeneration: 3 }));
  });
});

describe("bootstrapState", () => {
  it("protects every state that a control file shows, because Patroni's last step is not done", () => {
    assert.deepEqual(bootstrapState("no control file\n"), { state: "not-begun" });
    assert.deepEqual(
      bootstrapState(
        "pg_control version number:            1201\nDatabase cluster state:               in archive recovery\n",
      ),
      { state: "under-way", cluster: "in archive recovery" },
    );
    assert.deepEqual(bootstrapState("Database cluster state:               in production\n"), {
      state: "under-way",
      cluster: "in production",
    });
    assert.equal(bootstrapState("").state, "unknown");
  });
});
