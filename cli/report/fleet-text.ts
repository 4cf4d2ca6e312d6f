import {
  lossCell,
  newestBackupCell,
  proofCell,
  recoveryCell,
  statusWords,
  type Cell,
} from "../../domain/fleet/cells.ts";
import type { FleetReport } from "../../domain/fleet/report.ts";
import { fleetRows, type FleetRow } from "../../domain/fleet/row.ts";
import { fleetStatuses, judgeFleet, type FleetStatus } from "../../domain/fleet/status.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import type { ColorChoice } from "../options.ts";
import { outputWidth } from "../output.ts";
import { fittedTable, painted } from "../table.ts";

/** What a status means for colours and the exit code. A warning alone is no finding. */
export function statusVerdict(status: FleetStatus): Verdict {
  switch (status) {
    case "problem":
    case "not-watched":
      return "finding";
    case "unknown":
      return "undetermined";
    case "warning":
    case "okay":
      return "okay";
    case "not-expected":
      return "not-expected";
  }
}

/** The clusters of a report for a person, the gravest first, in at most `width` columns. */
export function fleetText(report: FleetReport, color: ColorChoice, width = outputWidth()): string {
  const rows = fleetRows(report);
  const head = ["CLUSTER", "STATUS", "NEWEST BACKUP", "CAN BE RESTORED TO", "LOSS NOW", "LAST PROOF", "DETAIL"];
  const cells = rows.map((row) => [
    row.title,
    painted(statusWords[row.judgement.status], statusVerdict(row.judgement.status), color),
    newestBackupCell(row.cluster, report).main,
    cellText(recoveryCell(row.cluster)),
    lossCell(row.cluster, report).main,
    proofCell(row.cluster, report).main,
    row.judgement.reasons.map(({ what }) => what).join("; "),
  ]);
  const fleet = judgeFleet(report).map(({ what, status }) => `${statusWords[status]}: ${what}`);
  const table = rows.length === 0 ? [] : [fittedTable(head, cells, { width, optional: "CAN BE RESTORED TO" }), ""];
  return [...table, `${summaryText(rows)}, as of ${report.gatheredAt}`, ...fleet].join("\n");
}

function cellText({ detail, main }: Cell): string {
  return detail === "" ? main : `${main}, ${detail}`;
}

function summaryText(rows: readonly FleetRow[]): string {
  const counts = fleetStatuses.flatMap((status) => {
    const count = rows.filter(({ judgement }) => judgement.status === status).length;
    return count === 0 ? [] : [`${count} ${statusWords[status].toLowerCase()}`];
  });
  return `${rows.length} ${rows.length === 1 ? "cluster" : "clusters"}${counts.length === 0 ? "" : `: ${counts.join(", ")}`}`;
}
