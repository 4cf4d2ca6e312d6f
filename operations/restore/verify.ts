import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { findingsAt } from "../../domain/finding.ts";
import { formatDuration } from "../../domain/duration.ts";
import { podRole, spiloRuns, type DatabasePod } from "../../domain/harbor/objects.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { proofChecks, statusOf, verdictOf, type Judged, type ProofCheck } from "../../domain/restore/proof/checks.ts";
import { judgeIdentity, judgeTimeline, timelineOfBackup } from "../../domain/restore/proof/identity.ts";
import type { LeaderAnswer } from "../../domain/restore/proof/leader-answer.ts";
import { measuresOf, phasesOf } from "../../domain/restore/proof/phases.ts";
import { promotionsIn } from "../../domain/restore/proof/promotion.ts";
import { judgeReplay } from "../../domain/restore/proof/replay.ts";
import { uncomparedRegistry } from "../../domain/restore/proof/registry.ts";
import { targetOf } from "../../domain/restore/restore.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { postgresqlNotFound } from "../harbor/roll-state.ts";
import type { Surroundings } from "../surroundings.ts";
import { checkData, checkIndexes, checkMembers, checkPasswords, notKnown } from "./proof/database.ts";
import type { Running, VerifyClients } from "./proof/gather.ts";
import { askLeader, newestCommit, restoredTimeline } from "./proof/leader.ts";
import { checkHarbor } from "./proof/harbor.ts";
import { compareRegistry, isRegistryNamed } from "./proof/registry.ts";
import { checkArchiving, checkFirstBackup } from "./proof/store.ts";

type Report = ReportOf<"restore verify">;
type Check = Report["checks"][number];

/**
 * Proves that the running database is the restored one and works: its identity, how far it was recovered, its members, its
 * rows, its passwords, its new backups, and Harbor on top of it with its registry. All checks are made, whatever the others find; what cannot
 * be found out, or not in time, is unknown and never okay.
 *
 * It changes nothing, except that it completes a WAL segment (`pg_switch_wal`), so that one is there to be archived. It
 * may be repeated at any time.
 *
 * @throws RecoveryError `postgresql-not-found`, and the reason of the signal when it is stopped.
 */
export async function verifyRestore(
  clients: VerifyClients,
  request: TaskOf<"restore verify">,
  surroundings: Surroundings,
): Promise<Report> {
  return new Verification(clients, request, surroundings).run();
}

class Verification {
  readonly #clients: VerifyClients;
  readonly #request: TaskOf<"restore verify">;
  readonly #stop: AbortSignal;
  /** Ends with the time limit of the whole proof, too. */
  readonly #surroundings: Surroundings;
  #firstBackup: number | undefined;
  #registry: Report["registry"] = null;

  constructor(clients: VerifyClients, request: TaskOf<"restore verify">, surroundings: Surroundings) {
    this.#clients = clients;
    this.#request = request;
    this.#stop = surroundings.signal;
    this.#surroundings = { ...surroundings, signal: this.#bounded(surroundings) };
  }

  async run(): Promise<Report> {
    const { cluster } = this.#request;
    const { harbor: client } = this.#clients;
    const [postgresql, statefulSet, pods] = await Promise.all([
      client.getPostgresql(cluster),
      client.getStatefulSet(cluster),
      client.listPods(cluster),
    ]);
    if (postgresql === undefined) throw await postgresqlNotFound(client, cluster);
    const pod = leaderIn(pods);
    const leader =
      pod === undefined
        ? { failed: "no Pod whose container runs is labelled as the leader" }
        : await askLeader(client.exec, pod, this.#surroundings.signal);
    const running =
      pod === undefined || "failed" in leader
        ? undefined
        : {
            clients: this.#clients,
            request: this.#request,
            pod,
            where: `Pod ${formatObjectName(pod.metadata)}`,
            leader: leader.found,
            statefulSet,
            surroundings: this.#surroundings,
          };
    const because = "failed" in leader ? leader.failed : "";
    const checks = await Promise.all(proofChecks.map((check) => this.#check(check, running, because)));
    const now = this.#surroundings.now().getTime();
    return {
      version: 1,
      context: client.context,
      cluster: formatObjectName(cluster),
      leader: pod?.metadata.name ?? null,
      verdict: verdictOf(checks),
      checks,
      registry: this.#registry,
      ...(await this.#measures(running, now)),
      phases: this.#phases(postgresql.metadata.creationTimestamp, running?.leader, now),
      checkedAt: new Date(now).toISOString(),
    };
  }

  #bounded({ signal }: Surroundings): AbortSignal {
    const { total } = this.#request.timeLimits;
    const bound = new AbortController();
    const timer = setTimeout(() => {
      bound.abort(new Error(`the whole proof was not done within ${formatDuration(total)}`));
    }, total * 1000);
    // Nothing waits for this timer when all is done.
    timer.unref();
    return AbortSignal.any([signal, bound.signal]);
  }

  /** @throws the reason of the signal: somebody stopped the whole. */
  async #check(check: ProofCheck, running: Running | undefined, because: string): Promise<Check> {
    const started = this.#surroundings.now().getTime();
    const judged = await this.#judged(check, running, because);
    const seconds = Math.round((this.#surroundings.now().getTime() - started) / 100) / 10;
    const status = judged.status ?? statusOf(judged.findings);
    this.#surroundings.progress(`${check}: ${status}`);
    const { expected, found, findings } = judged;
    return { check, status, expected, found, seconds, findings: [...findings] };
  }

  async #judged(check: ProofCheck, running: Running | undefined, because: string): Promise<Judged> {
    try {
      if (check === "harbor") {
        return await checkHarbor({ clients: this.#clients, request: this.#request, surroundings: this.#surroundings });
      }
      if (check === "registry" && !isRegistryNamed(this.#request))
        return uncomparedRegistry(formatObjectName(this.#request.cluster), this.#request.registry.skip);
      if (running === undefined) throw notKnown(because);
      return await this.#look(check, running);
    } catch (error) {
      this.#stop.throwIfAborted();
      const next = error instanceof RecoveryError && error.next !== undefined ? `; ${error.next}` : "";
      const what = `could not be checked: ${messageOf(error)}${next}`;
      const at = findingsAt(`${check} of ${formatObjectName(this.#request.cluster)}`);
      const findings = [at.unknown("restored-not-looked-at", what, "correct that, then verify again")];
      return { expected: "an answer", found: "none", findings };
    }
  }

  async #look(check: Exclude<ProofCheck, "harbor">, running: Running): Promise<Judged> {
    const { leader, where } = running;
    const { backup, systemIdentifier, targetTime } = this.#request;
    switch (check) {
      case "identity":
        return judgeIdentity(where, leader.systemIdentifier, { backup, declared: systemIdentifier });
      case "timeline":
        return judgeTimeline(where, leader, backup === undefined ? undefined : timelineOfBackup(backup.name));
      case "replay": {
        const promotions = promotionsIn(leader.history ?? "");
        return judgeReplay(where, { promotions, end: backup?.walEnd ?? undefined, target: targetOf({ targetTime }) });
      }
      case "members":
        return checkMembers(running);
      case "data":
        return checkData(running);
      case "indexes":
        return checkIndexes(running);
      case "passwords":
        return checkPasswords(running);
      case "archiving":
        return checkArchiving(running);
      case "backup": {
        const { finishedAt, ...judged } = await checkFirstBackup(running);
        this.#firstBackup = finishedAt;
        return judged;
      }
      case "registry": {
        const { compared, ...judged } = await compareRegistry(running);
        this.#registry = compared;
        return judged;
      }
    }
  }

  /** The newest timeline that the recovery followed, if it is known. */
  get #end(): number | undefined {
    return this.#request.backup?.walEnd?.timeline;
  }

  #phases(created: string | undefined, leader: LeaderAnswer | undefined, now: number): Report["phases"] {
    const restored = leader && (restoredTimeline(leader, this.#end) ?? leader.timeline);
    const promoted = restored === undefined ? undefined : leader?.historyTimes[String(restored)];
    return phasesOf([
      { phase: "restore began", at: momentOf(this.#request.since) },
      { phase: "database's resource created", at: momentOf(created) },
      { phase: "recovery ended", at: promoted === undefined ? undefined : promoted * 1000 },
      { phase: "first base backup finished", at: this.#firstBackup },
      { phase: "proof ended", at: now },
    ]);
  }

  async #measures(running: Running | undefined, now: number): Promise<Pick<Report, "rpo" | "rto">> {
    const { lostAt, since } = this.#request;
    const commit =
      running &&
      (await newestCommit(
        this.#clients.harbor.exec,
        running.pod,
        { leader: running.leader, end: this.#end },
        { progress: this.#surroundings.progress, signal: this.#stop },
      ));
    return measuresOf({ newestCommit: commit, lostAt: momentOf(lostAt), since: momentOf(since), now });
  }
}

function leaderIn(pods: readonly DatabasePod[]): DatabasePod | undefined {
  return pods.find((pod) => podRole(pod) === "leader" && spiloRuns(pod));
}

function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
