import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { tryStanzaCreate } from "../../clients/pod/pgbackrest.ts";
import { formatDuration } from "../../domain/duration.ts";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { instancesByCluster } from "../../domain/stanza/instance-pod.ts";
import { databaseContainer, repositoryNames, type PostgresCluster } from "../../domain/stanza/postgres-cluster.ts";
import type { FirstBackup, StanzaCreateReport } from "../../domain/stanza/create.ts";
import { backupObstacles, takesFirstBackupItself } from "../../domain/stanza/first-backup.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import {
  becauseAdvice,
  statusDetail,
  statusText,
  verdictOf,
  type OkayStatus,
  type StanzaStatus,
} from "../../domain/stanza/status.ts";
import { dumpDatabases } from "../dump/dump.ts";
import { manualBackupCommand } from "../../domain/stanza/manual-backup.ts";
import { takeFirstBackup } from "./first-backup.ts";
import { findLeader } from "./leader.ts";
import { operatorAnswer } from "./operator-answer.ts";
import { existingCluster, probeStanza } from "./probe.ts";
import { containerOf } from "../../domain/kubernetes/container.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { type ObjectName, formatObjectName } from "../../domain/kubernetes/object-name.ts";

/** How often the procedure is run in total when the leader keeps changing. */
const rounds = 3;
/** How often `stanza-create` is tried in total on a repository that does not answer. */
const fewTries = 3;
/** Seconds between two tries; the last pause repeats. */
const pauses = [1, 2, 4, 8, 15];
const repairConnection = "repair the connection from the instance to its repo host, then run again";
/** Seconds until `info` must show the new stanza. Right after an outage of the repository, `info` can still fail for a moment. */
const confirmSeconds = 60;

/**
 * The stanza runbook for one cluster: check the status, find the leader, dump, create the stanza on the proven primary,
 * and confirm it.
 *
 * If the stanza exists already, nothing is done, so it is safe to run this again. Only a missing stanza is created. A broken
 * or unreachable repository, or one of another database, is refused. `stanza-upgrade` and `stanza-delete` are never run.
 *
 * @throws RecoveryError `usage` when there is no such cluster, or it was recreated; `undetermined` when its status could not
 * be determined; `failed` when the repair was refused or did not succeed. A finished dump is kept in any case.
 */
export async function createStanza(
  client: KubernetesClient,
  request: TaskOf<"stanza create">,
  surroundings: Surroundings,
): Promise<StanzaCreateReport> {
  return new Procedure(client, request.cluster, request, surroundings).run();
}

class Procedure {
  readonly #client: KubernetesClient;
  readonly #cluster: ObjectName;
  readonly #request: TaskOf<"stanza create">;
  readonly #surroundings: Surroundings;
  /** The `metadata.uid` that the cluster must keep: the one of the request, else the one that was read first. */
  #uid: string | undefined;

  constructor(
    client: KubernetesClient,
    cluster: ObjectName,
    request: TaskOf<"stanza create">,
    surroundings: Surroundings,
  ) {
    this.#client = client;
    this.#cluster = cluster;
    this.#request = request;
    this.#surroundings = surroundings;
    this.#uid = request.uid;
  }

  async run(): Promise<StanzaCreateReport> {
    const startedAt = this.#surroundings.now().toISOString();
    const { cluster, status: found } = await this.#probe();
    this.#requireMissing(found);
    this.#requireBackupPossible(cluster, found);
    const { before, ...done } =
      found.status === "okay" ? { outcome: "already-okay" as const, before: cluster } : await this.#repair();
    const okay = found.status === "okay" ? found : await this.#confirmed();
    const limit = this.#request.timeLimits.operator;
    const operator = await operatorAnswer(this.#client, this.#cluster, before, limit, this.#surroundings);
    return {
      version: 1,
      context: this.#client.context,
      cluster: this.#name,
      uid: before.metadata.uid,
      ...done,
      operator,
      ...(await this.#firstBackup(okay)),
      startedAt,
      finishedAt: this.#surroundings.now().toISOString(),
    };
  }

  get #name(): string {
    return formatObjectName(this.#cluster);
  }

  /** Reads the PostgresCluster again, and checks that it is still the same one. */
  async #postgresCluster(): Promise<PostgresCluster> {
    const found = await existingCluster(this.#client, this.#cluster);
    this.#uid ??= found.metadata.uid;
    if (found.metadata.uid === this.#uid) return found;
    throw new RecoveryError(
      "cluster-recreated",
      `${this.#name} was deleted and recreated: its metadata.uid is ${found.metadata.uid}, expected ${this.#uid}`,
      {
        next: "check whether the recreated cluster needs a stanza, too; if so, give its uid",
      },
    );
  }

  async #probe(): Promise<{ cluster: PostgresCluster; status: StanzaStatus }> {
    const { cluster, status } = await this.#look();
    this.#surroundings.progress([statusText(status), statusDetail(status)].filter(Boolean).join(": "));
    return { cluster, status };
  }

  async #look(): Promise<{ cluster: PostgresCluster; status: StanzaStatus }> {
    const [cluster, pods] = await Promise.all([
      this.#postgresCluster(),
      this.#client.listInstancePods({ namespace: this.#cluster.namespace, cluster: this.#cluster.name }),
    ]);
    const instances = instancesByCluster(pods)(this.#cluster);
    const { status } = await probeStanza(
      this.#client,
      cluster,
      instances,
      this.#request.timeLimits.info,
      this.#surroundings.signal,
    );
    return { cluster, status };
  }

  async #repair(): Promise<Repaired> {
    for (let round = 1; round <= rounds; round += 1) {
      const leader = await findLeader(this.#client, this.#cluster, this.#surroundings);
      this.#surroundings.progress(`the leader is ${leader}`);
      const dump = await this.#dump(leader);
      const stillLeader = (await findLeader(this.#client, this.#cluster, this.#surroundings)) === leader;
      // Read right before the attempt: what PGO's status says now was not caused by it.
      const before = await this.#postgresCluster();
      const end = stillLeader ? await this.#createOn(leader) : "leader-moved";
      if (end === "done") return { outcome: "created", leader, dump, before };
      this.#surroundings.progress("the leader changed: starting again");
    }
    throw new RecoveryError("leader-moved", `${this.#name}: the leader changed ${rounds} times`, {
      next: "wait until Patroni keeps one leader, then run again",
    });
  }

  #requireMissing(found: StanzaStatus): void {
    if (found.status === "no-stanza") return;
    const text = `${this.#name}: ${statusText(found)}: ${statusDetail(found)}`;
    switch (found.status) {
      case "okay":
        return;
      case "unreachable":
        throw unreachable(found.because, text);
      case "timeout":
        throw new RecoveryError("stanza-timeout", text, { next: repairConnection });
      case "no-instance":
        throw new RecoveryError("instance-missing", text, { next: "find out why PGO runs no instance of it" });
      case "broken":
        throw new RecoveryError("stanza-broken", text, {
          next: "look at the repository; a stanza is never created over what it holds",
        });
      case "unreadable":
        throw new RecoveryError("kubernetes-answer-unexpected", text, { next: "correct the PostgresCluster" });
      case "backups-removed":
        throw new RecoveryError("stanza-not-applicable", text, {
          next: "fill in spec.backups again, or authorise the removal of the backups with PGO's annotation",
        });
      case "not-applicable":
        throw new RecoveryError("stanza-not-applicable", text, {
          next: "there is nothing to create; remove the cluster from the list of targets",
        });
    }
  }

  async #dump(leader: string): Promise<StanzaCreateReport["dump"]> {
    const { dump } = this.#request;
    if ("skip" in dump) {
      this.#surroundings.progress(`no dump: ${dump.skip}`);
      return { skipped: dump.skip };
    }
    const options = {
      cluster: this.#cluster,
      pod: leader,
      directory: dump.directory,
      bucket: dump.bucket,
      timeLimit: this.#request.timeLimits.dump,
    };
    return dumpDatabases(this.#client, options, this.#surroundings);
  }

  /** Tries until the stanza exists, the leader has changed, or the time limit is over. A try is never cut short. */
  async #createOn(leader: string): Promise<"done" | "leader-moved"> {
    const wait = new Wait({ limit: this.#request.timeLimits.create, pauses }, this.#surroundings);
    const container = containerOf({ namespace: this.#cluster.namespace, name: leader }, databaseContainer);
    let unanswered = 0;
    let meaning: string;
    do {
      this.#surroundings.progress(`pgbackrest stanza-create on ${leader}`);
      const end = await tryStanzaCreate(this.#client.exec, container, this.#surroundings.signal);
      const { decision } = end;
      if (decision === "done") return "done";
      meaning = end.meaning;
      this.#surroundings.progress(meaning);
      if (decision === "stop")
        throw this.#failure(
          "stanza-create-refused",
          meaning,
          "look at the cause; this is never tried again automatically",
        );
      if (decision === "find-leader") {
        const now = await findLeader(this.#client, this.#cluster, this.#surroundings);
        if (now !== leader) return "leader-moved";
      }
      if (decision === "look-again" || decision === "retry") {
        // PGO, or somebody else, may have created it in the meantime.
        const { status } = await this.#probe();
        if (status.status === "okay") return "done";
        if (status.status === "broken") this.#requireMissing(status);
      }
      unanswered += decision === "retry-few" ? 1 : 0;
      if (unanswered === fewTries)
        throw this.#failure(
          "stanza-create-unanswered",
          meaning,
          "repair the connection to the repo host, then run again",
        );
    } while (await wait.pause());
    throw this.#failure(
      "stanza-create-timeout",
      `${meaning}, for ${formatDuration(this.#request.timeLimits.create)}`,
      "find out what holds it, or allow more time, then run again",
    );
  }

  #failure(code: ErrorCode, meaning: string, next: string): RecoveryError {
    return new RecoveryError(code, `${this.#name}: the stanza was not created: ${meaning}`, { next });
  }

  /** Asks pgBackRest again until the status is okay. */
  async #confirmed(): Promise<OkayStatus> {
    const wait = new Wait({ limit: confirmSeconds, pauses: [1] }, this.#surroundings);
    let status: StanzaStatus;
    do {
      ({ status } = await this.#probe());
      if (status.status === "okay") return status;
    } while (verdictOf(status) !== "finding" && (await wait.pause()));
    throw this.#failure(
      "stanza-not-confirmed",
      `pgbackrest info says ${statusText(status)} (${statusDetail(status)})`,
      "run again",
    );
  }

  /** Refuses before anything is touched, because PGO ignores an order that it cannot carry out. */
  #requireBackupPossible(cluster: PostgresCluster, found: StanzaStatus): void {
    if (this.#request.firstBackup !== true) return;
    if (found.status === "okay" && found.backups.count > 0) return;
    const obstacles = backupObstacles(cluster);
    if (obstacles.length === 0) return;
    throw new RecoveryError(
      "first-backup-impossible",
      `${this.#name}: PGO would not take a first backup: ${obstacles.join("; ")}`,
      { next: "change that in the PostgresCluster, or run again without asking for a first backup" },
    );
  }

  /** The first backup: there already, ordered and waited for, or how to order it. */
  async #firstBackup(status: OkayStatus): Promise<{ status: OkayStatus; firstBackup: FirstBackup }> {
    if (status.backups.count > 0) return { status, firstBackup: { state: "exists" } };
    if (this.#request.firstBackup === true) {
      const options = {
        limit: this.#request.timeLimits.backup,
        cluster: () => this.#postgresCluster(),
        status: async () => (await this.#look()).status,
      };
      const taken = await takeFirstBackup(this.#client, status, options, this.#surroundings);
      return { status: taken, firstBackup: { state: "taken" } };
    }
    const cluster = await this.#postgresCluster();
    const repository = cluster.spec.backups?.pgbackrest?.manual?.repoName ?? repositoryNames(cluster)[0] ?? "repo1";
    const command = manualBackupCommand(this.#client.context, cluster, repository);
    return { status, firstBackup: { state: takesFirstBackupItself(cluster) ? "expected" : "missing", command } };
  }
}

/** The repair, and the PostgresCluster as it was right before `stanza-create`. */
type Repaired = Pick<StanzaCreateReport, "outcome" | "leader" | "dump"> & { readonly before: PostgresCluster };

/** The error for an unreachable repository, or for another reason why there was no answer. */
function unreachable(because: "not-allowed" | "not-compared" | undefined, text: string): RecoveryError {
  switch (because) {
    case undefined:
      return new RecoveryError("stanza-unreachable", text, { next: repairConnection });
    case "not-allowed":
      return new RecoveryError("exec-forbidden", text, { next: becauseAdvice(because) });
    case "not-compared":
      return new RecoveryError("stanza-not-compared", text, { next: becauseAdvice(because) });
  }
}
