import { writeFile } from "node:fs/promises";
import { execa } from "execa";
import { waitUntil } from "../host/processes.ts";

/** How a command of a story is run. */
export interface RunOptions {
  /** Default: the folder in which the demo was started. */
  readonly cwd?: string;
  /** The exit codes that the story allows. Default: 0. */
  readonly exitCodes?: readonly number[];
}

/** A command whose output is shown only in part. */
export interface RunInPartOptions extends RunOptions {
  /** Whether a line of its stdout is shown. */
  readonly isShown: (line: string) => boolean;
  /** Gets the whole stdout. */
  readonly file: string;
}

const killAfterMilliseconds = 60_000;

/** What a demo tells its story with. After {@link close}, or once the signal is aborted, every step fails. */
export class Stage {
  /** The sandbox's folder. */
  readonly directory: string;
  /** Aborted by ^C. */
  readonly #interrupted: AbortSignal;
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<unknown>>();
  /** In which commands run, besides this process's own. Set once the sandbox is up. */
  environment: Readonly<Record<string, string>> = {};

  constructor(directory: string, interrupted: AbortSignal) {
    this.directory = directory;
    this.#interrupted = interrupted;
    this.#signal = AbortSignal.any([interrupted, this.#closed.signal]);
  }

  /** Begins a step of the story. @throws after ^C. */
  say(line: string): void {
    this.#interrupted.throwIfAborted();
    process.stdout.write(`\n== ${line}\n`);
  }

  /** Explains something within a step. */
  tell(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  /** Tells about the progress of the sandbox. */
  readonly progress = (line: string): void => {
    process.stderr.write(`   ${line}\n`);
  };

  /** Shows a command and runs it as a user would. @throws if its exit code is none that the story allows. */
  async run(command: string, options: RunOptions = {}): Promise<void> {
    this.tell(`$ ${command}`);
    await this.#started(command, options, "inherit");
  }

  /** The same, but shows only some lines of its stdout. The file with all of them is named when the command fails. */
  async runInPart(command: string, { file, isShown, ...options }: RunInPartOptions): Promise<void> {
    this.tell(`$ ${command}`);
    const lines: string[] = [];
    const shown = function* (line: unknown): Generator<string> {
      lines.push(String(line));
      if (isShown(String(line))) yield String(line);
    };
    try {
      await this.#started(command, options, [shown, "inherit"]);
    } catch (error) {
      this.tell(`all of its output: ${file}`);
      throw error;
    } finally {
      await writeFile(file, `${lines.join("\n")}\n`);
    }
  }

  /** Runs a command without showing anything, and returns its stdout. */
  ask(command: string, options: RunOptions & { readonly input?: string } = {}): Promise<string> {
    return this.#started(command, options, "pipe");
  }

  /** Repeats the probe until it returns true. @throws after the time limit, or after ^C. */
  async waitUntil(what: string, seconds: number, probe: () => Promise<boolean>): Promise<void> {
    await waitUntil(what, seconds, () => (this.#signal.aborted ? Promise.resolve(true) : probe()));
    this.#signal.throwIfAborted();
  }

  /** Ends the commands that still run. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled(this.#running);
  }

  #started(
    command: string,
    { cwd, exitCodes = [0], input }: RunOptions & { readonly input?: string },
    output: "inherit" | "pipe" | [(line: unknown) => Generator<string>, "inherit"],
  ): Promise<string> {
    const [program = "", ...parameters] = command.split(" ");
    const running = execa(program, parameters, {
      env: this.environment,
      stdout: output,
      stderr: output === "pipe" ? "pipe" : "inherit",
      ...(input === undefined ? { stdin: "ignore" } : { input }),
      ...(cwd !== undefined && { cwd }),
      reject: false,
      // A group of its own: ^C in the terminal reaches it once, through the signal, and not twice.
      detached: true,
      cancelSignal: this.#signal,
      killSignal: "SIGINT",
      forceKillAfterDelay: killAfterMilliseconds,
    }).then(({ exitCode, stderr, stdout }) => {
      this.#signal.throwIfAborted();
      if (exitCode === undefined || !exitCodes.includes(exitCode))
        throw new Error(
          `${command} ended with ${exitCode ?? "a signal"}\n${typeof stderr === "string" ? stderr : ""}`.trimEnd(),
        );
      return typeof stdout === "string" ? stdout : "";
    });
    this.#running.add(running);
    return running;
  }
}
