import { readFile } from "node:fs/promises";
import { everyAtMost, ratioAtMost, repeated, type Bench, type Figure, type Result } from "./measure.ts";
import { separator } from "../clients/pod/pgbackrest.ts";
import { healthyDatabase } from "../test/support/fake-cluster.ts";
import { run, type Run } from "./program.ts";
import { ReplayedClusters } from "./replayed-clusters.ts";

/** A typical time for a probe if both the exec and pgBackRest go over a network. */
const answerMilliseconds = 500;
const sample = new URL("../test/fixtures/samples/info-11-ok-json.stdout", import.meta.url);
/** Twice the clusters should take twice the time, plus a tenth for the variation of the machine. */
const linear = 2.2;

/** Lists 500 and 1,000 clusters that answer after half a second, and 1,000 as a fleet. */
export async function scanMany(bench: Bench): Promise<Result> {
  const small = new ReplayedClusters(bench.directory, "bench-500", 500);
  const large = new ReplayedClusters(bench.directory, "bench-1000", 1000);
  try {
    for (const clusters of [small, large]) {
      bench.progress(`making ${clusters.names.length} replayed clusters`);
      await clusters.create();
      await clusters.answer(
        { "info.json": `${await readFile(sample, "utf8")}\n${separator}\n${healthyDatabase()}` },
        () => [{ match: "info --output=json", delayMilliseconds: answerMilliseconds, stdoutFile: "info.json" }],
      );
    }
    const runs = {
      small: await measured(bench, small, 16),
      large: await measured(bench, large, 16),
      wide: await measured(bench, large, 32),
      fleet: await measured(bench, large, 16, ["backup", "fleet", "--no-stacks"]),
    };
    const [smallTime, largeTime, wideTime, fleetTime] = [
      time(runs.small, "500 clusters, 16 at a time"),
      time(runs.large, "1000 clusters, 16 at a time"),
      time(runs.wide, "1000 clusters, 32 at a time"),
      time(runs.fleet, "1000 clusters, 16 at a time, by `backup fleet`"),
    ];
    const memory = megabytes("peak memory of the process, in all of these lists", Object.values(runs).flat());
    return {
      title: "Scan of many clusters",
      figures: [smallTime, largeTime, wideTime, fleetTime, memory],
      checks: [ratioAtMost("1,000 clusters to 500", largeTime, smallTime, linear), everyAtMost(memory, 200)],
      notes: [
        `Every cluster answers after ${answerMilliseconds} ms, so 1,000 clusters take at least ${ideal(1000, 16)} s with a concurrency of 16, and ${ideal(1000, 32)} s with 32; the rest is the work of the API server, the kubelet stand-in and the CLI on the same machine.`,
      ],
    };
  } finally {
    await Promise.all([small.remove(), large.remove()]);
  }
}

function measured(
  bench: Bench,
  { namespace, names }: ReplayedClusters,
  concurrency: number,
  list: readonly string[] = ["stanza", "list"],
): Promise<Run[]> {
  const command = [...list, "--context", "dev", "-n", namespace, "--concurrency", String(concurrency), "-o", "json"];
  return repeated(
    bench,
    `${list.join(" ")} of ${names.length} clusters, ${concurrency} at a time`,
    () => run(["postgres-recovery", ...command], { environment: bench.environment, memory: true, accepted: [0, 1] }),
    ({ seconds, peakMegabytes }) => `${seconds.toFixed(1)} s, ${peakMegabytes.toFixed(0)} MB`,
  );
}

function time(runs: readonly Run[], what: string): Figure {
  return { what, unit: "s", values: runs.map(({ seconds }) => seconds) };
}

function megabytes(what: string, runs: readonly Run[]): Figure {
  return { what, unit: "MB", values: runs.map(({ peakMegabytes }) => peakMegabytes) };
}

function ideal(clusters: number, concurrency: number): string {
  return ((Math.ceil(clusters / concurrency) * answerMilliseconds) / 1000).toFixed(1);
}
