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
  /** The whole environment of the process; only PATH is inherited, and only where it is not given here. */
  env?: Record<string, string>;
  cwd?: string;
  /** Needs root. The supplementary groups are dropped. */
  user?: { uid: number; gid: number };
}

export interface StopOptions {
  /** Default SIGTERM. */
  signal?: NodeJS.Signals;
  /** How long the process may take before it is killed. Default 10. */
  graceSeconds?: number;
  /** Signal the whole process group and wait for all of it. Default false: only the process itself. */
  group?: boolean;
}

const processRecord = z.strictObject({ pid: z.int().positive(), startTime: z.string() });
type ProcessRecord = z.infer<typeof processRecord>;

/** A process that ends this soon after its start counts as failed. */
const momentMilliseconds = 300;
const stopPollMilliseconds = 50;
/** Probes may be whole commands, so not as often. */
const waitPollMilliseconds = 200;

/**
 * Starts programs that outlive this one and stops them later, perhaps from another run.
 * Each has a record NAME.json (its id and when the kernel started it) and a NAME.log in the directory.
 */
export class Processes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts it in a process group of its own; does nothing when it already runs. Rejects with the end of its log when it dies at once. */
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

  /** Whether the recorded process is alive. A stranger that got its id since does not count. */
  running(name: string): boolean {
    return this.pid(name) !== undefined;
  }

  /** The id of the process while it is alive. */
  pid(name: string): number | undefined {
    const record = readRecord(this.#recordPath(name));
    return record !== undefined && alive(record) ? record.pid : undefined;
  }

  /** The names that have a record, alive or not. */
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

  /** The file that takes its stdout and stderr. */
  log(name: string): string {
    return join(this.#directory, `${checkedName(name)}.log`);
  }

  /** Signals it, waits, kills it after the grace and removes its record. Does nothing to a process that is already gone. */
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

/** Asks again and again until the answer is yes. A probe that fails counts as no; its error is told when the time is over. */
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
  throw new Error(`waited ${seconds} s in vain for ${what}${reason}`, { cause: lastError });
}

/** When the kernel started this process, in its own unit; undefined when there is no such process. Tells a process from a later one with the same id. */
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

/** Undefined for a zombie too: it has ended, whether or not its parent has asked. */
function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may hold blanks and parentheses itself.
  const [state, , group, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const startTime = rest[16];
  if (state === "Z" || state === "X" || startTime === undefined) return undefined;
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
