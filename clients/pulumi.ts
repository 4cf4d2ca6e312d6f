import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { RecoveryError } from "../domain/errors.ts";

const run = promisify(execFile);
/** Milliseconds. A backend in the cloud answers within seconds. */
const timeLimit = 60_000;
/** An exported state is much smaller. */
const maxBuffer = 256 * 1024 * 1024;

/**
 * What a command of Pulumi's CLI prints as JSON. It uses the `pulumi` of PATH, the login of the caller and the project in
 * the working directory.
 *
 * @throws RecoveryError `usage` with Pulumi's own words.
 */
export async function askPulumi(parameters: readonly string[]): Promise<unknown> {
  const command = ["pulumi", ...parameters].join(" ");
  try {
    const { stdout } = await run("pulumi", [...parameters, "--non-interactive"], { maxBuffer, timeout: timeLimit });
    return JSON.parse(stdout);
  } catch (error) {
    throw new RecoveryError("stack-unreadable", `\`${command}\` failed: ${reason(error)}`, {
      next: "run it yourself in the folder of Pulumi.yaml, and correct what it reports; or give an exported state: postgres-recovery report --state FILE",
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  if (error instanceof SyntaxError) return "it printed something else than JSON";
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "there is no `pulumi` on PATH";
  if ("killed" in error && error.killed === true) return `it did not end within ${timeLimit / 1000} s`;
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return stderr === "" ? error.message : stderr;
}
