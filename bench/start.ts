import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { median, ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run } from "./program.ts";

const checkout = dirname(import.meta.dirname);
/** Short runs vary more, so they are repeated more often. */
const runsPerRepeat = 5;

/** The smallest Node script with the same argument parser. */
const emptyProgram = `import { Command } from "commander";\nnew Command("empty").parse();\n`;

/** How long `postgres-recovery --help` takes, compared with an empty Node script with the same argument parser. */
export async function start({ repeat, progress, environment }: Bench): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  try {
    await writeFile(join(folder, "empty.js"), emptyProgram);
    await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
    await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
    const empty: [string, ...string[]] = ["node", join(folder, "empty.js"), "--help"];
    const ours: [string, ...string[]] = ["postgres-recovery", "--help"];
    await run(empty, { environment });
    await run(ours, { environment });

    const [emptyTimes, ourTimes]: [number[], number[]] = [[], []];
    for (let time = 1; time <= repeat * runsPerRepeat; time += 1) {
      // Alternating, so that other load on the machine affects both.
      emptyTimes.push((await run(empty, { environment })).seconds * 1000);
      ourTimes.push((await run(ours, { environment })).seconds * 1000);
    }
    progress(`--help: ${median(ourTimes).toFixed(0)} ms, the empty script: ${median(emptyTimes).toFixed(0)} ms`);
    const baseline: Figure = { what: "an empty Node script with commander, `--help`", unit: "ms", values: emptyTimes };
    const figure: Figure = { what: "`postgres-recovery --help`", unit: "ms", values: ourTimes };
    return {
      title: "Start of the CLI",
      figures: [baseline, figure],
      checks: [ratioAtMost("`postgres-recovery --help` to the empty script", figure, baseline, 1.5)],
      notes: [],
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
