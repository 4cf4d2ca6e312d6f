import { PassThrough } from "node:stream";
import { separator } from "../../clients/pod/pgbackrest.ts";
import type { ExecResult } from "../../clients/kubernetes/exec.ts";
import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { dumpTrailer } from "../../domain/dump/dump.ts";
import { podSchema, type Pod } from "../../domain/stanza/instance-pod.ts";
import {
  annotations,
  labels,
  postgresClusterSchema,
  type PostgresCluster,
} from "../../domain/stanza/postgres-cluster.ts";
import type { Surroundings } from "../../operations/surroundings.ts";

/** UID of the kube-system namespace of a FakeCluster. */
export const fakeKubeSystemUid = "aa4ff0b1-4bcb-4d2a-9a63-c7dbad05c31e";

const exited = (code: number, stdout = "", stderr = ""): ExecResult => ({ end: "exited", code, stdout, stderr });

/** The cluster's answers. Each list is used in order, and its last entry repeats. */
export interface Script {
  /** Codes of `repo[].status` in the answers of `pgbackrest info`, or whole results. */
  info?: (number | ExecResult)[];
  /** Leaders that `patronictl list` names; undefined is "no leader"; or whole results. */
  leaders?: (string | ExecResult | undefined)[];
  /** Exit codes of `pgbackrest stanza-create`, or whole results. */
  create?: (number | ExecResult)[];
  /** What `pg_dumpall` prints, and its result. */
  dump?: { text?: string; result?: ExecResult };
  /** PGO's values of `stanzaCreated`. */
  operator?: boolean[];
  /** `metadata.uid` of the PostgresCluster. */
  uids?: string[];
  /** What psql prints beside `pgbackrest info`. If set, PGO's status has no system identifier. */
  database?: string | undefined;
  pods?: string[];
  spec?: object | undefined;
  /** PGO's status instead of the usual one. */
  status?: object | undefined;
  annotations?: Record<string, string>;
  /** PGO's values of `replicaCreateBackupComplete`. */
  replicaBackup?: boolean[];
  /** How PGO ends a manual backup that is ordered; undefined: it never does. */
  backupEnds?: "succeeded" | "failed" | undefined;
  /** Annotations of each Pod, by its name. */
  podAnnotations?: Record<string, Record<string, string>>;
  /** More labels of each Pod, by its name. */
  podLabels?: Record<string, Record<string, string>>;
  /** Pods whose database container does not run. */
  stopped?: string[];
  /** The system identifiers that Postgres reports before a dump. */
  systemIdentifiers?: string[];
  /** What is printed about the process that holds pgBackRest's lock; undefined when there is none. */
  lockHolder?: string | undefined;
  /** psql's answer to `pg_is_in_recovery()`: t or f. */
  recovering?: string;
  /** The size of the databases. */
  databaseBytes?: number;
}

/** A Kubernetes cluster with one PostgresCluster `calendar/calendar-db`, answering from a script. */
export class FakeCluster implements KubernetesClient {
  readonly context = "test";
  readonly kubernetesUid = (): Promise<string> => Promise.resolve(fakeKubeSystemUid);
  /** Every remote command, as `POD: ARGV`. */
  readonly commands: string[] = [];
  /** Ids of the backups that were ordered. */
  readonly ordered: string[] = [];
  readonly #script: Required<Script>;

  constructor(script: Script) {
    this.#script = {
      info: [1],
      leaders: ["calendar-db-0"],
      create: [0],
      dump: {},
      operator: [true],
      uids: ["1"],
      database: undefined,
      pods: ["calendar-db-0", "calendar-db-1"],
      spec: { backups: { pgbackrest: { repos: [{ name: "repo1" }] } } },
      status: undefined,
      annotations: {},
      systemIdentifiers: ["7000000000000000001"],
      lockHolder: undefined,
      recovering: "f",
      databaseBytes: 1000,
      replicaBackup: [true],
      backupEnds: undefined,
      podAnnotations: {},
      podLabels: {},
      stopped: [],
      ...script,
    };
  }

  /** The remote commands of one program, in order. */
  ran(program: string): string[] {
    return this.commands.filter((command) => command.includes(program));
  }

  listPostgresClusters(): Promise<PostgresCluster[]> {
    return Promise.resolve([this.#cluster(this.#script.operator[0] ?? false)]);
  }

  getPostgresCluster({ namespace, name }: { namespace: string; name: string }): Promise<PostgresCluster | undefined> {
    if (namespace !== "calendar" || name !== "calendar-db") return Promise.resolve(undefined);
    return Promise.resolve(this.#cluster(next(this.#script.operator)));
  }

  #cluster(stanzaCreated: boolean): PostgresCluster {
    return postgresClusterSchema.parse({
      metadata: {
        namespace: "calendar",
        name: "calendar-db",
        uid: next(this.#script.uids),
        annotations: this.#annotations(),
      },
      spec: this.#script.spec,
      status: this.#script.status ?? {
        ...(this.#script.database === undefined && { patroni: { systemIdentifier: "7000000000000000001" } }),
        pgbackrest: {
          repos: [{ name: "repo1", stanzaCreated, replicaCreateBackupComplete: next(this.#script.replicaBackup) }],
          ...this.#manualBackup(),
        },
      },
    });
  }

  #annotations(): Record<string, string> {
    const id = this.ordered.at(-1);
    return { ...this.#script.annotations, ...(id !== undefined && { [annotations.backup]: id }) };
  }

  #manualBackup(): object {
    const id = this.#annotations()[annotations.backup];
    if (id === undefined || this.#script.backupEnds === undefined) return {};
    return { manualBackup: { id, finished: true, [this.#script.backupEnds]: 1 } };
  }

  orderBackup(_: PostgresCluster, id: string): Promise<void> {
    this.ordered.push(id);
    return Promise.resolve();
  }

  listInstancePods(): Promise<Pod[]> {
    const { podAnnotations, podLabels, stopped } = this.#script;
    const pods = this.#script.pods.map((name) =>
      podSchema.parse({
        metadata: {
          namespace: "calendar",
          name,
          labels: { [labels.cluster]: "calendar-db", [labels.instance]: name, ...podLabels[name] },
          annotations: podAnnotations[name],
        },
        status: {
          phase: "Running",
          containerStatuses: [
            { name: "database", state: stopped.includes(name) ? { terminated: {} } : { running: {} } },
          ],
        },
      }),
    );
    return Promise.resolve(pods);
  }

  readonly exec: KubernetesClient["exec"] = (container, argv, options) => {
    const command = argv.join(" ");
    this.commands.push(`${container.pod}: ${command}`);
    if (command.includes("stanza-create")) return Promise.resolve(asResult(next(this.#script.create)));
    if (command.includes("info --output=json")) return Promise.resolve(this.#info(next(this.#script.info)));
    if (command.includes("patronictl")) return Promise.resolve(asMembers(next(this.#script.leaders)));
    if (command.includes("pg_database_size"))
      return Promise.resolve(exited(0, `${this.#script.databaseBytes}|${next(this.#script.systemIdentifiers)}\n`));
    if (command.includes("/proc/$pid"))
      return Promise.resolve(this.#script.lockHolder === undefined ? exited(1) : exited(0, this.#script.lockHolder));
    if (command.endsWith("pg_is_in_recovery()")) return Promise.resolve(exited(0, `${this.#script.recovering}\n`));
    if (command.includes("pg_dumpall")) return Promise.resolve(this.#dump(options.stdout ?? new PassThrough()));
    throw new Error(`the script has no answer to: ${command}`);
  };

  #info(answer: number | ExecResult): ExecResult {
    const result = asInfo(answer);
    if (result.end !== "exited") return result;
    return { ...result, stdout: `${result.stdout}\n${separator}\n${this.#script.database ?? healthyDatabase()}` };
  }

  #dump(stdout: NodeJS.WritableStream & { destroy(error?: Error): unknown }): ExecResult {
    const { text = `-- data\n${dumpTrailer}`, result = exited(0) } = this.#script.dump;
    stdout.write(text);
    if (result.end === "exited") stdout.end();
    else stdout.destroy(new Error(result.message));
    return result;
  }
}

/** What psql prints for a primary whose archiver works; `change` replaces fields. */
export function healthyDatabase(change: object = {}): string {
  return JSON.stringify({
    systemIdentifier: "7000000000000000001",
    inRecovery: false,
    archiveMode: "on",
    archivesWithPgbackrest: true,
    failedCount: 0,
    lastFailed: null,
    lastArchived: "2026-11-21T00:59:00Z",
    oldestWaitingSeconds: null,
    lastArchivedWal: "000000010000000000000010",
    lastArchivedCompleted: "2026-11-21T00:58:59.000Z",
    currentLsn: "0/11000060",
    segmentBytes: 16_777_216,
    askedAt: "2026-11-21T01:00:00.000Z",
    ...change,
  });
}

function next<T>(answers: T[]): T {
  const [answer] = answers.length > 1 ? answers.splice(0, 1) : answers;
  if (answer === undefined && answers.length === 0) throw new Error("the script ran out of answers");
  return answer as T;
}

function asResult(answer: number | ExecResult): ExecResult {
  return typeof answer === "number" ? exited(answer) : answer;
}

function asInfo(answer: number | ExecResult): ExecResult {
  if (typeof answer !== "number") return answer;
  const status = { code: answer, message: answer === 99 ? "[HostConnectError] refused" : `code ${answer}` };
  return exited(0, JSON.stringify([{ name: "db", status, repo: [{ key: 1, status }], db: [], backup: [] }]));
}

function asMembers(leader: string | ExecResult | undefined): ExecResult {
  if (typeof leader === "object") return leader;
  const rows = leader === undefined ? [] : [{ Member: leader, Role: "Leader", State: "running" }];
  return exited(0, JSON.stringify([...rows, { Member: "other", Role: "Replica", State: "running" }]));
}

/** A clock that advances only by sleeping, and a record of the progress lines. */
export class FakeSurroundings implements Surroundings {
  readonly lines: string[] = [];
  readonly #stop = new AbortController();
  readonly #start: number;
  #time: number;

  /** @param start milliseconds since 1970. */
  constructor(start = Date.parse("2026-11-21T01:00:00Z")) {
    this.#start = start;
    this.#time = start;
  }

  readonly now = (): Date => new Date(this.#time);
  readonly sleep = (seconds: number): Promise<void> => {
    this.#time += seconds * 1000;
    return Promise.resolve();
  };
  readonly progress = (line: string): void => {
    this.lines.push(line);
  };
  readonly signal = this.#stop.signal;

  /** Seconds slept so far. */
  get elapsed(): number {
    return (this.#time - this.#start) / 1000;
  }

  stop(reason: Error): void {
    this.#stop.abort(reason);
  }
}
