import type { DrillClient } from "../../clients/kubernetes/drill.ts";
import { readDataSetAside } from "../../clients/pod/spilo.ts";
import { whyNotStarted, type CloneEnd } from "../../domain/drill/clone.ts";
import { podRole, spiloRuns, type DatabasePod } from "../../domain/harbor/objects.ts";
import { whySetAside } from "../../domain/harbor/set-aside.ts";
import type { LeaderAnswer } from "../../domain/restore/proof/leader-answer.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { askLeader } from "../restore/proof/leader.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";

/** A first attempt may fail because S3 did not answer, so only the second one counts. */
const failuresThatCount = 2;
/** Seconds between two looks at whether an attempt has failed: each is a remote command. */
const lookPause = 10;

/** A clone that has left recovery. */
export interface RecoveredClone {
  readonly pod: DatabasePod;
  readonly leader: LeaderAnswer;
}

/** Waits for the clone in a drill's namespace. */
export class CloneWait {
  readonly #client: Pick<DrillClient, "exec" | "getPod">;
  readonly #namespace: string;
  readonly #limits: Pick<TaskOf<"drill run">["timeLimits"], "restore" | "start">;
  readonly #surroundings: Surroundings;
  readonly #failures = new Set<string>();
  #looked = Number.NEGATIVE_INFINITY;
  /** When the container was first seen to run, in milliseconds since 1970. */
  started: number | undefined;

  constructor(
    client: Pick<DrillClient, "exec" | "getPod">,
    namespace: string,
    limits: Pick<TaskOf<"drill run">["timeLimits"], "restore" | "start">,
    surroundings: Surroundings,
  ) {
    this.#client = client;
    this.#namespace = namespace;
    this.#limits = limits;
    this.#surroundings = surroundings;
  }

  /** The clone when it has left recovery, or how it ended otherwise. */
  async recovered(): Promise<{ readonly clone: RecoveredClone } | Exclude<CloneEnd, { end: "recovered" }>> {
    const failure = await this.#start();
    if (failure !== undefined) return { end: "not-started", why: failure };
    this.started = this.#surroundings.now().getTime();
    const wait = new Wait({ limit: this.#limits.restore, pauses: [1] }, this.#surroundings);
    let why = "it has no leader yet";
    do {
      const found = await this.#client.getPod(this.#namespace);
      if (found === undefined) return { end: "not-started", why: "it was removed during the restore" };
      if (podRole(found.pod) === "leader" && spiloRuns(found.pod)) {
        const answer = await askLeader(this.#client.exec, found.pod, this.#surroundings.signal);
        if ("found" in answer && !answer.found.inRecovery) return { clone: { pod: found.pod, leader: answer.found } };
        why = "failed" in answer ? answer.failed : "it is still in recovery";
      } else {
        const failed = await this.#failed(found.pod);
        if (failed !== undefined) return failed;
      }
    } while (await wait.pause("waiting for the clone: the backup is fetched, and its WAL is replayed"));
    return { end: "unfinished", why };
  }

  /** Why the container does not run when the time limit is over. */
  async #start(): Promise<string | undefined> {
    const wait = new Wait({ limit: this.#limits.start, pauses: [1] }, this.#surroundings);
    let why = "";
    do {
      const found = await this.#client.getPod(this.#namespace);
      if (found === undefined) return "it does not exist";
      if (spiloRuns(found.pod)) return undefined;
      why = whyNotStarted(found.start);
    } while (await wait.pause("waiting for the clone's Pod to start"));
    return why;
  }

  /** Patroni tries again and again; each attempt that failed leaves its data aside. */
  async #failed(pod: DatabasePod): Promise<Extract<CloneEnd, { end: "failed" }> | undefined> {
    const now = this.#surroundings.now().getTime();
    if (now - this.#looked < lookPause * 1000) return undefined;
    this.#looked = now;
    const found = await readDataSetAside(this.#client.exec, pod, this.#surroundings.signal);
    if (found === undefined) return undefined;
    if (!this.#failures.has(found.mark)) this.#surroundings.progress("an attempt to restore the backup has failed");
    this.#failures.add(found.mark);
    return this.#failures.size < failuresThatCount ? undefined : { end: "failed", ...whySetAside(found) };
  }
}
