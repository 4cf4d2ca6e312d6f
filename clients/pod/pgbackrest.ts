import { isNotAllowed } from "../../domain/kubernetes/permissions.ts";
import { lockFileIn, lockHolderScript, readLockHolder, type LockHolder } from "../../domain/stanza/lock-holder.ts";
import { createDecision, type CreateDecision } from "../../domain/stanza/pgbackrest-exit.ts";
import { databaseQuery, readDatabaseAnswer, type DatabaseAnswer } from "../../domain/stanza/database-answer.ts";
import { classifyInfo, type ExpectedStanza } from "../../domain/stanza/pgbackrest-info.ts";
import { stanzaName } from "../../domain/stanza/postgres-cluster.ts";
import { firstLine } from "../../domain/text.ts";
import type { StanzaStatus } from "../../domain/stanza/status.ts";
import type { Exec, ExecResult } from "../kubernetes/exec.ts";
import type { ContainerName } from "../../domain/kubernetes/container.ts";

/** Without start-up files: bash reads them when its input is a socket, and they may fail under `-u`. */
const shell = ["bash", "--norc", "-ceu"];

/** Seconds by which the time limit of the connection is longer than the one in the container, which is to end first. */
const graceSeconds = 5;
/** A report of 10,000 backups has about 6 MB. More than this is not read: the Pod may be hostile. */
const reportBytes = 8 * 1024 * 1024;
/** The line between pgBackRest's report and the database's answer in {@link instanceAnswer}. */
export const separator = "-- postgres-recovery: database";

/** What pgBackRest and Postgres of one instance answered. */
export interface InstanceAnswer {
  readonly status: StanzaStatus;
  readonly database: DatabaseAnswer;
}

/**
 * The stanza's status as `pgbackrest info` reports it, and the state of the archiver as Postgres reports it, in one exec.
 * Any instance can be asked for the status, but only the primary archives.
 *
 * @param limitSeconds for both commands. A repo host that accepts the connection but does not answer is reported after
 * about 20 s, because pgBackRest's own time-outs (5 s for I/O, 10 s for the protocol) count twice. If even the time limit
 * in the container does not end them, the connection is dropped 5 s later.
 */
export async function instanceAnswer(
  exec: Exec,
  container: ContainerName,
  expected: ExpectedStanza,
  limitSeconds: number,
  signal?: AbortSignal,
): Promise<InstanceAnswer> {
  const argv = ["timeout", "-k", "2", String(limitSeconds), ...shell, "--", instanceScript, "bash", databaseQuery];
  const result = await exec(container, argv, {
    deadlineSeconds: limitSeconds + graceSeconds,
    stdoutBytes: reportBytes,
    ...(signal && { signal }),
  });
  if (result.end !== "exited") return { status: notExited(result), database: { unknown: result.message } };
  if (result.code === 124 || result.code === 137) {
    const reason = `pgbackrest info did not end within ${limitSeconds} s`;
    return { status: { status: "timeout", reason }, database: { unknown: "the time limit ended first" } };
  }
  const [report, database] = splitAnswer(result.stdout);
  if (result.code === 0) return { status: classifyInfo(report, expected), database };
  const reason = `pgbackrest info ended with exit code ${result.code}: ${firstLine(result.stderr)}`;
  return { status: { status: "unreachable", reason }, database };
}

/** psql runs beside pgBackRest, so that both together take no longer than the slower one. It ends with the outer time limit. */
const instanceScript = [
  `exec 3< <(PGCONNECT_TIMEOUT=5 timeout --foreground -k 2 10 psql -XAtqc "$1" 2>&1)`,
  // By default pgBackRest 2.53 and later print errors on stdout, before the JSON.
  `pgbackrest --stanza=${stanzaName} --io-timeout=5 --protocol-timeout=10 --log-level-console=off --log-level-stderr=error info --output=json && code=0 || code=$?`,
  `printf '\n%s\n' '${separator}'`,
  `cat <&3`,
  `exit $code`,
].join("\n");

function splitAnswer(stdout: string): [report: string, database: DatabaseAnswer] {
  const end = stdout.lastIndexOf(`\n${separator}`);
  if (end < 0) return [stdout, { unknown: "the instance's answer was cut off" }];
  return [stdout.slice(0, end), readDatabaseAnswer(stdout.slice(end + separator.length + 1))];
}

function notExited(result: Exclude<ExecResult, { end: "exited" }>): StanzaStatus {
  switch (result.end) {
    case "deadline":
      return { status: "timeout", reason: result.message };
    case "refused":
      return {
        status: "unreachable",
        reason: result.message,
        ...(isNotAllowed(result.httpStatus) && { because: "not-allowed" }),
      };
    case "broken":
      return { status: "unreachable", reason: result.message };
  }
}

/** How one try to create the stanza ended. */
export interface CreateTry {
  readonly decision: CreateDecision;
  /** What happened, for a person. */
  readonly meaning: string;
  /** The lock file that another process holds. */
  readonly lockFile?: string | undefined;
}

/** Seconds for one `stanza-create`. Killing it can leave half a stanza, so its own time-outs must end it, not this limit. */
const createSeconds = 180;
/** pgBackRest refuses a protocol time-out that is not greater than the database's, which the cluster may have configured. */
const createTimeouts = "--io-timeout=10 --db-timeout=30 --protocol-timeout=60";

/**
 * One try to create the stanza. The same remote command first proves that the instance is the primary.
 * `stanza-create` does not change a valid stanza. `stanza-upgrade` and `stanza-delete` are never run.
 */
export async function tryStanzaCreate(exec: Exec, container: ContainerName, signal?: AbortSignal): Promise<CreateTry> {
  const script = [
    `recovering=$(PGCONNECT_TIMEOUT=10 timeout -k 2 15 psql -XAtqc 'select pg_is_in_recovery()') || true`,
    `if [ "$recovering" != f ]; then echo "pg_is_in_recovery() said '$recovering'" >&2; exit 56; fi`,
    `exec timeout -k 10 ${createSeconds} pgbackrest --stanza=${stanzaName} ${createTimeouts} ` +
      `--log-level-console=off --log-level-stderr=error stanza-create`,
  ].join("\n");
  const result = await exec(container, [...shell, "--", script], {
    deadlineSeconds: createSeconds + 30,
    ...(signal && { signal }),
  });
  switch (result.end) {
    case "exited": {
      const detail = firstLine(result.stderr);
      const { decision, meaning } = createDecision(result.code, detail);
      const lockFile = lockFileIn(result.stderr);
      return { decision, meaning: detail === "" ? meaning : `${meaning} (${detail})`, lockFile };
    }
    case "deadline":
    case "broken":
      return { decision: "look-again", meaning: result.message };
    case "refused":
      return { decision: refusedDecision(result.httpStatus), meaning: result.message };
  }
}

/** The process that holds a lock of pgBackRest in this instance; undefined when none holds it, or it cannot be found out. */
export async function lockHolder(
  exec: Exec,
  container: ContainerName,
  lockFile: string,
  signal?: AbortSignal,
): Promise<LockHolder | undefined> {
  const argv = ["timeout", "-k", "2", "10", ...shell, "--", lockHolderScript, "bash", lockFile];
  const result = await exec(container, argv, { deadlineSeconds: 15, ...(signal && { signal }) });
  return result.end === "exited" && result.code === 0 ? readLockHolder(result.stdout) : undefined;
}

/** The command was not run. If the Pod is gone, the leader must be found again; a busy API server is tried again. */
function refusedDecision(httpStatus: number): CreateDecision {
  if (httpStatus === 404) return "find-leader";
  return httpStatus === 429 || httpStatus >= 500 ? "retry-few" : "stop";
}
