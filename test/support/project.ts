import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { copyProject, editStackFile, type SettingPath } from "../../sandbox/pulumi/project.ts";
import { runInSandbox, testDirectory, type Ended } from "./sandbox.ts";

const checkout = dirname(dirname(import.meta.dirname));
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
    await copyProject(directory);
    return new Project(directory);
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true });
  }

  /** Changes a setting in a stack's file, as a user would; undefined removes it. */
  edit(stack: string, path: SettingPath, value: unknown): Promise<void> {
    return editStackFile(this.directory, stack, path, value);
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
