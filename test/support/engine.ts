import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { layPulumiHome } from "../../sandbox/pulumi/home.ts";
import { ensureTools } from "../../sandbox/toolchain/tools.ts";
import type { Ended } from "./sandbox.ts";

const checkout = dirname(dirname(import.meta.dirname));
const exported = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          type: z.string(),
          urn: z.string(),
          id: z.string().optional(),
          inputs: z.record(z.string(), z.unknown()).optional(),
          outputs: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .optional(),
  }),
});
const summary = z.object({ steps: z.array(z.object({ op: z.string(), urn: z.string() })) });

/** A small Pulumi project on the real engine, whose program a test may rewrite. */
export class EngineProject {
  readonly directory: string;
  readonly #environment: Record<string, string>;

  private constructor(directory: string, environment: Record<string, string>) {
    this.directory = directory;
    this.#environment = environment;
  }

  /** A project with one stack, `test`. `environment` is added to the programs' environment. */
  static async create(environment: Record<string, string>): Promise<EngineProject> {
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-engine-"));
    const tools = await ensureTools(["pulumi"], () => undefined);
    const home = await layPulumiHome({
      home: join(directory, "home"),
      pulumi: tools.get("pulumi") ?? "",
      node: process.execPath,
    });
    await symlink(join(checkout, "node_modules"), join(directory, "node_modules"));
    await symlink(join(checkout, "bin"), join(directory, "bin"));
    await writeFile(join(directory, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(
      join(directory, "Pulumi.yaml"),
      JSON.stringify({ name: "test", main: "index.ts", runtime: { name: "nodejs", options: { typescript: false } } }),
    );
    const path = [join(checkout, "node_modules", ".bin"), process.env["PATH"] ?? ""].join(":");
    const project = new EngineProject(directory, { ...home, ...environment, PATH: path });
    await project.pulumi("stack", "init", "test");
    return project;
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Replaces the program; `CHECKOUT` in it stands for the folder of the sources. */
  async write(program: string): Promise<void> {
    await writeFile(join(this.directory, "index.ts"), program.replaceAll("CHECKOUT", checkout));
  }

  async pulumi(...parameters: string[]): Promise<Ended> {
    const options = { reject: false, cwd: this.directory, env: this.#environment } as const;
    const { exitCode, stdout, stderr } = await execa("pulumi", ["--non-interactive", ...parameters], options);
    return { exitCode, stdout, stderr };
  }

  /** Runs a program of the checkout in the project's folder. */
  async node(program: string, ...parameters: string[]): Promise<Ended> {
    const options = { reject: false, cwd: this.directory, env: this.#environment } as const;
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [join(checkout, program), ...parameters],
      options,
    );
    return { exitCode, stdout, stderr };
  }

  /** Runs a command line in the project's folder, as GitHub's runners do. */
  async shell(command: string): Promise<Ended> {
    const options = { reject: false, cwd: this.directory, env: this.#environment } as const;
    const { exitCode, stdout, stderr } = await execa("bash", ["-e", "-c", command], options);
    return { exitCode, stdout, stderr };
  }

  up(...parameters: string[]): Promise<Ended> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", "test", ...parameters);
  }

  /** Like `up`. When its output first matches `line`, `happens` is called, and `up` goes on meanwhile. */
  async upDuring(line: RegExp, happens: () => Promise<unknown>): Promise<Ended> {
    const options = { reject: false, cwd: this.directory, env: this.#environment } as const;
    const running = execa("pulumi", ["--non-interactive", "up", "--yes", "--skip-preview", "--stack", "test"], options);
    let printed = "";
    let happening: Promise<unknown> | undefined;
    running.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      if (line.test(printed)) happening ??= happens();
    });
    const { exitCode, stdout, stderr } = await running;
    if (happening === undefined) throw new Error(`up never printed ${String(line)}: ${stdout}${stderr}`);
    await happening;
    return { exitCode, stdout, stderr };
  }

  /** The steps of a preview (`create`, `update`, `same`, `replace` …), by the resource's name and type. */
  async preview(): Promise<Map<string, string[]>> {
    const { exitCode, stdout, stderr } = await this.pulumi("preview", "--json", "--stack", "test");
    if (exitCode !== 0) throw new Error(`${stdout}${stderr}`);
    const operations = new Map<string, string[]>();
    for (const { op, urn } of summary.parse(JSON.parse(stdout)).steps) {
      const [type = "", name = ""] = urn.split("::").slice(-2);
      const key = `${type.split("$").at(-1)?.split(":").at(-1) ?? ""} ${name}`;
      operations.set(key, [...(operations.get(key) ?? []), op]);
    }
    return operations;
  }

  /** The text of the exported state, with secrets as they are stored. */
  async stateText(): Promise<string> {
    return (await this.pulumi("stack", "export", "--stack", "test")).stdout;
  }

  /** A resource of the state by type and name; `Bucket` stands for `aws:s3/bucket:Bucket`. */
  async resource(type: string, name: string) {
    const { resources = [] } = exported.parse(JSON.parse(await this.stateText())).deployment;
    return resources.find((resource) => resource.type.endsWith(`:${type}`) && resource.urn.endsWith(`::${name}`));
  }
}
