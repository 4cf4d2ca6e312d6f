import type { ScanEntry, ScanReport } from "../domain/stanza/list-report.ts";
import {
  statusDetail,
  statusText,
  statusWord,
  verdictOf,
  type StanzaStatus,
  type Verdict,
} from "../domain/stanza/status.ts";
import type { FirstBackup, StanzaCreateReport } from "../domain/stanza/create.ts";
import type { StanzaCreatePreview } from "../domain/stanza/create-preview.ts";
import { visibleLine } from "../domain/visible-text.ts";
import { flagTexts } from "../domain/stanza/flag-codes.ts";
import type { ColorChoice } from "./options.ts";
import type { StackTargets } from "../domain/stack/config.ts";
import { nextSteps } from "./next-steps.ts";
import { fittedTable, painted, table } from "./table.ts";

/** The runbook's line: `INFO:root:[namespace] cluster (pod): Okay`. */
export function logLine(namespace: string, cluster: string, pod: string | undefined, status: StanzaStatus): string {
  const instance = pod === undefined ? "" : ` (${pod})`;
  return visibleLine(`INFO:root:[${namespace}] ${cluster}${instance}: ${statusText(status)}`);
}

/** The clusters of a scan for a person, in at most `width` columns, with a summary. Hints know the targets of `stack`. */
export function scanTable(
  context: string,
  entries: readonly ScanEntry[],
  color: ColorChoice,
  width = Infinity,
  stack?: StackTargets,
): string {
  if (entries.length === 0) return visibleLine(`no PostgresCluster found in context ${context}`);
  const rows = entries.map((entry) => [
    entry.namespace,
    entry.cluster,
    entry.pod ?? "-",
    painted(entryWord(entry), entry.verdict, color),
    operatorText(entry),
    entryDetail(entry),
  ]);
  const head = ["NAMESPACE", "CLUSTER", "POD", "STATUS", "PGO", "DETAIL"];
  const lines = [scanSummary(context, entries), ...nextSteps(entries, stack).map((step) => `next: ${step}`)];
  return `${fittedTable(head, rows, { width, optional: "POD" })}\n\n${lines.map(visibleLine).join("\n")}`;
}

/** The most important flag that counts, or else the status of the stanza. */
function entryWord({ status, flags }: ScanEntry): string {
  const counted = flags.find(({ allowed }) => allowed !== true);
  return counted === undefined ? statusWord(status) : flagTexts[counted.code];
}

function entryDetail({ status, flags, paused }: ScanEntry): string {
  const details = flags.map(({ detail, allowed }) => (allowed === true ? `${detail} (allowed)` : detail));
  if (details.length > 0) return details.join("; ");
  const isUnrepaired = status.status === "no-stanza" && paused === true;
  return [statusDetail(status), ...(isUnrepaired ? ["spec.paused is true: PGO creates nothing"] : [])].join("; ");
}

function operatorText({ operatorSaysCreated, disagreement }: ScanEntry): string {
  if (operatorSaysCreated === undefined) return "-";
  const text = operatorSaysCreated ? "created" : "missing";
  return disagreement === undefined ? text : `${text} (disagrees)`;
}

/** How many clusters there are of each verdict. */
export function countVerdicts(entries: readonly ScanEntry[]): ScanReport["summary"] {
  const count = (verdict: Verdict): number => entries.filter((entry) => entry.verdict === verdict).length;
  return {
    okay: count("okay"),
    finding: count("finding"),
    undetermined: count("undetermined"),
    notExpected: count("not-expected"),
  };
}

function scanSummary(context: string, entries: readonly ScanEntry[]): string {
  const { okay, finding, undetermined, notExpected } = countVerdicts(entries);
  const counts = [`${okay} okay`, `${finding} to repair or to look at`, `${undetermined} not determined`];
  if (notExpected > 0) counts.push(`${notExpected} without backups on purpose`);
  return `${entries.length} ${entries.length === 1 ? "cluster" : "clusters"} in context ${context}: ${counts.join(", ")}`;
}

const operatorAnswerText: Record<StanzaCreateReport["operator"], string> = {
  confirmed: "confirmed",
  pending: "not confirmed yet: see its log",
  "already-created": "already said created before, which proves nothing",
  paused: "paused for this cluster (spec.paused): its status is not updated",
};

const firstBackupText: Record<FirstBackup["state"], string> = {
  exists: "exists",
  taken: "taken",
  expected: "PGO takes it by itself",
  missing: "missing: PGO takes none before the next scheduled backup",
};

function firstBackupRows({ firstBackup }: StanzaCreateReport): string[][] {
  return firstBackup === undefined ? [] : [["BACKUP", firstBackupText[firstBackup.state]]];
}

/** How to order the first backup; empty when there is one. */
function firstBackupHint({ firstBackup }: StanzaCreateReport): string {
  if (firstBackup?.command === undefined) return "";
  const when = firstBackup.state === "expected" ? "if PGO takes no backup by itself, order one" : "order a backup";
  return `\n\nnext: ${when}: ${firstBackup.command}`;
}

/** What `stanza create` would do, for a person. */
export function createPreviewTable(preview: StanzaCreatePreview, color: ColorChoice): string {
  const { create, firstBackup, status } = preview;
  const detail = [statusText(status), statusDetail(status)].filter(Boolean).join(", ");
  const rows = [
    ["CONTEXT", preview.context],
    ["STATUS", painted(detail, verdictOf(status), color)],
  ];
  if (create !== undefined) {
    rows.push(["WOULD", `create the stanza on ${create.leader}`], ["DUMP", plannedDump(create.dump)]);
  }
  if (firstBackup !== undefined)
    rows.push(["BACKUP", firstBackup === "ordered" ? "would be ordered from PGO" : "PGO takes it by itself"]);
  if (create === undefined && firstBackup === undefined) rows.push(["WOULD", "do nothing"]);
  return table(["CLUSTER", preview.cluster], rows);
}

function plannedDump(dump: NonNullable<StanzaCreatePreview["create"]>["dump"]): string {
  if ("skipped" in dump) return `skipped: ${dump.skipped}`;
  const size =
    dump.databaseBytes === undefined ? "databases of unknown size" : `${dump.databaseBytes} bytes of databases`;
  return `${size}, into ${dump.directory}`;
}

/** The result of `stanza create` for a person. */
export function createTable(report: StanzaCreateReport, color: ColorChoice): string {
  const dump =
    report.dump === undefined
      ? "none taken"
      : "skipped" in report.dump
        ? `skipped: ${report.dump.skipped}`
        : `${report.dump.file} (${report.dump.size} bytes, SHA-256 ${report.dump.sha256})${report.dump.reused === true ? `, used again, of ${report.dump.takenAt ?? "an earlier run"}` : ""}`;
  const result = table(
    ["CLUSTER", report.cluster],
    [
      ["CONTEXT", report.context],
      ["OUTCOME", report.outcome === "created" ? "stanza created" : "the stanza already existed"],
      [
        "STATUS",
        painted(
          [statusText(report.status), statusDetail(report.status)].filter(Boolean).join(", "),
          verdictOf(report.status),
          color,
        ),
      ],
      ["LEADER", report.leader ?? "-"],
      ["DUMP", dump],
      ["PGO", operatorAnswerText[report.operator]],
      ...firstBackupRows(report),
    ],
  );
  return result + firstBackupHint(report);
}
