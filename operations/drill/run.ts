import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { DrillClient } from "../../clients/kubernetes/drill.ts";
import { drillVerdict, inOrder, type DrillCheck } from "../../domain/drill/checks.ts";
import { judgeClone } from "../../domain/drill/clone.ts";
import { drillNamespace, namespaceName, type FoundNamespace } from "../../domain/drill/namespace.ts";
import { drillObjects } from "../../domain/drill/objects.ts";
import { judgePlan, judgeRemoval } from "../../domain/drill/frame.ts";
import { judgeRpo, judgeRto, rpoSeconds } from "../../domain/drill/targets.ts";
import { volumeSize } from "../../domain/drill/volume.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { findingsAt, mayProceed } from "../../domain/finding.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ChosenBackup } from "../../domain/restore/check.ts";
import { statusOf, type Judged } from "../../domain/restore/proof/checks.ts";
import { phasesOf, type Moment } from "../../domain/restore/proof/phases.ts";
import { targetOf } from "../../domain/restore/restore.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { momentText } from "../../domain/text.ts";
import type { LedgerWriter } from "../ledger/ledger.ts";
import { judgedPlan } from "../restore/plan.ts";
import { newestCommit } from "../restore/proof/leader.ts";
import type { Surroundings } from "../surroundings.ts";
import { CloneWait } from "./clone.ts";
import { Heartbeat } from "./heartbeat.ts";
import { listDrills, removeDrills, removeNamespace } from "./namespaces.ts";
import { rememberDrill } from "./remember.ts";
import { checkClone, checkDumps, cloneChecks, type AskedClone } from "./proof.ts";

type Report = ReportOf<"drill run">;

/** The systems of a drill. */
export interface DrillClients {
  readonly drill: DrillClient;
  /** The same API. Its requests go on when the drill is stopped, so that the namespace is removed. */
  readonly removal: DrillClient;
  /** The store of the backups, with the keys that the clone gets. */
  readonly s3: S3Client;
  /** Writes the result beside the backups. Absent: nobody asked for that. */
  readonly ledger?: LedgerWriter | undefined;
}

/**
 * Restores a backup into a namespace of its own beside the running database, proves the result, dumps every database to
 * nowhere, measures the loss and the time, and removes the namespace: also when a check fails, when the drill is stopped,
 * and those of earlier drills of the same cluster that were killed. It writes nothing outside of that namespace.
 *
 * @param afterStop for the removal: they must outlive the signal of `surroundings`.
 * @throws RecoveryError when the request cannot be run, the API server refuses something, or the drill is stopped.
 */
export async function runDrill(
  clients: DrillClients,
  request: TaskOf<"drill run">,
  surroundings: Surroundings,
  afterStop: Surroundings,
): Promise<Report> {
  requireKeys(request);
  return new Drill(clients, request, surroundings, afterStop).run();
}

function requireKeys({ keys, restore }: TaskOf<"drill run">): void {
  if (restore.credentials !== "secret" || keys !== undefined) return;
  throw new RecoveryError(
    "drill-keys-missing",
    "the clone reads the backups with AWS access keys, and none were given",
    {
      next: "export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a user that may read the backups, or use --irsa-role-arn",
    },
  );
}

class Drill {
  readonly #clients: DrillClients;
  readonly #request: TaskOf<"drill run">;
  readonly #surroundings: Surroundings;
  readonly #afterStop: Surroundings;
  readonly #checks: Report["checks"] = [];
  readonly #moments: Moment[] = [];
  readonly #id: string;
  readonly #began: number;
  #removal: Report["removal"] = "never-created";
  #leftovers: string[] = [];
  #newestCommit: number | undefined;
  #rtoSeconds: number | undefined;

  constructor(
    clients: DrillClients,
    request: TaskOf<"drill run">,
    surroundings: Surroundings,
    afterStop: Surroundings,
  ) {
    this.#clients = clients;
    this.#request = request;
    this.#surroundings = surroundings;
    this.#afterStop = afterStop;
    this.#began = surroundings.now().getTime();
    this.#id = drillId(this.#began);
  }

  async run(): Promise<Report> {
    const { image, restore, timeLimits } = this.#request;
    this.#mark("drill began");
    const started = this.#surroundings.now().getTime();
    const planned = await judgedPlan(
      this.#clients.s3,
      { image, restore, timeLimit: timeLimits.check },
      this.#surroundings,
    );
    this.#add("backup", judgePlan(planned), started);
    if (planned.backup !== null && mayProceed(planned.findings)) await this.#beside(planned.backup);
    return this.#remembered(this.#report(planned.backup));
  }

  /** The report with its entry in the ledger, if there is to be one. */
  async #remembered(report: Report): Promise<Report> {
    const { ledger } = this.#clients;
    if (ledger === undefined) return report;
    const started = this.#surroundings.now().getTime();
    const task = { id: this.#id, report, restore: this.#request.restore };
    const { judged, remembered } = await rememberDrill(ledger, task, this.#surroundings.signal);
    this.#add("ledger", judged, started);
    return { ...report, verdict: drillVerdict(this.#checks), checks: inOrder(this.#checks), remembered };
  }

  /** Everything that happens in the drill's own namespace, which is removed at the end. */
  async #beside(backup: ChosenBackup): Promise<void> {
    const volume = this.#request.resources.volume ?? volumeOf(backup);
    await this.#removeLeftovers();
    const created = this.#surroundings.now().getTime();
    const { progress } = this.#surroundings;
    const origin = { id: this.#id, cluster: this.#cluster, source: backup.place, keep: this.#request.keep };
    const heartbeat = new Heartbeat(
      this.#clients.removal,
      { id: this.#id, holder: `${hostname()}-${process.pid}` },
      this.#afterStop,
    );
    let namespace: FoundNamespace | undefined;
    try {
      namespace = await this.#clients.drill.createNamespace(drillNamespace(origin));
      progress(`created the namespace ${namespace.name}`);
      await heartbeat.start();
      await this.#createObjects(namespace, volume);
      this.#mark("clone's Pod created");
      await this.#proveClone(namespace, backup, created);
    } finally {
      if (namespace === undefined) await this.#removeUnseen();
      else await this.#end(namespace, heartbeat);
    }
  }

  get #cluster(): string {
    return formatObjectName(this.#request.cluster);
  }

  #mark(phase: string): void {
    this.#moments.push({ phase, at: this.#surroundings.now().getTime() });
  }

  async #removeLeftovers(): Promise<void> {
    const { drills } = await listDrills(this.#clients.drill, this.#surroundings);
    const chosen = drills.filter(({ cluster, state }) => cluster === this.#cluster && state === "abandoned");
    if (chosen.length === 0) return;
    this.#surroundings.progress("an earlier drill was killed before it could remove its namespace");
    const limit = this.#request.timeLimits.remove;
    const { removed } = await removeDrills(this.#clients.drill, { chosen, areNamed: false, limit }, this.#surroundings);
    this.#leftovers = removed;
  }

  async #createObjects({ name }: FoundNamespace, volume: string): Promise<void> {
    const { image, keys, resources, restore } = this.#request;
    const passwords = { superuser: randomPassword(), standby: randomPassword() };
    const { endpoint } = restore;
    const s3Port = endpoint === undefined ? undefined : portOf(endpoint);
    const plan = { id: this.#id, image, restore, keys, passwords, resources: { ...resources, volume }, s3Port };
    for (const planned of drillObjects(plan)) await this.#clients.drill.createObject(name, planned);
  }

  /** @param created when the first object was created, in milliseconds since 1970. */
  async #proveClone({ name }: FoundNamespace, backup: ChosenBackup, created: number): Promise<void> {
    const { drill } = this.#clients;
    const where = `Pod of ${name}`;
    const started = this.#surroundings.now().getTime();
    const wait = new CloneWait(drill, name, this.#request.timeLimits, this.#surroundings);
    const end = await wait.recovered();
    if (wait.started !== undefined) this.#moments.push({ phase: "clone's Pod runs", at: wait.started });
    const seconds = secondsSince(started, this.#surroundings);
    this.#add("clone", judgeClone(where, "clone" in end ? { end: "recovered", seconds } : end), started);
    if (!("clone" in end)) {
      this.#add("rto", judgeRto(this.#cluster, undefined, this.#request.targets.rto), started);
      return;
    }
    this.#mark("recovery ended");
    const asked = { ...end.clone, client: drill, request: this.#request, backup, surroundings: this.#surroundings };
    await this.#check("isolation", () => checkClone("isolation", asked));
    const others = cloneChecks.filter((check) => check !== "isolation");
    await Promise.all(others.map((check) => this.#check(check, () => checkClone(check, asked))));
    this.#mark("proof ended");
    await this.#measure(asked, created);
    await this.#check("dumps", () => checkDumps(asked));
    this.#mark("dumps ended");
  }

  async #measure({ backup, client, leader, pod }: AskedClone, created: number): Promise<void> {
    const now = this.#surroundings.now().getTime();
    const { restore, targets } = this.#request;
    this.#rtoSeconds = secondsSince(created, this.#surroundings);
    this.#newestCommit = await newestCommit(
      client.exec,
      pod,
      { leader, end: backup.walEnd?.timeline },
      this.#surroundings,
    );
    this.#add("rpo", judgeRpo(this.#cluster, this.#measured(targetOf(restore)), targets.rpo), now);
    this.#add("rto", judgeRto(this.#cluster, this.#rtoSeconds, targets.rto), now);
  }

  #measured(target: number | undefined) {
    return { newestCommit: this.#newestCommit, began: this.#began, target };
  }

  async #check(check: DrillCheck, judged: () => Promise<Judged>): Promise<void> {
    const started = this.#surroundings.now().getTime();
    this.#add(check, await this.#looked(check, judged), started);
  }

  async #looked(check: DrillCheck, judged: () => Promise<Judged>): Promise<Judged> {
    try {
      return await judged();
    } catch (error) {
      this.#surroundings.signal.throwIfAborted();
      const what = `could not be checked: ${messageOf(error)}`;
      const at = findingsAt(`${check} of the drill of ${this.#cluster}`);
      const findings = [at.unknown("restored-not-looked-at", what, "correct that, then drill again")];
      return { expected: "an answer", found: "none", findings };
    }
  }

  #add(check: DrillCheck, { expected, findings, found, status: given }: Judged, started: number): void {
    const status = given ?? statusOf(findings);
    this.#surroundings.progress(`${check}: ${status}`);
    const seconds = secondsSince(started, this.#surroundings);
    this.#checks.push({ check, status, expected, found, seconds, findings: [...findings] });
  }

  /** Removes the namespace, or leaves it as asked. */
  async #end(namespace: FoundNamespace, heartbeat: Heartbeat): Promise<void> {
    heartbeat.stop();
    const started = this.#afterStop.now().getTime();
    const isGone = this.#request.keep ? undefined : await this.#remove(namespace);
    if (isGone === undefined) await heartbeat.end().catch(() => undefined);
    const removal = isGone === undefined ? "kept" : isGone ? "removed" : "left";
    this.#removal = removal;
    this.#add("removal", judgeRemoval(namespace.name, removal), started);
    if (isGone === true) this.#mark("namespace removed");
  }

  async #remove(namespace: Pick<FoundNamespace, "name" | "uid">): Promise<boolean> {
    this.#afterStop.progress(`removing the namespace ${namespace.name}`);
    const { timeLimits } = this.#request;
    return removeNamespace(this.#clients.removal, namespace, timeLimits.remove, this.#afterStop);
  }

  /** The drill was stopped while the namespace was being created: it may exist. */
  async #removeUnseen(): Promise<void> {
    const found = await this.#clients.removal.getNamespace(namespaceName(this.#id)).catch(() => undefined);
    if (found !== undefined) await this.#remove(found);
  }

  #report(backup: ChosenBackup | null): Report {
    const { restore, targets } = this.#request;
    if (this.#removal === "never-created")
      this.#add("removal", judgeRemoval("", "never-created"), this.#surroundings.now().getTime());
    const commit = this.#newestCommit;
    return {
      version: 1,
      context: this.#clients.drill.context,
      cluster: this.#cluster,
      namespace: this.#removal === "never-created" ? null : namespaceName(this.#id),
      verdict: drillVerdict(this.#checks),
      backup,
      checks: inOrder(this.#checks),
      phases: phasesOf(this.#moments),
      rpo: {
        newestCommit: commit === undefined ? null : momentText(commit),
        seconds: rpoSeconds(this.#measured(targetOf(restore))),
        target: targets.rpo ?? null,
      },
      rto: { seconds: this.#rtoSeconds ?? null, target: targets.rto ?? null },
      removal: this.#removal,
      leftovers: this.#leftovers,
      remembered: null,
      checkedAt: this.#surroundings.now().toISOString(),
    };
  }
}

/** A time in UTC, and four random digits: two drills may begin in the same second. */
function drillId(now: number): string {
  const [day = "", time = ""] = momentText(now).replaceAll(/[-:]/g, "").split(/[T.]/);
  return `${day}-${time}-${randomBytes(2).toString("hex")}`;
}

function randomPassword(): string {
  return randomBytes(24).toString("base64url");
}

function portOf(endpoint: string): number {
  const { port, protocol } = new URL(endpoint);
  return port === "" ? ({ "http:": 80 }[protocol] ?? 443) : Number(port);
}

function secondsSince(started: number, { now }: Pick<Surroundings, "now">): number {
  return Math.round((now().getTime() - started) / 100) / 10;
}

function volumeOf(backup: ChosenBackup): string {
  const { dataBytes, name, walEnd } = backup;
  if (dataBytes != null) return volumeSize({ dataBytes, name, lastSegment: walEnd?.segment ?? null });
  throw new RecoveryError("drill-volume-unknown", `backup ${name} does not say how big its data are`, {
    next: "give the size of the clone's volume: --volume 50Gi",
  });
}
