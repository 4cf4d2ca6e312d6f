import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The measured run of a program. */
export interface Run {
  readonly seconds: number;
  /** Peak memory of its process according to the kernel (VmHWM), or 0 if it ended before it could be read. */
  readonly peakMegabytes: number;
  readonly exitCode: number | null;
}

export interface RunOptions {
  readonly environment?: Record<string, string>;
  readonly cwd?: string;
  /** A file for stdout, which the program itself writes as with `>` in a shell. Default: stdout is discarded. */
  readonly stdout?: string;
  /** Accepted exit codes; any other is an error. Default: 0. */
  readonly accepted?: readonly number[];
  /** Whether to measure memory, which takes a little time of this process. */
  readonly memory?: boolean;
}

const pollMilliseconds = 20;

/** Runs a program to its end and measures it. */
export async function run(
  [program, ...parameters]: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<Run> {
  const { environment, cwd, stdout = "/dev/null", accepted = [0], memory = false } = options;
  const output = openSync(stdout, "w");
  const started = performance.now();
  const child = spawn(program, parameters, {
    stdio: ["ignore", output, "pipe"],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...environment },
  });
  closeSync(output);
  const errors: Buffer[] = [];
  child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", reject);
  child.once("close", resolve);
  let peakMegabytes = 0;
  const poll = (): void => {
    if (child.pid !== undefined) peakMegabytes = Math.max(peakMegabytes, peakOf(child.pid));
  };
  const timer = memory ? setInterval(poll, pollMilliseconds) : undefined;
  const exitCode = await promise.finally(() => {
    clearInterval(timer);
  });
  const seconds = (performance.now() - started) / 1000;
  if (exitCode === null || !accepted.includes(exitCode)) {
    throw new Error(
      `${program} ${parameters.join(" ")}: exit code ${exitCode ?? "none"}: ${Buffer.concat(errors).toString("utf8").trim()}`,
    );
  }
  return { seconds, peakMegabytes, exitCode };
}

/** Whether a program is on PATH. */
export function onPath(program: string): boolean {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => folder !== "" && existsSync(join(folder, program)));
}

function peakOf(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    // The process has just ended.
    return 0;
  }
}
