import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { FirstBackup, StanzaCreateReport } from "../../domain/stanza/create.ts";
import { takesFirstBackupItself } from "../../domain/stanza/first-backup.ts";
import { manualBackupCommand } from "../../domain/stanza/manual-backup.ts";
import { repositoryNames, type PostgresCluster } from "../../domain/stanza/postgres-cluster.ts";
import { statusDetail, statusText, verdictOf, type OkayStatus, type StanzaStatus } from "../../domain/stanza/status.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { dumpDatabases } from "../dump/dump.ts";
import type { Surroundings } from "../surroundings.ts";
import { Wait } from "../waiting.ts";
import { createOnLeader, notCreated } from "./attempts.ts";
import { checkedCluster, lookAtStanza, sameCluster, statusLine } from "./checked-cluster.ts";
import { takeFirstBackup } from "./first-backup.ts";
import { findLeader } from "./leader.ts";
import { operatorAnswer } from "./operator-answer.ts";

/** How often the procedure is run in total when the leader keeps changing. */
const rounds = 3;
/** Seconds until `info` must show the new stanza. Right after an outage of the repository, `info` can still fail for a moment. */
const confirmSeconds = 60;

/**
 * The stanza runbook for one cluster: check the status, find the leader, dump, create the stanza on the proven primary,
 * confirm it, and, if asked, have a first backup taken.
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
  const startedAt = surroundings.now().toISOString();
  const { resource, status } = await checkedCluster(client, request, surroundings);
  // Whatever the request says: from now on it must be this very cluster.
  const procedure = new Procedure(client, { ...request, uid: resource.metadata.uid }, surroundings);
  return { ...(await procedure.run(resource, status)), startedAt, finishedAt: surroundings.now().toISOString() };
}

class Procedure {
  readonly #client: KubernetesClient;
  readonly #request: TaskOf<"stanza create"> & { readonly uid: string };
  readonly #surroundings: Surroundings;

  constructor(
    client: KubernetesClient,
    request: TaskOf<"stanza create"> & { readonly uid: string },
    surroundings: Surroundings,
  ) {
    this.#client = client;
    this.#request = request;
    this.#surroundings = surroundings;
  }

  async run(
    resource: PostgresCluster,
    found: StanzaStatus,
  ): Promise<Omit<StanzaCreateReport, "startedAt" | "finishedAt">> {
    const { cluster, timeLimits, uid } = this.#request;
    const { before, ...done } =
      found.status === "okay" ? { outcome: "already-okay" as const, before: resource } : await this.#repair();
    const okay = found.status === "okay" ? found : await this.#confirmed();
    const operator = await operatorAnswer(this.#client, cluster, before, timeLimits.operator, this.#surroundings);
    return {
      version: 1,
      context: this.#client.context,
      cluster: formatObjectName(cluster),
      uid,
      ...done,
      operator,
      ...(await this.#firstBackup(okay)),
    };
  }

  /** Reads the PostgresCluster again, and checks that it is still the same one. */
  #again(): Promise<PostgresCluster> {
    return sameCluster(this.#client, this.#request.cluster, this.#request.uid);
  }

  async #look(): Promise<StanzaStatus> {
    const { cluster, timeLimits, uid } = this.#request;
    return (await lookAtStanza(this.#client, cluster, uid, timeLimits.info, this.#surroundings)).status;
  }

  async #probe(): Promise<StanzaStatus> {
    const status = await this.#look();
    this.#surroundings.progress(statusLine(status));
    return status;
  }

  async #repair(): Promise<Repaired> {
    const { cluster, timeLimits } = this.#request;
    for (let round = 1; round <= rounds; round += 1) {
      const leader = await findLeader(this.#client, cluster, this.#surroundings);
      this.#surroundings.progress(`the leader is ${leader}`);
      const dump = await this.#dump(leader);
      const stillLeader = (await findLeader(this.#client, cluster, this.#surroundings)) === leader;
      // Read right before the attempt: what PGO's status says now was not caused by it.
      const before = await this.#again();
      const options = { cluster, leader, limit: timeLimits.create, status: () => this.#probe() };
      const end = stillLeader ? await createOnLeader(this.#client, options, this.#surroundings) : "leader-moved";
      if (end === "done") return { outcome: "created", leader, dump, before };
      this.#surroundings.progress("the leader changed: starting again");
    }
    throw new RecoveryError("leader-moved", `${formatObjectName(cluster)}: the leader changed ${rounds} times`, {
      next: "wait until Patroni keeps one leader, then run again",
    });
  }

  async #dump(leader: string): Promise<StanzaCreateReport["dump"]> {
    const { cluster, dump, timeLimits, uid } = this.#request;
    if ("skip" in dump) {
      this.#surroundings.progress(`no dump: ${dump.skip}`);
      return { skipped: dump.skip };
    }
    const { bucket, directory, maxAge } = dump;
    const options = { cluster, uid, pod: leader, directory, bucket, timeLimit: timeLimits.dump, maxAge };
    return dumpDatabases(this.#client, options, this.#surroundings);
  }

  /** Asks pgBackRest again until the status is okay. */
  async #confirmed(): Promise<OkayStatus> {
    const wait = new Wait({ limit: confirmSeconds, pauses: [1] }, this.#surroundings);
    let status: StanzaStatus;
    do {
      status = await this.#probe();
      if (status.status === "okay") return status;
    } while (verdictOf(status) !== "finding" && (await wait.pause()));
    throw notCreated(
      this.#request.cluster,
      "stanza-not-confirmed",
      `pgbackrest info says ${statusText(status)} (${statusDetail(status)})`,
      "run again",
    );
  }

  /** The first backup: it exists, is ordered and waited for, or the report says how to order it. */
  async #firstBackup(status: OkayStatus): Promise<{ status: OkayStatus; firstBackup: FirstBackup }> {
    if (status.backups.count > 0) return { status, firstBackup: { state: "exists" } };
    if (this.#request.firstBackup === true) {
      const options = {
        limit: this.#request.timeLimits.backup,
        cluster: () => this.#again(),
        status: () => this.#look(),
      };
      const taken = await takeFirstBackup(this.#client, status, options, this.#surroundings);
      return { status: taken, firstBackup: { state: "taken" } };
    }
    const resource = await this.#again();
    const repository = resource.spec.backups?.pgbackrest?.manual?.repoName ?? repositoryNames(resource)[0] ?? "repo1";
    const command = manualBackupCommand(this.#client.context, resource, repository);
    return { status, firstBackup: { state: takesFirstBackupItself(resource) ? "expected" : "missing", command } };
  }
}

/** The repair, and the PostgresCluster as it was right before `stanza-create`. */
type Repaired = Pick<StanzaCreateReport, "outcome" | "leader" | "dump"> & { readonly before: PostgresCluster };
