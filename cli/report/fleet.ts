import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { readFleetReport } from "../../domain/fleet/read.ts";
import type { FleetReport } from "../../domain/fleet/report.ts";
import { fleetRows } from "../../domain/fleet/row.ts";
import { judgeFleet } from "../../domain/fleet/status.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { problemText } from "../../domain/problems.ts";
import { formatBytes } from "../../domain/restore/read.ts";
import { didYouMean } from "../../domain/similar.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import { parsedJson } from "../../domain/text.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { verdictExitCode } from "../exit-codes.ts";
import type { ColorChoice } from "../options.ts";
import { printProgress, printText } from "../output.ts";
import { fleetPageText, writePage } from "./fleet-page.ts";
import { fleetText, statusVerdict } from "./fleet-text.ts";

export interface ReportFleetOptions {
  readonly from: string;
  readonly html?: string | undefined;
  readonly cluster: readonly string[];
  readonly output: "table" | "json";
  readonly color: ColorChoice;
}

/** `postgres-recovery report fleet`; the result is the exit code. */
export async function reportFleet({ cluster, color, from, html, output }: ReportFleetOptions): Promise<number> {
  const report = chosenClusters(await savedReport(from), cluster);
  if (html !== undefined) {
    const page = await fleetPageText(report);
    await writePage(html, page);
    printProgress(`wrote ${html}, ${formatBytes(Buffer.byteLength(page))}`);
  }
  printText(output === "json" ? visibleJson(report) : fleetText(report, color), color);
  return verdictExitCode(fleetVerdicts(report));
}

/**
 * A saved report.
 *
 * @throws RecoveryError `fleet-report-unreadable` that lists everything wrong at once. Values are not quoted.
 */
async function savedReport(file: string): Promise<FleetReport> {
  const from = file === "-" ? "stdin" : file;
  const content = await (file === "-" ? text(process.stdin) : readFile(file, "utf8")).catch((error: unknown) => {
    throw new RecoveryError("fleet-report-unreadable", `${from} cannot be read: ${messageOf(error)}`);
  });
  const value = parsedJson(content);
  if (value === undefined) throw new RecoveryError("fleet-report-unreadable", `${from} is not JSON`);
  const read = readFleetReport(value);
  if (read.success) return read.data;
  throw new RecoveryError("fleet-report-unreadable", `${from} is no report of the fleet:\n${problemText(read.error)}`);
}

/** @throws RecoveryError `arguments-invalid` that names every cluster that the report does not have. */
function chosenClusters(report: FleetReport, chosen: readonly string[]): FleetReport {
  if (chosen.length === 0) return report;
  const names = report.clusters.map(({ name, namespace }) => `${namespace}/${name}`);
  const missing = chosen.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const hints = missing.flatMap((name) => didYouMean(name, names) ?? []);
    throw new RecoveryError("arguments-invalid", `the report does not have ${missing.join(", ")}`, {
      next: hints.length === 0 ? "see its clusters: leave out --cluster" : hints.join(" "),
    });
  }
  return { ...report, clusters: report.clusters.filter((_, index) => chosen.includes(names[index] ?? "")) };
}

function fleetVerdicts(report: FleetReport): Verdict[] {
  const statuses = [
    ...fleetRows(report).map(({ judgement }) => judgement.status),
    ...judgeFleet(report).map(({ status }) => status),
  ];
  return statuses.map(statusVerdict);
}
