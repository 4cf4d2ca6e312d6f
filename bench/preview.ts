import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { applyHarborCluster } from "../sandbox/harbor/harbor.ts";
import { upHarbor } from "../sandbox/sandbox.ts";
import { ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run } from "./program.ts";

const checkout = dirname(import.meta.dirname);
const pulumi = (command: string, stack: string, ...more: string[]): [string, ...string[]] => [
  "pulumi",
  command,
  "--non-interactive",
  "--stack",
  stack,
  ...more,
];
const preview = pulumi("preview", "dev");

/** The beginning of `pulumi new typescript`: it loads the SDK and declares nothing. */
const emptyProgram = `import * as pulumi from "@pulumi/pulumi";\n`;
/** A program without the SDK, and so without any resource. */
const emptyFile = "export {};\n";

/** How long `pulumi preview --stack dev` takes, compared with an empty program on the same engine, backend and language host. */
export async function previewDev({ repeat, progress, environment }: Bench): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  try {
    await makeProject(folder, "dev", { environment });
    const times = { file: new Array<number>(), program: new Array<number>(), ours: new Array<number>() };
    // The first round only warms the caches.
    for (let time = 0; time <= repeat; time += 1) {
      await writeFile(join(folder, "index.ts"), emptyFile);
      const file = await run(preview, { environment, cwd: folder });
      await writeFile(join(folder, "index.ts"), emptyProgram);
      const program = await run(preview, { environment, cwd: folder });
      const ours = await run(preview, { environment, cwd: checkout });
      if (time === 0) continue;
      times.file.push(file.seconds);
      times.program.push(program.seconds);
      times.ours.push(ours.seconds);
      progress(
        `preview, ${time} of ${repeat}: ${ours.seconds.toFixed(2)} s, an empty program: ${program.seconds.toFixed(2)} s`,
      );
    }
    const baseline: Figure = {
      what: "`pulumi preview` of an empty program, which imports the SDK and declares nothing",
      unit: "s",
      values: times.program,
    };
    const figure: Figure = { what: "`pulumi preview --stack dev`", unit: "s", values: times.ours };
    return {
      title: "`pulumi preview`",
      figures: [
        { what: "`pulumi preview` of an empty file, without the SDK", unit: "s", values: times.file },
        baseline,
        figure,
      ],
      checks: [ratioAtMost("`pulumi preview --stack dev` to an empty program", figure, baseline, 1.25)],
      notes: [
        "Part of the difference is the start of the command provider, which an empty program does not need. Here it is the sandbox's stand-in, a Node program.",
      ],
    };
  } finally {
    await removeProject(folder, "dev", { environment });
  }
}

/** A policy pack that judges nothing. */
const emptyPack = {
  "PulumiPolicy.yaml": stringify({ runtime: { name: "nodejs", options: { typescript: false } }, main: "index.js" }),
  "index.js": `new (require("@pulumi/policy").PolicyPack)("empty", { policies: [] });`,
  "package.json": `{ "version": "1.0.0" }`,
};

/** How much the policy pack adds to `pulumi preview --stack dev`, as `npm run ci:preview` runs it. */
export async function previewPolicies({ repeat, progress, environment: user }: Bench): Promise<Result> {
  const environment = { ...user, NODE_COMPILE_CACHE: join(checkout, "node_modules", ".cache", "postgres-recovery") };
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  try {
    for (const [name, text] of Object.entries(emptyPack)) await writeFile(join(folder, name), text);
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    const seconds = async (...options: string[]): Promise<number> =>
      (await run([...preview, ...options], { environment, cwd: checkout })).seconds;
    const times = { without: new Array<number>(), empty: new Array<number>(), ours: new Array<number>() };
    // The first round only warms the caches.
    for (let time = 0; time <= repeat; time += 1) {
      const without = await seconds();
      const empty = await seconds("--policy-pack", folder);
      const ours = await seconds("--policy-pack", "policy");
      if (time === 0) continue;
      times.without.push(without);
      times.empty.push(empty);
      times.ours.push(ours);
      progress(`policies, ${time} of ${repeat}: ${ours.toFixed(2)} s, without a pack: ${without.toFixed(2)} s`);
    }
    const baseline: Figure = { what: "`pulumi preview --stack dev`", unit: "s", values: times.without };
    const figure: Figure = { what: "the same with `--policy-pack policy`", unit: "s", values: times.ours };
    return {
      title: "`pulumi preview` with the policy pack",
      figures: [
        baseline,
        { what: "the same with a policy pack that judges nothing", unit: "s", values: times.empty },
        figure,
      ],
      checks: [ratioAtMost("`--policy-pack policy` to no policy pack", figure, baseline, 1.3)],
      notes: ["All with NODE_COMPILE_CACHE, which `npm run ci:preview` sets."],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Declares only providers, with the imports of the components that need them. */
const providersProgram = `
import { Provider as Aws } from "@pulumi/aws";
import { Provider as Command } from "@pulumi/command";
import { Provider as Kubernetes } from "@pulumi/kubernetes/provider.js";
new Aws("aws", { region: "eu-west-2" });
new Command("command");
new Kubernetes("kubernetes", { context: "lab" });
`;

/** How long a preview of the stack lab takes when everything is declared and up, compared with the same providers and nothing to do. */
export async function previewHarbor({ directory, repeat, progress }: Bench): Promise<Result> {
  const environment = await upHarbor(directory, progress);
  const [ours, empty] = [
    await mkdtemp(join(tmpdir(), "postgres-recovery-bench-")),
    await mkdtemp(join(tmpdir(), "postgres-recovery-bench-")),
  ];
  try {
    for (const name of await readdir(checkout)) {
      if (name !== ".git" && name !== "Pulumi.lab.yaml") await symlink(join(checkout, name), join(ours, name));
    }
    const settings = parseDocument(await readFile(join(checkout, "Pulumi.lab.yaml"), "utf8"));
    settings.deleteIn(["config", "postgres-recovery:harbor", "hold"]);
    settings.setIn(["config", "postgres-recovery:stanza"], settings.createNode({}));
    await writeFile(join(ours, "Pulumi.lab.yaml"), String(settings));
    await makeProject(empty, "lab", { environment });
    await writeFile(join(empty, "index.ts"), providersProgram);
    progress("creating a Harbor database and bringing both stacks up");
    await applyHarborCluster(directory);
    for (const cwd of [ours, empty]) await run(pulumi("up", "lab", "--yes", "--skip-preview"), { environment, cwd });
    const times = { ours: new Array<number>(), empty: new Array<number>() };
    // The first round only warms the caches.
    for (let time = 0; time <= repeat; time += 1) {
      const baseline = await run(pulumi("preview", "lab"), { environment, cwd: empty });
      const declared = await run(pulumi("preview", "lab", "--expect-no-changes"), { environment, cwd: ours });
      if (time === 0) continue;
      times.empty.push(baseline.seconds);
      times.ours.push(declared.seconds);
      progress(
        `preview of Harbor, ${time} of ${repeat}: ${declared.seconds.toFixed(2)} s, only its providers: ${baseline.seconds.toFixed(2)} s`,
      );
    }
    const baseline: Figure = {
      what: "`pulumi preview` of a program that declares only the same providers",
      unit: "s",
      values: times.empty,
    };
    const figure: Figure = {
      what: "`pulumi preview --stack lab`, with everything of Harbor declared and up",
      unit: "s",
      values: times.ours,
    };
    return {
      title: "`pulumi preview` with Harbor",
      figures: [baseline, figure],
      checks: [ratioAtMost("`pulumi preview --stack lab` to its providers alone", figure, baseline, 1.4)],
      notes: [
        "Every such preview starts the CLI three times, to ask the cluster for the fingerprints of pg_hba and of the Secrets, and to compare pod-config and the pod Secret.",
      ],
    };
  } finally {
    await removeProject(empty, "lab", { environment });
    await rm(ours, { recursive: true });
  }
}

interface WithEnvironment {
  readonly environment: Record<string, string>;
}

async function makeProject(folder: string, stack: string, { environment }: WithEnvironment): Promise<void> {
  await writeEmptyProject(folder, stack);
  await run(["pulumi", "stack", "select", stack, "--create", "--non-interactive"], { environment, cwd: folder });
}

async function removeProject(folder: string, stack: string, { environment }: WithEnvironment): Promise<void> {
  await run(["pulumi", "stack", "rm", stack, "--yes", "--force", "--non-interactive", "--preserve-config"], {
    environment,
    cwd: folder,
  }).finally(() => rm(folder, { recursive: true }));
}

/** Writes a project with this project's file and stack salt. Its program is added later. */
async function writeEmptyProject(folder: string, stack: string): Promise<void> {
  const { runtime } = z
    .object({ runtime: z.object({ name: z.string(), options: z.object({ typescript: z.boolean() }) }) })
    .parse(parse(await readFile(join(checkout, "Pulumi.yaml"), "utf8")));
  const { encryptionsalt } = z
    .object({ encryptionsalt: z.string() })
    .parse(parse(await readFile(join(checkout, "Pulumi.dev.yaml"), "utf8")));
  await writeFile(join(folder, "Pulumi.yaml"), stringify({ name: "empty", runtime, main: "index.ts" }));
  await writeFile(join(folder, `Pulumi.${stack}.yaml`), stringify({ encryptionsalt }));
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
}
