import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { resultsSchema, type Results } from "./reporter.ts";

/** Suites that run one after another in one process, and share a sandbox. */
export interface Lane {
  readonly suites: readonly string[];
  /** How long it may take. A lane that takes longer is stopped and has failed. */
  readonly minutes: number;
  /** Folder of the lane's sandbox; it is part of the command line or environment of each process that the lane starts. */
  readonly sandbox: string;
  /** Folder for the results. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether the output is shown while it runs, or returned. */
  readonly live: boolean;
}

/** How a lane ended. */
export interface LaneEnd {
  /** Everything that it printed, unless that was shown live. */
  readonly output: string;
  readonly succeeded: boolean;
  readonly results: Results;
}

/** After an interruption mocha lets the running test end. */
const graceMilliseconds = 60_000;

/** Runs mocha over the lane's suites. Never rejects because of a test. */
export async function runLane(lane: Lane, files = lane.suites.map(filesOf)): Promise<LaneEnd> {
  const name = lane.suites.join("-");
  const results = join(lane.directory, `${name}.json`);
  const now = join(lane.directory, `${name}.now`);
  const options = ["--reporter-option", `results=${results}`, "--reporter-option", `now=${now}`];
  const running = execa("mocha", [...options, ...files], {
    env: { ...lane.env, POSTGRES_RECOVERY_TEST_SANDBOX: lane.sandbox },
    reject: false,
    all: true,
    forceKillAfterDelay: graceMilliseconds,
    ...(lane.live && { stdout: "inherit", stderr: "inherit" }),
  });
  let stopped = "";
  const timer = setTimeout(() => {
    stopped = `\n${name}: stopped after ${lane.minutes} min in: ${readIfPresent(now)}\n${processesOf(lane.sandbox).join("\n")}\n`;
    process.stdout.write(stopped);
    running.kill("SIGTERM");
  }, lane.minutes * 60_000);
  const { exitCode, all } = await running;
  clearTimeout(timer);
  const wasStopped = stopped !== "";
  return {
    output: `${all ?? ""}${stopped}`,
    succeeded: exitCode === 0 && !wasStopped,
    results:
      existsSync(results) && !wasStopped
        ? resultsSchema.parse(JSON.parse(readFileSync(results, "utf8")))
        : withoutResults(name, wasStopped ? stopped.trim() : `mocha exited with ${exitCode ?? "a signal"}`),
  };
}

/** The results of a lane that crashed or was stopped. */
function withoutResults(lane: string, error: string): Results {
  return { passes: 0, failed: [{ title: `the lane ${lane}`, error }], skipped: [], faultTests: [] };
}

function filesOf(suite: string): string {
  return `test/${suite}/**/*.test.ts`;
}

function readIfPresent(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "no test yet";
}

/** `PID COMMAND LINE` of each process whose command line or environment names the folder. */
function processesOf(folder: string): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const [commandLine, environment] = ["cmdline", "environ"].map((file) =>
          readFileSync(`/proc/${pid}/${file}`, "utf8"),
        );
        if (commandLine === undefined || !`${commandLine}${environment ?? ""}`.includes(folder)) return [];
        return [`  ${pid} ${commandLine.replaceAll("\0", " ").slice(0, 150)}`];
      } catch {
        // It has ended meanwhile, or belongs to another user.
        return [];
      }
    });
}
