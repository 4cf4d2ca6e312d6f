import { isUtf8 } from "node:buffer";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
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

type Stream = "stdout" | "stderr";

/** Receives output as it arrives. */
export type OutputListener = (stream: Stream, chunk: Buffer) => void;

/**
 * Runs the command until its output ends. As in the real provider, the abort signal kills only the direct child. Whatever
 * that child started lives on, and keeps this promise waiting as long as it holds the output open.
 *
 * @throws if the exit code is not 0, with the real provider's text: reason, quoted script, all output. Also if the output
 * is not UTF-8, although the command has then run.
 */
export async function runShellCommand(
  command: ShellCommand,
  abort: AbortSignal,
  listen: OutputListener,
): Promise<ShellOutput> {
  const chunks: { stream: Stream; chunk: Buffer }[] = [];
  const problem = await run(command, abort, (stream, chunk) => {
    chunks.push({ stream, chunk });
    listen(stream, chunk);
  });
  const all = Buffer.concat(chunks.map(({ chunk }) => chunk)).toString("utf8");
  if (problem !== undefined) throw new Error(`${problem}: running ${JSON.stringify(command.script)}:\n${all}`);
  const printed = (wanted: Stream): string =>
    outputText(Buffer.concat(chunks.filter(({ stream }) => stream === wanted).map(({ chunk }) => chunk)));
  return { stdout: printed("stdout"), stderr: printed("stderr") };
}

/** Runs the command, and returns how it failed, in the words of Go's os/exec. */
function run(command: ShellCommand, abort: AbortSignal, listen: OutputListener): Promise<string | undefined> {
  if (abort.aborted) return Promise.resolve(contextError(abort));
  if (command.dir !== undefined && !existsSync(command.dir))
    return Promise.resolve(`chdir ${command.dir}: no such file or directory`);
  const [program = "/bin/sh", ...args] = command.interpreter?.length ? command.interpreter : ["/bin/sh", "-c"];
  const child = spawnOrFail(program, [...args, command.script], command);
  if (typeof child === "string") return Promise.resolve(child);
  const kill = () => child.kill("SIGKILL");
  abort.addEventListener("abort", kill);
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => {
      listen(stream, chunk);
    });
  }
  // A command may ignore its stdin.
  child.stdin.on("error", () => undefined);
  child.stdin.end(command.stdin ?? "");
  return new Promise((resolve) => {
    child.on("error", (error) => {
      resolve(startFailure(program, error));
    });
    child.on("close", (code, signal) => {
      abort.removeEventListener("abort", kill);
      if (signal !== null) resolve(`signal: ${signalNames[signal] ?? signal}`);
      else resolve(code === 0 ? undefined : `exit status ${code ?? "unknown"}`);
    });
  });
}

/** What Go calls the signals that usually end a program. */
const signalNames: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: "aborted",
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGKILL: "killed",
  SIGPIPE: "broken pipe",
  SIGSEGV: "segmentation fault",
  SIGTERM: "terminated",
};

function contextError({ reason }: AbortSignal): string {
  return reason instanceof Error && reason.name === "TimeoutError" ? "context deadline exceeded" : "context canceled";
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

function outputText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error("grpc: error while marshaling: string field contains invalid UTF-8");
  const text = bytes.toString("utf8");
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}
