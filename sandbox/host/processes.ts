import { spawn } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** A long-running program of the sandbox. */
export interface ProcessSpec {
  /** Unique in its directory; letters, digits, dots, underscores and dashes. */
  name: string;
  command: string;
  args: string[];
  /** The complete environment of the process. Only PATH is inherited, unless it is given here. */
  env?: Record<string, string>;
  cwd?: string;
  /** Requires root. Supplementary groups are dropped. */
  user?: { uid: number; gid: number };
}

export interface StopOptions {
  /** Default SIGTERM. */
  signal?: NodeJS.Signals;
  /** How long the process may take to end before it is killed. Default 10. */
  graceSeconds?: number;
  /** Whether to signal the whole process group and wait for all of it. Default false: only the process itself. */
  group?: boolean;
}

const processRecord = z.strictObject({ pid: z.int().positive(), startTime: z.string() });
type ProcessRecord = z.infer<typeof processRecord>;

/** A process that ends this soon after its start counts as failed. */
const momentMilliseconds = 300;
const stopPollMilliseconds = 50;
/** Longer, because a probe may run a whole command. */
const waitPollMilliseconds = 200;

/**
 * Starts programs that outlive this one and stops them later, perhaps from another run.
 * Each has a record NAME.json (its process id and start time) and a NAME.log in the directory.
 */
export class Processes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts the program in its own process group, unless it already runs. Rejects with the end of its log if it dies at once. */
  async start(spec: ProcessSpec): Promise<void> {
    const recordPath = this.#recordPath(spec.name);
    if (this.running(spec.name)) return;
    mkdirSync(this.#directory, { recursive: true });
    const logPath = this.log(spec.name);
    const log = openSync(logPath, "a");
    const logStart = statSync(logPath).size;
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], ...spec.env },
      ...(spec.cwd !== undefined && { cwd: spec.cwd }),
      ...spec.user,
    });
    closeSync(log);
    const death = new Promise<string>((resolve) => {
      child.once("error", (error) => {
        resolve(`could not be started: ${error.message}`);
      });
      child.once("exit", (code, signal) => {
        resolve(`ended at once with ${signal ?? `exit code ${code ?? "unknown"}`}`);
      });
    });
    const stat = child.pid === undefined ? undefined : readStat(child.pid);
    if (child.pid !== undefined && stat !== undefined) {
      writeRecord(recordPath, { pid: child.pid, startTime: stat.startTime });
    }
    const died = await Promise.race([death, sleep(momentMilliseconds, undefined)]);
    child.unref();
    if (died === undefined) return;
    rmSync(recordPath, { force: true });
    throw new Error(
      [`${spec.name} (${spec.command}) ${died}`, ...lastLines(logPath, logStart), `log: ${logPath}`].join("\n"),
    );
  }

  /** Whether the recorded process is alive. An unrelated process that now has its id does not count. */
  running(name: string): boolean {
    return this.pid(name) !== undefined;
  }

  /** The id of the process while it is alive. */
  pid(name: string): number | undefined {
    const record = readRecord(this.#recordPath(name));
    return record !== undefined && alive(record) ? record.pid : undefined;
  }

  /** The names of all recorded processes, alive or not. */
  names(): string[] {
    try {
      return readdirSync(this.#directory)
        .filter((file) => file.endsWith(".json"))
        .map((file) => file.slice(0, -".json".length))
        .sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** The file with the process's stdout and stderr. */
  log(name: string): string {
    return join(this.#directory, `${checkedName(name)}.log`);
  }

  /** Signals the process, waits, kills it after the grace period and removes its record. Only removes the record if the process is gone. */
  async stop(name: string, options: StopOptions = {}): Promise<void> {
    const { signal = "SIGTERM", graceSeconds = 10, group = false } = options;
    const recordPath = this.#recordPath(name);
    const record = readRecord(recordPath);
    if (record !== undefined && alive(record)) {
      const target = group ? -record.pid : record.pid;
      const gone = () => Promise.resolve(!alive(record) && !(group && groupAlive(record.pid)));
      send(target, signal);
      if (!(await eventually(graceSeconds, stopPollMilliseconds, gone))) {
        send(target, "SIGKILL");
        if (!(await eventually(10, stopPollMilliseconds, gone)))
          throw new Error(`${name} (process ${record.pid}) survives even SIGKILL`);
      }
    }
    rmSync(recordPath, { force: true });
  }

  #recordPath(name: string): string {
    return join(this.#directory, `${checkedName(name)}.json`);
  }
}

/** Repeats the probe until it returns true. A probe that rejects counts as false; its error is reported when the time is over. */
export async function waitUntil(what: string, seconds: number, probe: () => Promise<boolean>): Promise<void> {
  let lastError: unknown;
  const done = await eventually(seconds, waitPollMilliseconds, async () => {
    try {
      return await probe();
    } catch (error) {
      lastError = error;
      return false;
    }
  });
  if (done) return;
  const reason = lastError instanceof Error ? `: ${lastError.message}` : "";
  throw new Error(`timed out after ${seconds} s waiting for ${what}${reason}`, { cause: lastError });
}

/** When the kernel started this process, in clock ticks; undefined if it does not exist. Tells a process from a later one with the same id. */
export function processStartTime(pid: number): string | undefined {
  return readStat(pid)?.startTime;
}

async function eventually(seconds: number, pollMilliseconds: number, probe: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    // A probe that hangs must not outlast the limit.
    const over = new AbortController();
    const timer = sleep(Math.max(end - Date.now(), pollMilliseconds), false, { signal: over.signal }).catch(
      () => false,
    );
    const done = await Promise.race([probe(), timer]);
    over.abort();
    if (done) return true;
    if (Date.now() >= end) return false;
    await sleep(pollMilliseconds);
  }
}

interface Stat {
  group: number;
  startTime: string;
}

/**
 * Also undefined for a zombie, which has ended even if its parent has not collected it yet. A zombie with other threads has
 * not: until they end, too, its ports and files are open.
 */
function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses, which may itself contain blanks and parentheses.
  const [state, , group, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [threads, startTime] = [rest[14], rest[16]];
  if (state === "X" || startTime === undefined || (state === "Z" && Number(threads) <= 1)) return undefined;
  return { group: Number(group), startTime };
}

function alive(record: ProcessRecord): boolean {
  return readStat(record.pid)?.startTime === record.startTime;
}

function groupAlive(group: number): boolean {
  return readdirSync("/proc").some((entry) => /^\d+$/.test(entry) && readStat(Number(entry))?.group === group);
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function readRecord(path: string): ProcessRecord | undefined {
  try {
    return processRecord.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`${path} is not a process record`, { cause: error });
  }
}

function writeRecord(path: string, record: ProcessRecord): void {
  writeFileSync(`${path}.partial`, JSON.stringify(record));
  renameSync(`${path}.partial`, path);
}

function lastLines(path: string, from: number): string[] {
  return readFileSync(path).subarray(from).toString("utf8").trimEnd().split("\n").slice(-15);
}

function checkedName(name: string): string {
  if (!/^[\w.-]+$/.test(name))
    throw new Error(`"${name}" cannot name a process: letters, digits, dots, underscores and dashes only`);
  return name;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
