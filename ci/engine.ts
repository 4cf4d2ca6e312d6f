import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { engineRun, runProblems, type EngineRun } from "../domain/stack/engine-run.ts";
import { visibleText } from "../domain/visible-text.ts";

/** A run of the engine, and why it is red; no problem means green. */
export interface JudgedRun extends EngineRun {
  readonly problems: readonly string[];
}

/**
 * Runs `pulumi` with the policy pack of this project on a stack, prints what happens, and judges the run by the engine's
 * events and not only by its exit code.
 *
 * @param command `preview`, or `up` with its options.
 * @param directory of the Pulumi project.
 */
export async function judgedRun(command: readonly string[], stack: string, directory: string): Promise<JudgedRun> {
  const parameters = [...command, "--stack", stack, "--non-interactive", "--json", ...policyOptions(stack, directory)];
  const env = {
    // Pulumi's runner for policy packs loads the TypeScript compiler each time. Compiled code halves its start.
    NODE_COMPILE_CACHE: join(directory, "node_modules", ".cache", "postgres-recovery"),
    ...process.env,
    PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
  };
  const running = spawn("pulumi", parameters, { cwd: directory, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = exitCodeOf(running);
  const lines: string[] = [];
  for await (const line of createInterface({ input: running.stdout })) {
    lines.push(line);
    printEvent(engineRun([line]));
  }
  const exitCode = await ended;
  const run = engineRun(lines);
  return { ...run, problems: runProblems(run, exitCode) };
}

/** A file `policy/config.STACK.json` chooses what stops the stack. */
function policyOptions(stack: string, directory: string): string[] {
  const config = join("policy", `config.${stack.slice(stack.lastIndexOf("/") + 1)}.json`);
  const options = ["--policy-pack", "policy"];
  return existsSync(join(directory, config)) ? [...options, "--policy-pack-config", config] : options;
}

function printEvent({ changes, errors, violations }: EngineRun): void {
  for (const { operation, properties, resource } of changes)
    print(`${operation} ${resource}${properties.length === 0 ? "" : ` (${properties.join(", ")})`}`);
  for (const { isMandatory, message, policy } of violations)
    print(`policy ${policy} (${isMandatory ? "mandatory" : "advisory"}): ${message}`);
  for (const error of errors) print(`error: ${error}`);
}

/** The exit code of a process once its output has ended; 1 after a signal. It rejects when the program does not exist. */
export function exitCodeOf(running: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    running.once("error", reject);
    running.once("close", (code) => {
      resolve(code ?? 1);
    });
  });
}

/** Prints a text on stdout, without any character that a terminal would obey. */
export function print(text: string): void {
  process.stdout.write(`${visibleText(text)}\n`);
}
