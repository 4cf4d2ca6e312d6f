import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

/** How a process ended, in the words of the vendor's host; undefined if with exit code 0. */
export type Failure = { exitCode: number } | { problem: string } | undefined;

/** After this time a process that was asked to end is killed. */
const patienceMilliseconds = 5_000;

/**
 * Path of an executable on PATH.
 *
 * @throws if there is none.
 */
export function onPath(name: string): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (folder !== "" && isExecutable(path)) return path;
  }
  throw new Error(`could not find ${name} on the $PATH: exec: "${name}": executable file not found in $PATH`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of a module of the @pulumi/pulumi that is installed for the program.
 *
 * @throws if it is not installed. `installWith` is the command that the message then proposes.
 */
export function moduleOf(directory: string, module: string, installWith: string): string {
  try {
    return createRequire(join(directory, "package.json")).resolve(`@pulumi/pulumi/cmd/${module}`);
  } catch {
    throw new Error(`It looks like the Pulumi SDK has not been installed. Have you run ${installWith}?\n`);
  }
}

/** Starts a process. The signal asks it to end (SIGINT), and kills it five seconds later. */
export function startProgram(command: string, args: string[], options: SpawnOptions, end: AbortSignal): ChildProcess {
  const child = spawn(command, args, options);
  const interrupt = () => {
    child.kill("SIGINT");
    const kill = setTimeout(() => child.kill("SIGKILL"), patienceMilliseconds);
    child.once("exit", () => {
      clearTimeout(kill);
    });
  };
  if (end.aborted) interrupt();
  end.addEventListener("abort", interrupt);
  child.once("exit", () => {
    end.removeEventListener("abort", interrupt);
  });
  return child;
}

/** Resolves when the process has ended and its output is complete. A signal counts as exit code -1. */
export function failureOf(child: ChildProcess): Promise<Failure> {
  return new Promise((resolve) => {
    child.on("error", (error) => {
      resolve({ problem: error.message });
    });
    child.on("close", (code) => {
      resolve(code === 0 ? undefined : { exitCode: code ?? -1 });
    });
  });
}

/** What the vendor's host reports to the engine about a failed program or plugin. */
export function failureText(failure: NonNullable<Failure>, what: string): string {
  if ("exitCode" in failure) return `Program exited with non-zero exit code: ${failure.exitCode}`;
  return `Problem executing ${what} (could not run language executor): ${failure.problem}`;
}
