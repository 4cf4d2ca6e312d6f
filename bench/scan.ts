import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { instanceAnswer } from "../clients/pod/pgbackrest.ts";
import { databaseContainer } from "../domain/stanza/postgres-cluster.ts";
import { scanReportSchema } from "../domain/stanza/list-report.ts";
import { breakRepository, heal } from "../sandbox/cluster.ts";
import { ratioAtLeast, ratioAtMost, type Bench, type Figure, type Result } from "./measure.ts";
import { run } from "./program.ts";
import { containerOf, type ContainerName } from "../domain/kubernetes/container.ts";

/** A second silent cluster, in addition to the one that is silent from the start. */
const silenced = "calendar/calendar-db";
const timedOut = 124;
/** A list may report findings and undetermined clusters. */
const accepted = [0, 1, 3];
/** The serial run takes about a minute, so it is done less often. */
const scansPerSerialRun = 3;
/** A probe that takes longer has waited for a silent repo host. */
const silentSeconds = 10;
/** The runbook's `pgbackrest info` waits far longer for a silent host (more than 580 s were seen), so it is stopped after this time. */
const patienceSeconds = 120;
const runbooksProbe = ["timeout", "-k", "5", String(patienceSeconds), "pgbackrest", "info"];

/** Compares the list of `dev` with two silent clusters to kubectl, one cluster after another, with the same remote commands and with the runbook's. */
export async function scan(bench: Bench): Promise<Result> {
  const { directory, progress } = bench;
  await breakRepository(directory, "dev", silenced);
  try {
    const scans: number[] = [];
    const serial: Probes[] = [];
    const list = join(directory, "bench-list.json");
    const scanOnce = async (): Promise<number> => {
      const options = { environment: bench.environment, accepted, stdout: list };
      return (await run(["postgres-recovery", "stanza", "list", "--context", "dev", "-o", "json"], options)).seconds;
    };
    await scanOnce();
    const { clusters } = scanReportSchema.parse(JSON.parse(await readFile(list, "utf8")));
    const containers = clusters.flatMap(({ namespace, pod }) =>
      pod === undefined ? [] : [containerOf({ namespace, name: pod }, databaseContainer)],
    );
    const sameProbe = await infoCommand();
    const rounds = Math.ceil(bench.repeat / scansPerSerialRun);
    for (let round = 1; round <= rounds; round += 1) {
      for (let time = 1; time <= scansPerSerialRun; time += 1) scans.push(await scanOnce());
      progress(
        `scan of ${clusters.length} clusters, round ${round} of ${rounds}: ${scans.slice(-scansPerSerialRun).map(seconds).join(", ")}`,
      );
      const probes = await oneAfterAnother(bench, containers, sameProbe);
      serial.push(probes);
      progress(
        `one after another with kubectl: ${seconds(sum(probes))}, of that silent: ${seconds(sum(probes.filter(isSilent)))}`,
      );
    }
    const runbook = await oneAfterAnother(bench, containers, runbooksProbe);
    progress(`as the runbook does it: ${seconds(sum(runbook))}`);
    return result(clusters.length, scans, serial, runbook);
  } finally {
    await heal(directory, "dev", silenced);
  }
}

/** Seconds of each probe. */
type Probes = readonly number[];

async function oneAfterAnother(
  { environment }: Bench,
  containers: readonly ContainerName[],
  argv: readonly string[],
): Promise<Probes> {
  const times: number[] = [];
  for (const { namespace, pod, container } of containers) {
    const command = [
      "--context",
      "dev",
      "exec",
      "--namespace",
      namespace,
      pod,
      "--container",
      container,
      "--",
      ...argv,
    ];
    times.push((await run(["kubectl", ...command], { environment, accepted: [0, timedOut] })).seconds);
  }
  return times;
}

/** Exactly the command that the scan runs remotely. */
async function infoCommand(): Promise<readonly string[]> {
  let command: readonly string[] = [];
  await instanceAnswer(
    (_container, argv) => {
      command = argv;
      return Promise.resolve({ end: "broken", message: "only the command is needed" });
    },
    containerOf({ namespace: "", name: "" }, databaseContainer),
    { stanza: "", repositories: [], systemIdentifier: undefined },
    30,
  );
  return command;
}

function result(clusters: number, scans: readonly number[], serial: readonly Probes[], runbook: Probes): Result {
  const figure = (what: string, values: readonly number[]): Figure => ({ what, unit: "s", values });
  const scanned = figure(`\`stanza list\`, ${clusters} clusters, two silent`, scans);
  const whole = figure("the same probes one after another with kubectl", serial.map(sum));
  const answered = figure(
    "of these, all probes that were answered",
    serial.map((probes) => sum(probes.filter((probe) => !isSilent(probe)))),
  );
  const byRunbook = figure(
    `the runbook's \`pgbackrest info\` one after another with kubectl, each stopped after ${patienceSeconds} s`,
    [sum(runbook)],
  );
  const slowest = figure(
    "the slowest single probe",
    serial.map((probes) => Math.max(...probes)),
  );
  return {
    title: "Scan of the dev list",
    figures: [scanned, byRunbook, whole, answered, slowest],
    checks: [
      ratioAtLeast("the runbook's probes one after another to the scan", byRunbook, scanned, 8),
      ratioAtMost("the scan to its slowest single probe", scanned, slowest, 1.3),
    ],
    notes: [
      `The runbook's probe has no time limits. If it were not stopped after ${patienceSeconds} s, it would wait more than 580 s for each silent repo host, so its true time is many times longer.`,
      "With the scan's own time limits, a silent repo host delays pgBackRest for twice its protocol time-out, 20 s. The scan cannot be quicker than one silent probe, and the serial run contains two of them. So the ratio between them is at most 2 plus the time of all other probes divided by that of a silent one.",
    ],
  };
}

function isSilent(probe: number): boolean {
  return probe > silentSeconds;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}
