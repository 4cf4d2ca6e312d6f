import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { dumpTrailer } from "../domain/dump/dump.ts";
import type { Bench, Figure, Result } from "./measure.ts";
import { ratioAtMost } from "./measure.ts";
import { run } from "./program.ts";
import { ReplayedClusters, type Replay } from "./replayed-clusters.ts";

const checkout = dirname(import.meta.dirname);
const samples = new URL("../test/fixtures/samples/", import.meta.url);
const stack = "bench";
const targets = 30;
/** The engine's default for `--parallel`: four times the processors. */
const atOnce = 4 * availableParallelism();

/** How long each remote step of `stanza create` takes, in the order of the procedure. */
const steps = { info: 500, leader: 800, size: 200, dump: 4000, leaderAgain: 800, create: 2000, confirm: 500 };
const idealSeconds = (Math.ceil(targets / atOnce) * Object.values(steps).reduce((sum, step) => sum + step, 0)) / 1000;

/** Measures `pulumi up` of 30 targets whose remote steps take a known time. */
export async function up({ directory, environment, progress, repeat }: Bench): Promise<Result> {
  const clusters = new ReplayedClusters(directory, "bench-up", targets);
  const project = await mkdtemp(join(tmpdir(), "postgres-recovery-bench-"));
  const pulumi = (...parameters: string[]) =>
    run(["pulumi", ...parameters, "--stack", stack, "--non-interactive"], { environment, cwd: project });
  try {
    await clusters.create();
    await writeProject(project, clusters.names);
    await run(["pulumi", "stack", "select", stack, "--create", "--non-interactive"], { environment, cwd: project });
    const times: number[] = [];
    for (let time = 1; time <= repeat; time += 1) {
      await answer(clusters);
      const { seconds } = await pulumi("up", "--yes", "--skip-preview");
      progress(
        `up of ${targets} targets, ${time} of ${repeat}: ${seconds.toFixed(1)} s, ideal ${idealSeconds.toFixed(1)} s`,
      );
      times.push(seconds);
      await pulumi("destroy", "--yes", "--skip-preview");
    }
    const figure: Figure = { what: `\`pulumi up\` of ${targets} targets`, unit: "s", values: times };
    const ideal: Figure = {
      what: `the ideal schedule of their remote steps, ${atOnce} targets at once`,
      unit: "s",
      values: [idealSeconds],
    };
    return {
      title: "`pulumi up`",
      figures: [ideal, figure],
      checks: [ratioAtMost("`pulumi up` to the ideal schedule", figure, ideal, 1.5)],
      notes: [
        `The targets replay their answers: ${Object.entries(steps)
          .map(([step, milliseconds]) => `${step} ${milliseconds} ms`)
          .join(", ")}.`,
      ],
    };
  } finally {
    await run(["pulumi", "stack", "rm", stack, "--yes", "--force", "--non-interactive", "--preserve-config"], {
      environment,
      cwd: project,
    }).catch(() => undefined);
    await rm(project, { recursive: true });
    await clusters.remove();
  }
}

/** Replays clusters without a stanza, which have one after the first query. */
async function answer(clusters: ReplayedClusters): Promise<void> {
  const files = {
    "missing.json": await readFile(new URL("info-00-no-stanza-named-json.stdout", samples), "utf8"),
    "okay.json": await readFile(new URL("info-11-ok-json.stdout", samples), "utf8"),
    "size.txt": "1000\n",
    "dump.sql": dumpTrailer,
    ...Object.fromEntries(
      clusters.pods.map((pod) => [
        memberFile(pod),
        JSON.stringify([{ Member: pod, Role: "Leader", State: "running" }]),
      ]),
    ),
  };
  await clusters.answer(files, (pod): Replay[] => [
    { match: "info --output=json", delayMilliseconds: steps.info, stdoutFile: "missing.json", times: 1 },
    { match: "info --output=json", delayMilliseconds: steps.confirm, stdoutFile: "okay.json" },
    { match: "patronictl list", delayMilliseconds: steps.leader, stdoutFile: memberFile(pod) },
    { match: "pg_database_size", delayMilliseconds: steps.size, stdoutFile: "size.txt" },
    { match: "pg_dumpall", delayMilliseconds: steps.dump, stdoutFile: "dump.sql" },
    { match: "stanza-create", delayMilliseconds: steps.create },
  ]);
}

function memberFile(pod: string): string {
  return `${pod}.members.json`;
}

/** Writes this project with a stack of its own. */
async function writeProject(project: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(checkout)) {
    if (name.startsWith(".") || name === "dumps" || /^Pulumi\..+\.yaml$/.test(name)) continue;
    // The engine treats the real folder of the project file as the project, so this file is copied.
    if (name === "Pulumi.yaml") await cp(join(checkout, name), join(project, name));
    else await symlink(join(checkout, name), join(project, name));
  }
  const { encryptionsalt } = z
    .object({ encryptionsalt: z.string() })
    .parse(parse(await readFile(join(checkout, "Pulumi.dev.yaml"), "utf8")));
  const config = {
    "postgres-recovery:kubernetes": { context: "dev" },
    "postgres-recovery:stanza": { targets: names.map((cluster) => ({ cluster })) },
  };
  await writeFile(join(project, `Pulumi.${stack}.yaml`), stringify({ encryptionsalt, config }));
}
