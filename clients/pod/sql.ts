import { containerOf } from "../../domain/kubernetes/container.ts";
import { spiloContainer, type DatabasePod } from "../../domain/harbor/objects.ts";
import type { LoginAnswer } from "../../domain/restore/proof/logins.ts";
import type { Exec, ExecResult } from "../kubernetes/exec.ts";

/** What is run in a database. */
export interface SqlTask {
  readonly database: string;
  /** Statements for the server. psql's own commands are not understood. */
  readonly sql: string;
  /**
   * `read-only` and `rolled-back`: in one transaction that is rolled back at the end, the first of which cannot write.
   * `committed`: each statement by itself.
   */
  readonly mode: "read-only" | "rolled-back" | "committed";
  /** Seconds after which PostgreSQL ends a statement, and `timeout` the program soon after. */
  readonly seconds: number;
}

/** The result of the last statement: rows as lines, values separated by `|`. `sqlState` is PostgreSQL's code of an error. */
export type SqlAnswer = { readonly text: string } | { readonly failed: string; readonly sqlState?: string | undefined };

/** Larger results are not read: no check needs one. */
const answerBytes = 4 * 1024 * 1024;

/**
 * Neither statements nor passwords are arguments: those are in the audit log of the API server, and in `ps`. `head` ends
 * the input, because the connection cannot. From version 15 on, psql would print the results of all statements.
 */
const psqlScript = `head -c "$1" | PGOPTIONS="-c statement_timeout=$2s -c lock_timeout=10s" PGCONNECT_TIMEOUT=10 \
timeout -k 2 "$3" psql -XAtqw -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -v SHOW_ALL_RESULTS=off -U "\${PGUSER_SUPERUSER:-postgres}" -d "$4"`;

/** Runs statements in the Pod's Postgres as the superuser, over its socket. */
export async function runSql(exec: Exec, pod: DatabasePod, task: SqlTask, signal: AbortSignal): Promise<SqlAnswer> {
  const { database, sql, mode, seconds } = task;
  const begin = { "read-only": "begin read only;", "rolled-back": "begin;", committed: "" }[mode];
  // Executed by \gexec, the text reaches the server as it is: psql takes no backslash in it for a command of its own.
  const hex = Buffer.from(sql).toString("hex");
  const stdin = [begin, `select convert_from(decode('${hex}', 'hex'), 'UTF8') \\gexec`, ""].join("\n");
  const result = await psql(exec, pod, { stdin, database, seconds }, signal);
  if (result.end !== "exited") return { failed: result.message };
  if (result.code === 0) return { text: result.stdout.replace(/\n$/, "") };
  return failure(result);
}

/**
 * Logs in over TCP at the Pod's own address. A second login with a wrong password shows whether the server asks for one.
 */
export async function tryLogin(
  exec: Exec,
  pod: DatabasePod,
  { role, password, wrongPassword }: { role: string; password: string; wrongPassword: string },
  signal: AbortSignal,
): Promise<LoginAnswer> {
  const [right, wrong] = await Promise.all([
    logIn(exec, pod, role, password, signal),
    logIn(exec, pod, role, wrongPassword, signal),
  ]);
  if (right.login === "accepted" && wrong.login === "accepted") return { login: "any-accepted" };
  if (right.login === "accepted" && wrong.login === "unknown") return wrong;
  return right;
}

async function logIn(
  exec: Exec,
  pod: DatabasePod,
  role: string,
  password: string,
  signal: AbortSignal,
): Promise<LoginAnswer> {
  const { podIP } = pod.status;
  if (podIP === undefined) return { login: "unknown", message: "the Pod has no address" };
  const host = podIP.includes(":") ? `[${podIP}]` : podIP;
  const url = `postgresql://${everyByteEscaped(role)}:${everyByteEscaped(password)}@${host}/postgres?connect_timeout=10`;
  const stdin = `\\connect '${url}'\nselect 'logged in as ' || session_user;\n`;
  const result = await psql(exec, pod, { stdin, database: "postgres", seconds: 15 }, signal);
  if (result.end !== "exited") return { login: "unknown", message: result.message };
  if (result.code === 0 && result.stdout.trim() === `logged in as ${role}`) return { login: "accepted" };
  const { failed } = failure(result);
  const isRefused = /password authentication failed|role ".*" does not exist|is not permitted to log in/.test(failed);
  return { login: isRefused ? "refused" : "unknown", message: failed };
}

function psql(
  exec: Exec,
  pod: DatabasePod,
  { stdin, database, seconds }: { stdin: string; database: string; seconds: number },
  signal: AbortSignal,
): Promise<ExecResult> {
  // As a URL, a name with `=` is not taken for connection parameters.
  const url = `postgresql:///${everyByteEscaped(database)}`;
  const numbers = [Buffer.byteLength(stdin), seconds, seconds + 15].map(String);
  return exec(containerOf(pod.metadata, spiloContainer), ["sh", "-c", psqlScript, "sh", ...numbers, url], {
    deadlineSeconds: seconds + 30,
    stdin,
    stdoutBytes: answerBytes,
    signal,
  });
}

function everyByteEscaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

/** The error by PostgreSQL's own line; psql prints its place in the source below it. */
function failure({ code, stderr }: Extract<ExecResult, { end: "exited" }>): { failed: string; sqlState?: string } {
  const [, sqlState, message = ""] = /^(?:psql:[^\n]*?)?ERROR: +([0-9A-Z]{5}): (.*)$/m.exec(stderr) ?? [];
  if (sqlState !== undefined) return { failed: message, sqlState };
  if (code === 124 || code === 137) return { failed: "psql did not end within its time limit" };
  const fatal = /FATAL: +(.*)$/m.exec(stderr)?.[1];
  return { failed: fatal ?? `exit code ${code}: ${stderr.trim().split("\n").at(-1) ?? ""}` };
}
