import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { runInSandbox, testDirectory, type Ended } from "./sandbox.ts";

const checkout = dirname(dirname(import.meta.dirname));
const notCopied = new Set([".git", "coverage", "dumps", "node_modules"]);
const resources = z.array(
  z.object({ type: z.string(), urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }),
);
const exportedState = z.object({ deployment: z.object({ resources: resources.optional() }) });

/** A copy of the Pulumi project, whose stack files a test may edit. Only its node_modules is the checkout's own. */
export class Project {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async copy(): Promise<Project> {
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-project-"));
    for (const name of await readdir(checkout)) {
      if (notCopied.has(name)) continue;
      // Links would do for most tests, but Node would then name every source by its path in the checkout.
      await cp(join(checkout, name), join(directory, name), { recursive: true });
    }
    await symlink(join(checkout, "node_modules"), join(directory, "node_modules"));
    return new Project(directory);
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }

  /** Changes a setting in a stack's file, as a user would; undefined removes it. The path begins with the key, such as `stanza`. */
  async edit(stack: string, [key, ...path]: readonly [string, ...(string | number)[]], value: unknown): Promise<void> {
    const file = join(this.directory, `Pulumi.${stack}.yaml`);
    const document = parseDocument(await readFile(file, "utf8"));
    const place = ["config", `postgres-recovery:${key}`, ...path];
    if (value === undefined) document.deleteIn(place);
    else document.setIn(place, document.createNode(value));
    // In quotes, because Pulumi would read an unquoted time as a YAML timestamp.
    await writeFile(file, document.toString({ defaultStringType: "QUOTE_DOUBLE" }));
  }

  pulumi(...parameters: string[]): Promise<Ended> {
    return runInSandbox(["pulumi", "--non-interactive", ...parameters], { cwd: this.directory });
  }

  stackFile(stack: string): Promise<string> {
    return readFile(join(this.directory, `Pulumi.${stack}.yaml`), "utf8");
  }

  /** `pulumi up` without asking for confirmation. */
  up(stack: string, ...parameters: string[]): Promise<Ended> {
    return this.pulumi("up", "--stack", stack, "--yes", "--skip-preview", ...parameters);
  }

  /** The resources in the stack's state. */
  async state(stack: string): Promise<z.infer<typeof resources>> {
    const { stdout } = await this.pulumi("stack", "export", "--stack", stack);
    return exportedState.parse(JSON.parse(stdout)).deployment.resources ?? [];
  }

  /**
   * The paths of this machine that the stack's exported state names. In the positions of sources, node_modules does not
   * count: only here is it a link, which leads out of the project.
   */
  async machinePathsInState(stack: string): Promise<string[]> {
    const { exitCode, stdout } = await this.pulumi("stack", "export", "--stack", stack);
    const state = stdout.replaceAll(/"sourcePosition": "project:[^"]*\/node_modules\/[^"]*"/g, "");
    if (exitCode !== 0 || !state.includes('"sourcePosition": "project:///components/step.ts#'))
      throw new Error(`the state does not say where a step is declared: ${stdout}`);
    return [checkout, this.directory, testDirectory, process.execPath].filter((path) => state.includes(path));
  }

  /** The stack's outputs. */
  async outputs(stack: string): Promise<unknown> {
    const { stdout } = await this.pulumi("stack", "output", "--json", "--stack", stack);
    return JSON.parse(stdout);
  }
}
