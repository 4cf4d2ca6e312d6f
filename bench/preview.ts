import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run } from "./program.ts";

const checkout = dirname(import.meta.dirname);
const preview: [string, ...string[]] = ["pulumi", "preview", "--non-interactive", "--stack", "dev"];

/** What `pulumi new typescript` begins with: the SDK is loaded, and nothing declared. */
const emptyProgram = `import * as pulumi from "@pulumi/pulumi";\n`;
/** Not even that; no program with a resource can be it. */
const emptyFile = "export {};\n";

/** How long `pulumi preview --stack dev` takes, beside an empty program on the same engine, backend and language host. */
export async function previewDev({ repeat, progress, environment }: Bench): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  try {
    await writeEmptyProject(folder);
    await run(["pulumi", "stack", "select", "dev", "--create", "--non-interactive"], { environment, cwd: folder });
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
      progress(`preview, ${time} of ${repeat}: ${ours.seconds.toFixed(2)} s, an empty program: ${program.seconds.toFixed(2)} s`);
    }
    const baseline: Figure = { what: "`pulumi preview` of an empty program: the SDK is imported, nothing declared", unit: "s", values: times.program };
    const figure: Figure = { what: "`pulumi preview --stack dev`", unit: "s", values: times.ours };
    return {
      title: "`pulumi preview`",
      figures: [{ what: "`pulumi preview` of an empty file, without the SDK", unit: "s", values: times.file }, baseline, figure],
      checks: [ratioAtMost("`pulumi preview --stack dev` to an empty program", figure, baseline, 1.25)],
      notes: ["Part of the difference is the start of the command provider, which an empty program does not need; here it is the stand-in of the sandbox, a Node program."],
    };
  } finally {
    await run(["pulumi", "stack", "rm", "dev", "--yes", "--non-interactive", "--preserve-config"], { environment, cwd: folder }).finally(() =>
      rm(folder, { recursive: true }),
    );
  }
}

/** The project file and the stack's salt are this project's own; the program comes later. */
async function writeEmptyProject(folder: string): Promise<void> {
  const { runtime } = z.object({ runtime: z.object({ name: z.string(), options: z.object({ typescript: z.boolean() }) }) }).parse(
    parse(await readFile(join(checkout, "Pulumi.yaml"), "utf8")),
  );
  const { encryptionsalt } = z.object({ encryptionsalt: z.string() }).parse(parse(await readFile(join(checkout, "Pulumi.dev.yaml"), "utf8")));
  await writeFile(join(folder, "Pulumi.yaml"), stringify({ name: "empty", runtime, main: "index.ts" }));
  await writeFile(join(folder, "Pulumi.dev.yaml"), stringify({ encryptionsalt }));
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
}
