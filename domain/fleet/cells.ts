import { formatBytes } from "../restore/read.ts";
import { coverageOf } from "./coverage.ts";
import type { FleetCluster, FleetReport } from "./report.ts";
import type { FleetRow } from "./row.ts";
import { ageSeconds, kindTexts, lastProof, lastRestore, targetsOf, type FleetStatus } from "./status.ts";
import { minuteText, moneyText, spanText } from "./texts.ts";

/** The words of the statuses. */
export const statusWords: Readonly<Record<FleetStatus, string>> = {
  problem: "Problem",
  "not-watched": "Not watched",
  unknown: "Unknown",
  warning: "Warning",
  okay: "Okay",
  "not-expected": "Not expected",
};

/** What stands in a cell of the table. */
export interface Cell {
  readonly main: string;
  /** Smaller, below it; empty when there is nothing to add. */
  readonly detail: string;
  /** Whether it says that nothing is known. */
  readonly isMissing?: true;
}

/** Nobody asked. */
export const notAsked: Cell = { main: "not asked", detail: "", isMissing: true };
/** The reason is in the cluster's details. */
const unknownCell: Cell = { main: "unknown", detail: "", isMissing: true };

function cell(main: string, detail = ""): Cell {
  return { main, detail };
}

function age(moment: string, { gatheredAt }: FleetReport): string {
  const seconds = ageSeconds(moment, gatheredAt);
  return seconds < 0 ? `in ${spanText(-seconds)}` : `${spanText(seconds)} ago`;
}

export function newestBackupCell({ newestBackup }: FleetCluster, report: FleetReport): Cell {
  switch (newestBackup?.status) {
    case undefined:
      return notAsked;
    case "none":
      return cell("none");
    case "unknown":
      return unknownCell;
    case "known":
      return cell(age(newestBackup.finishedAt, report), `${newestBackup.type}, ${minuteText(newestBackup.finishedAt)}`);
  }
}

export function recoveryCell({ recovery }: FleetCluster): Cell {
  if (recovery === undefined) return notAsked;
  if (recovery.status === "unknown") return unknownCell;
  const [first] = recovery.windows;
  const coverage = coverageOf(recovery.windows);
  if (first === undefined || coverage === undefined) return cell("no moment");
  const { furthest, gaps } = coverage;
  const until = furthest.until === null ? "an unknown moment" : minuteText(furthest.until);
  const broken = gaps.length === 0 ? "" : `, with ${gaps.length} ${gaps.length === 1 ? "gap" : "gaps"}`;
  return cell(minuteText(first.from), `to ${until}${broken}`);
}

/** Whether a target is met, in words. */
function targetText(seconds: number, target: number | null | undefined): string {
  if (target === undefined || target === null) return "no target";
  return `${seconds <= target ? "within" : "over"} ${spanText(target)}`;
}

export function lossCell(cluster: FleetCluster, report: FleetReport): Cell {
  const { lossNow } = cluster;
  switch (lossNow?.status) {
    case undefined:
      return notAsked;
    case "unknown":
      return unknownCell;
    case "everything":
      return cell("everything");
    case "since":
      return cell(spanText(lossNow.seconds), targetText(lossNow.seconds, targetsOf(cluster, report)?.rpoSeconds));
  }
}

export function restoreCell(cluster: FleetCluster, report: FleetReport): Cell {
  if (cluster.proofs === undefined) return notAsked;
  if (cluster.proofs.status === "unknown") return unknownCell;
  const seconds = lastRestore(cluster)?.rtoSeconds ?? null;
  if (seconds === null) return cell("not measured");
  return cell(spanText(seconds), targetText(seconds, targetsOf(cluster, report)?.rtoSeconds));
}

export function proofCell(cluster: FleetCluster, report: FleetReport): Cell {
  if (cluster.proofs === undefined) return notAsked;
  if (cluster.proofs.status === "unknown") return unknownCell;
  const proof = lastProof(cluster);
  if (proof === undefined) return cell("never");
  return cell(age(proof.at, report), `${kindTexts[proof.kind]} ${proof.outcome}`);
}

/** The last proven alarm of a cluster, or of the whole fleet. The sink is shown once, in the summary. */
export function alarmCell(alarm: FleetReport["alarm"], report: FleetReport): Cell {
  switch (alarm?.status) {
    case undefined:
      return notAsked;
    case "never":
      return cell("never");
    case "unknown":
      return unknownCell;
    case "failed":
      return cell("did not arrive", age(alarm.at, report));
    case "proven":
      return cell(age(alarm.at, report));
  }
}

export function storageCell({ cluster: { storage }, costPerMonth }: FleetRow, { prices }: FleetReport): Cell {
  if (storage === undefined) return notAsked;
  if (storage.status === "unknown") return unknownCell;
  return cell(formatBytes(storage.bytes), prices === undefined ? "" : costText(costPerMonth, prices.currency));
}

function costText(cost: number | undefined, currency: string): string {
  return cost === undefined ? "cost not known" : `${moneyText(cost, currency)} a month`;
}
