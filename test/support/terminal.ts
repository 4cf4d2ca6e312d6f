import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** How long a shell may take to show something. A busy machine needs seconds for one completion. */
const patienceMilliseconds = 30_000;
/** How long a shell may take to exit before it is killed. */
const exitMilliseconds = 5000;
const prompt = "ready> ";

/**
 * An interactive shell on a terminal of its own.
 *
 * It is used as a person uses it: the next keys are typed when the screen shows what the last ones did. Keys that are
 * typed ahead would meet the terminal in whatever mode it has at that moment, the shell's or that of a running command.
 */
export class Terminal {
  readonly #shell: ReturnType<typeof opened>;
  #screen = "";
  /** Where on the screen the answer to the last keys begins. */
  #answerStart = 0;

  private constructor(shell: ReturnType<typeof opened>) {
    this.#shell = shell;
    shell.stdout.setEncoding("utf8").on("data", (text: string) => (this.#screen += text));
  }

  /** Starts the shell, and waits for its prompt. */
  static async start(shell: string, environment: Record<string, string>, directory: string): Promise<Terminal> {
    const terminal = new Terminal(opened(shell, environment, directory));
    await terminal.#shows(new RegExp(prompt));
    return terminal;
  }

  /** Types keys, and waits until the screen shows this text after them. */
  async type(keys: string, shown: RegExp): Promise<void> {
    this.#answerStart = this.#screen.length;
    this.#shell.stdin.write(keys);
    await this.#shows(shown);
  }

  /** Types keys and Enter, waits for the next prompt, and returns what the screen has shown meanwhile. */
  async run(keys: string): Promise<string> {
    await this.type(`${keys}\n`, new RegExp(`\n[^]*${prompt}`));
    return this.#screen.slice(this.#answerStart);
  }

  /** Ends the shell: Ctrl-U removes what is on the prompt. */
  async end(): Promise<void> {
    this.#shell.stdin.end("\u0015exit\n");
    const late = setTimeout(() => this.#shell.kill("SIGKILL"), exitMilliseconds);
    await this.#shell;
    clearTimeout(late);
  }

  async #shows(text: RegExp): Promise<void> {
    const deadline = performance.now() + patienceMilliseconds;
    while (!text.test(this.#screen.slice(this.#answerStart))) {
      if (performance.now() > deadline)
        throw new Error(`The terminal does not show ${String(text)}:\n${JSON.stringify(this.#screen)}`);
      await sleep(20);
    }
  }
}

function opened(shell: string, environment: Record<string, string>, directory: string) {
  return execa("script", ["--quiet", "--return", "--command", `PS1='${prompt}' exec ${shell}`, "/dev/null"], {
    env: environment,
    cwd: directory,
    reject: false,
    buffer: false,
  });
}
