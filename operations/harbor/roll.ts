import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { hasReplicationRole, readBootstrapState, switchover } from "../../clients/pod/spilo.ts";
import { formatDuration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { podRevision, spiloContainer, spiloRuns, type DatabasePod } from "../../domain/harbor/objects.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { hasList, isObserved, nextRollStep, type RollState } from "../../domain/harbor/roll-plan.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { postgresqlNotFound, readRollState } from "./roll-state.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

const pauseSeconds = 2;
/**
 * The Zalando operator processes changes of the resource one after another. A slightly older change, such as a revert by
 * the Harbor operator, may still be waiting. So the roll is done only when nothing has happened for this long.
 */
const calmSeconds = 8;
/** How often Patroni may refuse a switchover. */
const switchoverTries = 3;

/**
 * Recreates the Pods of a Harbor database from the newest template, so that pg_hba and pod-config take effect: first the
 * replicas, then, after a switchover, the former leader; or the only Pod of a bootstrap that failed. When every Pod is
 * current, it does nothing. It first waits until the Zalando operator has processed pg_hba.
 *
 * A Pod whose bootstrap is running, such as the recovery of a clone, is never deleted: its data would lack Patroni's last
 * step, which creates the roles. At the end it is proven that the role for replicas exists.
 *
 * @throws RecoveryError `usage` when there is no such database, `failed` or `undetermined` when something did not happen in
 * time. The message says what. Running it again continues from there.
 */
export async function rollPods(
  client: HarborClient,
  request: TaskOf<"harbor roll">,
  surroundings: Surroundings,
): Promise<ReportOf<"harbor roll">> {
  const harbor = request.cluster;
  await takenUp(client, harbor, request, surroundings);
  return new Roll(client, harbor, request, surroundings).run();
}

/** Waits until the StatefulSet has the resource's pg_hba list, and the StatefulSet's controller has seen it. */
async function takenUp(
  client: Pick<HarborClient, "context" | "getPostgresql" | "getStatefulSet">,
  harbor: ObjectName,
  { timeLimits }: TaskOf<"harbor roll">,
  surroundings: Surroundings,
): Promise<void> {
  const wait = new Wait({ limit: timeLimits.operator, pauses: [pauseSeconds] }, surroundings);
  let what: string;
  do {
    const [postgresql, statefulSet] = await Promise.all([client.getPostgresql(harbor), client.getStatefulSet(harbor)]);
    if (postgresql === undefined) throw postgresqlNotFound(client, harbor);
    if (statefulSet !== undefined && hasList(statefulSet, postgresql) && isObserved(statefulSet)) return;
    what = statefulSet === undefined ? "to create the StatefulSet" : "to copy pg_hba into the StatefulSet";
  } while (await wait.pause(`waiting for the Zalando operator ${what}`));
  throw new RecoveryError(
    "operator-sync-timeout",
    `${formatObjectName(harbor)}: waited ${formatDuration(timeLimits.operator)} in vain for the Zalando operator ${what}`,
    { next: "see its log, and the status of the postgresql resource" },
  );
}

class Roll {
  readonly #client: HarborClient;
  readonly #harbor: ObjectName;
  readonly #request: TaskOf<"harbor roll">;
  readonly #surroundings: Surroundings;
  readonly #deleted: string[] = [];
  #switchovers = 0;
  /** The Pods since there has been nothing left to do, and the start of that time (milliseconds since 1970). */
  #calm: { readonly pods: string; readonly since: number } | undefined;
  /** What is waited for. The limit applies to each thing separately. */
  #waiting: { readonly for: string; readonly wait: Wait } | undefined;

  constructor(client: HarborClient, harbor: ObjectName, request: TaskOf<"harbor roll">, surroundings: Surroundings) {
    this.#client = client;
    this.#harbor = harbor;
    this.#request = request;
    this.#surroundings = surroundings;
  }

  async run(): Promise<ReportOf<"harbor roll">> {
    let anyOld = false;
    for (;;) {
      const state = await readRollState(this.#client, this.#harbor);
      if (state === undefined) {
        await this.#wait("the Zalando operator to recreate the StatefulSet");
        continue;
      }
      anyOld ||= state.pods.some((pod) => podRevision(pod) !== state.revision);
      const next = nextRollStep(state);
      if (next.step !== "done") this.#calm = undefined;
      switch (next.step) {
        case "done":
          if (await this.#isOver(state)) {
            await this.#prove(next.leader);
            return this.#report(next.leader, anyOld);
          }
          break;
        case "wait":
          await this.#wait(next.for);
          break;
        case "delete":
          await this.#delete(next.pod, next.because);
          break;
        case "delete-unless-bootstrapping":
          await this.#deleteUnlessBootstrapping(next.pod);
          break;
        case "switchover":
          await this.#switchOver(next.leader, next.candidate);
          break;
      }
    }
  }

  /** Whether nothing has happened for a while; if false, it has already paused. */
  async #isOver(state: RollState): Promise<boolean> {
    if (!(await this.#operatorIsDone())) {
      this.#calm = undefined;
      await this.#wait("the Zalando operator to end its update");
      return false;
    }
    if (this.#isCalm(state)) return true;
    await this.#surroundings.sleep(pauseSeconds);
    return false;
  }

  /** The operator says `Updating` while it processes a change; the list shows a change that it has not processed yet. */
  async #operatorIsDone(): Promise<boolean> {
    const [postgresql, statefulSet] = await Promise.all([
      this.#client.getPostgresql(this.#harbor),
      this.#client.getStatefulSet(this.#harbor),
    ]);
    if (postgresql === undefined || statefulSet === undefined) return false;
    return postgresql.status.PostgresClusterStatus !== "Updating" && hasList(statefulSet, postgresql);
  }

  #isCalm({ pods, revision }: RollState): boolean {
    const now = this.#surroundings.now().getTime();
    const seen = [revision, ...pods.map(({ metadata }) => metadata.uid)].join();
    if (this.#calm?.pods !== seen) this.#calm = { pods: seen, since: now };
    return now - this.#calm.since >= calmSeconds * 1000;
  }

  async #delete(pod: DatabasePod, because: string): Promise<void> {
    const { name } = pod.metadata;
    this.#surroundings.progress(`deleting ${name}: ${because}`);
    await this.#client.deletePod(pod);
    if (this.#deleted.at(-1) !== name) this.#deleted.push(name);
    this.#waiting = undefined;
    await this.#surroundings.sleep(pauseSeconds);
  }

  /** If the container does not run, no bootstrap is running in it. */
  async #deleteUnlessBootstrapping(pod: DatabasePod): Promise<void> {
    const { name } = pod.metadata;
    const found = spiloRuns(pod)
      ? await readBootstrapState(this.#client.exec, pod, this.#surroundings.signal)
      : undefined;
    switch (found?.state) {
      case undefined:
      case "not-begun":
        await this.#delete(pod, "it is from an older template, and its bootstrap has nothing yet to leave half done");
        return;
      case "under-way":
        await this.#wait(
          `the bootstrap or clone recovery in ${name} to end (${found.cluster}); it is never interrupted`,
        );
        return;
      case "unknown":
        await this.#wait(`${name} to report the state of its bootstrap (${found.reason})`);
    }
  }

  async #switchOver(leader: DatabasePod, candidate: DatabasePod): Promise<void> {
    this.#switchovers += 1;
    this.#surroundings.progress(`handing the lead from ${leader.metadata.name} to ${candidate.metadata.name}`);
    const problem = await switchover(this.#client.exec, leader, candidate, this.#surroundings.signal);
    if (problem !== undefined) {
      this.#surroundings.progress(`the switchover did not succeed: ${problem}`);
      if (this.#switchovers === switchoverTries) {
        throw new RecoveryError(
          "switchover-refused",
          `${formatObjectName(this.#harbor)}: Patroni refused ${switchoverTries} switchovers: ${problem}`,
          { next: "see `patronictl list` in an instance; the leader is unchanged" },
        );
      }
    }
    this.#waiting = undefined;
    await this.#surroundings.sleep(pauseSeconds);
  }

  async #wait(what: string): Promise<void> {
    const { pod: limit } = this.#request.timeLimits;
    if (this.#waiting?.for !== what) {
      this.#waiting = { for: what, wait: new Wait({ limit, pauses: [pauseSeconds] }, this.#surroundings) };
    }
    if (await this.#waiting.wait.pause(`waiting for ${what}`)) return;
    throw new RecoveryError(
      "pods-not-ready-in-time",
      `${formatObjectName(this.#harbor)}: waited ${formatDuration(limit)} in vain for ${what}`,
      { next: "see the Pods' logs; run this again to continue" },
    );
  }

  /** If somebody interrupted a bootstrap at its end, the database runs, but no replica can ever join it. */
  async #prove(leader: string): Promise<void> {
    const container = containerOf({ namespace: this.#harbor.namespace, name: leader }, spiloContainer);
    if (await hasReplicationRole(this.#client.exec, container, this.#surroundings.signal)) return;
    throw new RecoveryError(
      "replication-role-missing",
      `${formatObjectName(this.#harbor)}: every Pod is current, but the replication role is missing in the database: its bootstrap was interrupted`,
      {
        next: "if the database is still empty, restore or recreate it; otherwise create the role with the password from its Secret (zalando/postgres-operator#2104)",
      },
    );
  }

  #report(leader: string, anyOld: boolean): ReportOf<"harbor roll"> {
    return {
      version: 1,
      context: this.#client.context,
      cluster: formatObjectName(this.#harbor),
      outcome: anyOld ? "rolled" : "already-current",
      pods: this.#deleted,
      leader,
      finishedAt: this.#surroundings.now().toISOString(),
    };
  }
}
