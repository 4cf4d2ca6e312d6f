import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { getSystemErrorMessage } from "node:util";

/** One run of a command resource's script. */
export interface ShellCommand {
  script: string;
  /** The program and its first arguments; the script is the last argument. Default /bin/sh -c. */
  interpreter?: string[] | undefined;
  /** Default: the folder of this process. */
  dir?: string | undefined;
  /** Added to the environment of this process. */
  environment: Record<string, string>;
  /** Empty or absent: nothing to read. */
  stdin?: string | undefined;
}

/** What a successful run printed, each without its last newline. */
export interface ShellOutput {
  stdout: string;
  stderr: string;
}

/** Receives output as it arrives. */
export type OutputListener = (stream: "stdout" | "stderr", text: string) => void;

/**
 * Runs the command until its output ends. As in the real provider, the abort signal kills only the direct child. Whatever
 * that child started lives on, and keeps this promise waiting as long as it holds the output open.
 *
 * @throws if the exit code is not 0, with the real provider's text: reason, quoted script, all output.
 */
export async function runShellCommand(
  command: ShellCommand,
  abort: AbortSignal,
  listen: OutputListener,
): Promise<ShellOutput> {
  const output = { stdout: "", stderr: "" };
  let combined = "";
  const reason = await new Promise<string | undefined>((resolve) => {
    if (abort.aborted) {
      resolve("context canceled");
      return;
    }
    if (command.dir !== undefined && !existsSync(command.dir)) {
      resolve(`chdir ${command.dir}: no such file or directory`);
      return;
    }
    const [program = "/bin/sh", ...args] = command.interpreter?.length ? command.interpreter : ["/bin/sh", "-c"];
    const child = spawnOrFail(program, [...args, command.script], command);
    if (typeof child === "string") {
      resolve(child);
      return;
    }
    const kill = () => child.kill("SIGKILL");
    abort.addEventListener("abort", kill);
    for (const stream of ["stdout", "stderr"] as const) {
      const decoder = new StringDecoder("utf8");
      const take = (text: string) => {
        output[stream] += text;
        combined += text;
        listen(stream, text);
      };
      child[stream].on("data", (chunk: Buffer) => {
        take(decoder.write(chunk));
      });
      child[stream].on("end", () => {
        take(decoder.end());
      });
    }
    // A command may ignore its stdin.
    child.stdin.on("error", () => undefined);
    child.stdin.end(command.stdin ?? "");
    child.on("error", (error) => {
      resolve(startFailure(program, error));
    });
    child.on("close", (code, signal) => {
      abort.removeEventListener("abort", kill);
      if (signal !== null) resolve(`signal: ${signal === "SIGKILL" ? "killed" : signal}`);
      else resolve(code === 0 ? undefined : `exit status ${code ?? "unknown"}`);
    });
  });
  if (reason !== undefined) throw new Error(`${reason}: running ${JSON.stringify(command.script)}:\n${combined}`);
  return { stdout: withoutLastNewline(output.stdout), stderr: withoutLastNewline(output.stderr) };
}

/** Node throws some start failures (such as an environment that is too big) and reports others later as an event. */
function spawnOrFail(program: string, args: string[], command: ShellCommand) {
  try {
    return spawn(program, args, {
      ...(command.dir !== undefined && { cwd: command.dir }),
      env: { ...process.env, ...command.environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
  } catch (error) {
    return startFailure(program, error);
  }
}

function startFailure(program: string, error: unknown): string {
  const message =
    error instanceof Error && "errno" in error && typeof error.errno === "number"
      ? getSystemErrorMessage(error.errno)
      : String(error);
  return `fork/exec ${program}: ${message}`;
}

function withoutLastNewline(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}
