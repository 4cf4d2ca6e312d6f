import type { LedgerEntry } from "../../domain/ledger/entry.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { findingsTable, withPlace } from "../findings.ts";
import type { CommonOptions } from "../options.ts";
import { outputWidth } from "../output.ts";
import { fittedTable, painted, type Cell } from "../table.ts";
import { ageText, shortMoment } from "./texts.ts";

type ProofsReport = ReportOf<"backup proofs">;
type ListedEntry = ProofsReport["entries"][number];

/** What `backup proofs` prints. */
export function proofsText(report: ProofsReport, { color, output }: Pick<CommonOptions, "color" | "output">): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "log":
      return report.entries.map(entryLine).join("\n");
    case "table":
      return [
        ...entriesTable(report, color),
        visibleLine(`ledger: ${report.ledger}`),
        "",
        findingsTable(withPlace(report.findings), color, outputWidth()),
      ].join("\n");
  }
}

function entriesTable({ checkedAt, entries }: ProofsReport, color: CommonOptions["color"]): string[] {
  if (entries.length === 0) return [];
  const head = ["NO", "WHEN", "AGE", "KIND", "BACKUP", "RESULT", "CHECKS", "RPO", "RTO"];
  const rows = entries.map((listed): Cell[] => {
    const { entry, number } = listed;
    const result = painted(resultOf(listed), resultVerdict(listed), color);
    if (entry === null) return [String(number), "-", "-", "-", "-", result, "-", "-", "-"];
    const age = ageText(Math.max(0, Math.floor((Date.parse(checkedAt) - Date.parse(entry.at)) / 1000)));
    const what = [entry.kind, entry.backup ?? "-", result, checksText(entry)];
    const { rpoSeconds, rpoTargetSeconds, rtoSeconds, rtoTargetSeconds } = entry;
    const times = [timeText(rpoSeconds, rpoTargetSeconds), timeText(rtoSeconds, rtoTargetSeconds)];
    return [String(number), shortMoment(entry.at), age, ...what, ...times];
  });
  return [fittedTable(head, rows, { width: outputWidth(), optional: "CHECKS" }), ""];
}

/** @example resultOf({ entry: null, reason: "forged" }) // → "not proven: forged" */
function resultOf({ entry, reason }: ListedEntry): string {
  return entry === null ? `not proven: ${reason ?? "unknown"}` : entry.verdict;
}

function resultVerdict({ entry, reason }: ListedEntry): Verdict {
  const isUnknown = reason === "unread" || reason === "unknown-key" || reason === "unknown-form";
  if (entry === null) return isUnknown ? "undetermined" : "finding";
  return ({ proven: "okay", failed: "finding", unknown: "undetermined" } as const)[entry.verdict];
}

/** @example checksText({ checks: [{ check: "data", status: "ok", codes: [] }] }) // → "1 of 1 ok" */
function checksText({ checks }: Pick<LedgerEntry, "checks">): string {
  const okay = checks.filter(({ status }) => status === "ok").length;
  return `${okay} of ${checks.length} ok`;
}

/** @example timeText(90, 60) // → "1m (over 1m)" */
function timeText(seconds: number | null, target: number | null): string {
  if (seconds === null) return "-";
  const text = ageText(Math.round(seconds));
  return target !== null && seconds > target ? `${text} (over ${ageText(Math.round(target))})` : text;
}

function entryLine(listed: ListedEntry): string {
  const { entry, number } = listed;
  const what = entry === null ? "" : `: ${entry.kind} of ${entry.backup ?? "no backup"} at ${entry.at}`;
  return visibleLine(`${resultOf(listed)}: entry ${number}${what}`);
}
