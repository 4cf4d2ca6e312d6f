import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { quoted } from "../../cli/hints.ts";

const main = join(import.meta.dirname, "../../cli/main.ts");

/** A folder with a Pulumi project, in which the CLI runs as a process of its own. */
export class StackFolder {
  readonly directory = mkdtempSync(join(tmpdir(), "postgres-recovery-stack-"));
  readonly #environment: Record<string, string>;

  constructor(environment: Record<string, string> = {}) {
    this.#environment = environment;
    writeFileSync(join(this.directory, "Pulumi.yaml"), "name: postgres-recovery\nruntime: nodejs\n");
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }

  names(): string[] {
    return readdirSync(this.directory).sort();
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  /** Runs it without a terminal. */
  async run(...parameters: string[]) {
    const options = { cwd: this.directory, env: this.#environment, reject: false, input: "" } as const;
    const { exitCode, stderr, stdout } = await execa(process.execPath, [main, ...parameters], options);
    return { exitCode, stderr, stdout };
  }

  /** Runs it on a terminal of its own, and types `answered`. */
  async onTerminal(parameters: readonly string[], answered: string) {
    const command = [process.execPath, main, ...parameters].map(quoted).join(" ");
    return execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      cwd: this.directory,
      env: this.#environment,
      reject: false,
      input: answered,
    });
  }
}
