import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ErrorReport } from "../../domain/error-report.ts";
import type { LookedAt } from "../../domain/stack/look.ts";
import type { EngineProject } from "./engine.ts";

const checkout = dirname(dirname(import.meta.dirname));

/** What the scripted CLI answers. */
export interface Answers {
  /** UID of the Kubernetes cluster, or why it is not known. */
  readonly cluster: string | ErrorReport["error"];
  /** Answers of `stack look`, by NAMESPACE/CLUSTER. */
  readonly looked?: Readonly<Record<string, LookedAt>>;
  /** Failures of `stanza create`, by NAMESPACE/CLUSTER; `crash` ends the process. Default: it creates the stanza. */
  readonly failures?: Readonly<Record<string, ErrorReport["error"] | "crash">>;
}

/**
 * A command in the place of `postgres-recovery`, which the program of a stack starts. What it keeps and what it runs is
 * decided by the project's own code; only the Kubernetes cluster is scripted.
 */
export class ScriptedCli {
  readonly #project: EngineProject;

  private constructor(project: EngineProject) {
    this.#project = project;
  }

  static async install(project: EngineProject): Promise<ScriptedCli> {
    const bin = join(project.directory, "bin");
    await rm(bin);
    await mkdir(bin);
    const command = join(bin, "postgres-recovery");
    await writeFile(command, `#!/bin/sh\nexec node ${join(checkout, "test/support/scripted-cli-program.ts")} "$@"\n`);
    await chmod(command, 0o755);
    return new ScriptedCli(project);
  }

  async answer(answers: Answers): Promise<void> {
    await writeFile(join(this.#project.directory, "answers.json"), JSON.stringify(answers));
    await rm(join(this.#project.directory, "runs.log"), { force: true });
  }

  /** The clusters for which `stanza create` did something since the last {@link answer}, sorted. */
  async runs(): Promise<string[]> {
    const text = await readFile(join(this.#project.directory, "runs.log"), "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .sort();
  }
}
