import type { BackupListReport } from "../../domain/backups/report.ts";
import { formatBytes } from "../../domain/restore/read.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { findingsTable, logLine, withPlace } from "../findings.ts";
import type { CommonOptions } from "../options.ts";
import { outputWidth } from "../output.ts";
import { fittedTable, painted, type Cell } from "../table.ts";

type ListedBackup = BackupListReport["backups"][number];
type TextOptions = Pick<CommonOptions, "color" | "output">;

/** Whether a backup can be restored, as a verdict. */
export function backupVerdict({ restorable }: Pick<ListedBackup, "restorable">): Verdict {
  return ({ yes: "okay", no: "finding", unknown: "undetermined" } as const)[restorable];
}

/** What `backup list` prints. */
export function listText(report: BackupListReport, { color, output }: TextOptions): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "log":
      return report.backups.map(backupLine).join("\n");
    case "table":
      return [...backupsTable(report, color), ...summary(report), ""].join("\n").trimEnd();
  }
}

/** What `backup verify` prints. */
export function verifyText(report: ReportOf<"backup verify">, { color, output }: TextOptions): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "log":
      return withPlace(report.findings).map(logLine).join("\n");
    case "table":
      return [
        ...backupsTable(report, color),
        ...summary(report),
        ...proofLines(report),
        "",
        findingsTable(withPlace(report.findings), color, outputWidth()),
        "",
        visibleLine(`${report.cluster}: ${conclusion(report)}`),
      ].join("\n");
  }
}

function backupsTable({ backups }: BackupListReport, color: TextOptions["color"]): string[] {
  if (backups.length === 0) return [];
  const head = ["BACKUP", "TYPE", "FINISHED", "SIZE", "RESTORABLE", "CAN BE RESTORED UNTIL"];
  const rows = backups.map((backup): Cell[] => {
    const { bytes, finished, modified, name, type } = backup;
    const restorable = painted(backup.restorable, backupVerdict(backup), color);
    return [name, type, shortMoment(finished ?? modified), formatBytes(bytes), restorable, untilText(backup)];
  });
  return [fittedTable(head, rows, { width: outputWidth(), optional: "SIZE" }), ""];
}

function untilText({ because, window }: ListedBackup): string {
  if (window === null) return `never: ${because.join(", ")}`;
  return `${endText(window.until)}${window.endedBy === null ? "" : ` (${window.endedBy})`}`;
}

/** @example shortMoment("2026-11-24T17:04:37.512Z") // → "2026-11-24T17:04:37Z" */
export function shortMoment(moment: string): string {
  return moment.replace(/\.\d+Z$/, "Z");
}

function summary(report: BackupListReport): string[] {
  const { backups, lossNow, place, unfinished, windows } = report;
  const spans = windows.map(({ from, until }) => `${shortMoment(from)} to ${endText(until)}`);
  return [
    `place: ${place}`,
    ...(backups.length === 0 ? ["there is no finished backup"] : []),
    ...unfinished.map(({ name, modified }) => `without a sentinel: ${name}, last written at ${shortMoment(modified)}`),
    `can be restored: ${spans.length === 0 ? "no moment" : spans.join("; ")}`,
    `a loss now would cost: ${lossText(lossNow)}`,
  ].map(visibleLine);
}

/** What was read, and where that is remembered. */
function proofLines({ notReadAgain, read, remembered }: ReportOf<"backup verify">): string[] {
  const lines: string[] = [];
  if (read !== null)
    lines.push(
      `read: ${formatBytes(read.bytes)}: ${countText(read.parts, "part")} and ${countText(read.segments, "WAL segment")}`,
    );
  if (notReadAgain !== null) {
    const { backups, segments } = notReadAgain;
    lines.push(`proven earlier: ${countText(backups, "backup")} and ${countText(segments, "WAL segment")}`);
  }
  if (remembered !== null) lines.push(`remembered: ${remembered}`);
  return lines.map(visibleLine);
}

/** @example countText(1, "part") // → "1 part" */
function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function endText(until: string | null): string {
  return until === null ? "the end of the WAL" : shortMoment(until);
}

function lossText({ seconds, since, what }: BackupListReport["lossNow"]): string {
  if (what === "everything") return "everything";
  if (seconds === null || since === null)
    return "unknown: the objects were copied, and only the times of the copy are known";
  return `${ageText(seconds)}, everything since ${shortMoment(since)}`;
}

/** @example ageText(3_700) // → "1h 1m" */
export function ageText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days}d ${hours}h`;
  return hours > 0 ? `${hours}h ${minutes % 60}m` : `${minutes}m`;
}

/** @example "yes: base_000000010000000000000005: full, finished 2026-11-24T17:04:37.000Z, until 2026-11-24T17:06:57.000Z" */
function backupLine(backup: ListedBackup): string {
  const { finished, modified, name, restorable, type } = backup;
  return visibleLine(`${restorable}: ${name}: ${type}, finished ${finished ?? modified}, until ${untilText(backup)}`);
}

function conclusion({ verdict }: ReportOf<"backup verify">): string {
  switch (verdict) {
    case "ok":
      return "every backup can be restored";
    case "warn":
      return "every backup can be restored; read the warnings";
    case "unknown":
      return "it is not known whether every backup can be restored";
    case "refuse":
      return "not every backup can be restored, or new ones are missing";
  }
}
