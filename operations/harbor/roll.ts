import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import { hasReplicationRole, readBootstrapState, readDataSetAside, switchover } from "../../clients/pod/spilo.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { spiloContainer, spiloRuns, type DatabasePod } from "../../domain/harbor/objects.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { hasList, isOld, nextRollStep, type Awaited, type RollState } from "../../domain/harbor/roll-plan.ts";
import { whySetAside } from "../../domain/harbor/set-aside.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import type { Surroundings } from "../surroundings.ts";
import { pgHbaInTemplate } from "./pg-hba-in-template.ts";
import { readRollState, type RolledDatabase } from "./roll-state.ts";
import { RollTime } from "./roll-time.ts";
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
 * Recreates the Pods of a Harbor database that come from an older template, or that have keys which the pod Secret no
 * longer has, so that pg_hba, pod-config and new keys take effect: first the replicas, then, after a switchover, the former leader; or the only Pod of a bootstrap that failed. When every Pod is
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
  await pgHbaInTemplate(client, harbor, request.timeLimits.operator, surroundings);
  return new Roll(client, harbor, request, surroundings).run();
}

const eventually = (what: string): Awaited => ({ for: what, code: "pods-not-ready-in-time" });
const byOperator = (what: string): Awaited => ({ for: `the Zalando operator ${what}`, code: "operator-sync-timeout" });

class Roll {
  readonly #client: HarborClient;
  readonly #harbor: ObjectName;
  readonly #database: RolledDatabase;
  readonly #surroundings: Surroundings;
  readonly #deleted: string[] = [];
  #switchovers = 0;
  /** The Pods since there has been nothing left to do, and the start of that time (milliseconds since 1970). */
  #calm: { readonly pods: string; readonly since: number } | undefined;
  readonly #time: RollTime;
  /** The Pods of the last look: their revision and UIDs. */
  #seen = "";
  /** The data of an earlier attempt when a Pod was first seen, by the Pod's UID. */
  readonly #setAside = new Map<string, string>();

  constructor(client: HarborClient, harbor: ObjectName, request: TaskOf<"harbor roll">, surroundings: Surroundings) {
    this.#client = client;
    this.#harbor = harbor;
    this.#database = request;
    this.#surroundings = surroundings;
    this.#time = new RollTime(client.context, harbor, request.timeLimits.pod, surroundings);
  }

  async run(): Promise<ReportOf<"harbor roll">> {
    let anyOld = false;
    for (;;) {
      this.#time.requireSome();
      const state = await readRollState(this.#client, this.#database, this.#surroundings.signal);
      if (state === undefined) {
        await this.#wait(byOperator("to recreate the StatefulSet"));
        continue;
      }
      this.#seen = [state.revision, ...state.pods.map(({ metadata }) => metadata.uid)].join();
      anyOld ||= state.pods.some((pod) => isOld(pod, state));
      const next = nextRollStep(state);
      if (next.step !== "done") this.#calm = undefined;
      switch (next.step) {
        case "done":
          if ((await this.#isOver()) && (await this.#isProven(next.leader))) return this.#report(next.leader, anyOld);
          break;
        case "wait":
          await this.#requireNoFailedBootstrap(state);
          await this.#wait(next);
          break;
        case "delete":
          await this.#delete(next.pod, next.because);
          break;
        case "delete-unless-bootstrapping":
          await this.#deleteUnlessBootstrapping(next.pod, next.because);
          break;
        case "switchover":
          await this.#switchOver(next.leader, next.candidate);
          break;
      }
    }
  }

  #wait(what: Awaited): Promise<void> {
    return this.#time.wait(what, this.#seen);
  }

  /** Whether nothing has happened for a while; if false, it has already paused. */
  async #isOver(): Promise<boolean> {
    if (!(await this.#operatorIsDone())) {
      this.#calm = undefined;
      await this.#wait(byOperator("to end its update"));
      return false;
    }
    if (this.#isCalm()) return true;
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

  #isCalm(): boolean {
    const now = this.#surroundings.now().getTime();
    if (this.#calm?.pods !== this.#seen) this.#calm = { pods: this.#seen, since: now };
    return now - this.#calm.since >= calmSeconds * 1000;
  }

  async #delete(pod: DatabasePod, because: string): Promise<void> {
    const { name } = pod.metadata;
    this.#surroundings.progress(`deleting ${name}: ${because}`);
    await this.#client.deletePod(pod);
    if (this.#deleted.at(-1) !== name) this.#deleted.push(name);
    await this.#surroundings.sleep(pauseSeconds);
  }

  /** If the container does not run, no bootstrap is running in it. */
  async #deleteUnlessBootstrapping(pod: DatabasePod, because: string): Promise<void> {
    const { name } = pod.metadata;
    const found = spiloRuns(pod)
      ? await readBootstrapState(this.#client.exec, pod, this.#surroundings.signal)
      : undefined;
    switch (found?.state) {
      case undefined:
      case "not-begun":
        await this.#delete(pod, `it is ${because}, and its bootstrap has nothing yet to leave half done`);
        return;
      case "under-way":
        await this.#wait(
          eventually(`the bootstrap or clone recovery in ${name} to end (${found.cluster}); it is never interrupted`),
        );
        return;
      case "unknown":
        await this.#wait(eventually(`${name} to report the state of its bootstrap (${found.reason})`));
    }
  }

  /**
   * A current Pod whose bootstrap has failed at its end would begin it again and again, a whole restore each time.
   *
   * @throws RecoveryError when that has happened since the Pod was first seen.
   */
  async #requireNoFailedBootstrap({ bootstrapped, pods }: RollState): Promise<void> {
    const [pod] = pods;
    if (bootstrapped || pod === undefined || !spiloRuns(pod)) return;
    const { name, uid } = pod.metadata;
    const found = await readDataSetAside(this.#client.exec, pod, this.#surroundings.signal);
    const before = this.#setAside.get(uid);
    this.#setAside.set(uid, before ?? found?.mark ?? "");
    if (found === undefined || before === undefined || found.mark === before) return;
    const { next, why } = whySetAside(found);
    throw new RecoveryError(
      "bootstrap-set-aside",
      `${formatObjectName(this.#harbor)}: the bootstrap of ${name} failed at its end, and Patroni has set the data aside as data.failed: ${why}`,
      { next },
    );
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
    await this.#surroundings.sleep(pauseSeconds);
  }

  /**
   * Whether the leader has the role for replicas; false when its Postgres did not answer, and it has already paused. If
   * somebody interrupted a bootstrap at its end, the database runs, but no replica can ever join it.
   */
  async #isProven(leader: string): Promise<boolean> {
    const container = containerOf({ namespace: this.#harbor.namespace, name: leader }, spiloContainer);
    const found = await hasReplicationRole(this.#client.exec, container, this.#surroundings.signal);
    if (found === true) return true;
    if (found !== false) {
      // Patroni restarts Postgres when it loses the lead for a moment, and after some changes of its configuration.
      await this.#wait({
        for: `the Postgres of ${leader} to answer (${found.unknown})`,
        code: "postgres-not-answering",
      });
      return false;
    }
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
