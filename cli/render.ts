import type { ScanEntry, ScanReport } from "../domain/stanza/list-report.ts";
import {
  becauseAdvice,
  statusDetail,
  statusText,
  statusWord,
  verdictOf,
  type StanzaStatus,
} from "../domain/stanza/status.ts";
import type { StanzaCreateReport } from "../domain/stanza/create.ts";
import { visibleLine } from "../domain/visible-text.ts";
import { formatObjectName } from "../domain/kubernetes/object-name.ts";
import type { ColorChoice } from "./options.ts";
import { fittedTable, painted, table } from "./table.ts";

/** The runbook's line: `INFO:root:[namespace] cluster (pod): Okay`. */
export function logLine(namespace: string, cluster: string, pod: string | undefined, status: StanzaStatus): string {
  const instance = pod === undefined ? "" : ` (${pod})`;
  return visibleLine(`INFO:root:[${namespace}] ${cluster}${instance}: ${statusText(status)}`);
}

/** The clusters of a scan for a person, in at most `width` columns, with a summary. */
export function scanTable(entries: readonly ScanEntry[], color: ColorChoice, width = Infinity): string {
  const rows = entries.map((entry) => [
    entry.namespace,
    entry.cluster,
    entry.pod ?? "-",
    painted(statusWord(entry.status), verdictOf(entry.status), color),
    operatorText(entry),
    statusDetail(entry.status),
  ]);
  if (entries.length === 0) return "no PostgresCluster found";
  const head = ["NAMESPACE", "CLUSTER", "POD", "STATUS", "PGO", "DETAIL"];
  return `${fittedTable(head, rows, { width, optional: "POD" })}\n\n${scanSummary(entries)}`;
}

function operatorText({ operatorSaysCreated, disagreement }: ScanEntry): string {
  if (operatorSaysCreated === undefined) return "-";
  const text = operatorSaysCreated ? "created" : "missing";
  return disagreement === undefined ? text : `${text} (disagrees)`;
}

/** `NAMESPACE/CLUSTER` of an entry. */
export function entryName(entry: ScanEntry): string {
  return formatObjectName({ namespace: entry.namespace, name: entry.cluster });
}

/** How many clusters are okay, need a repair or a look, and could not be asked. */
export function countVerdicts(entries: readonly ScanEntry[]): ScanReport["summary"] {
  const summary = { okay: 0, finding: 0, undetermined: 0 };
  for (const { status } of entries) summary[verdictOf(status)] += 1;
  return summary;
}

/** The counts in words, and the next step for the first cluster of each kind. */
function scanSummary(entries: readonly ScanEntry[]): string {
  const { okay, finding, undetermined } = countVerdicts(entries);
  const counts = `${okay} okay, ${finding} to repair or to look at, ${undetermined} not determined`;
  const first = (...statuses: StanzaStatus["status"][]): ScanEntry | undefined =>
    entries.find(({ status }) => statuses.includes(status.status));
  const lines = [`${entries.length} ${entries.length === 1 ? "cluster" : "clusters"}: ${counts}`];
  const missing = first("no-stanza");
  if (missing !== undefined) {
    lines.push(
      `next: add the clusters without a stanza to the stack's targets and run \`pulumi up\`, or one by hand: postgres-recovery stanza create ${entryName(missing)}`,
    );
  }
  const broken = first("broken");
  if (broken !== undefined)
    lines.push(`next: look at the repository of ${entryName(broken)}; a broken stanza is never created over`);
  const silent = first("timeout", "unreachable");
  if (silent?.status.status === "unreachable" && silent.status.because !== undefined)
    lines.push(`next: ${becauseAdvice(silent.status.because)}`);
  else if (silent !== undefined)
    lines.push(`next: repair the connection from ${entryName(silent)} to its repo host, then list again`);
  const absent = first("no-instance");
  if (absent !== undefined) lines.push(`next: see why PGO runs no instance of ${entryName(absent)}`);
  return lines.map(visibleLine).join("\n");
}

/** The result of `stanza create` for a person. */
export function createTable(report: StanzaCreateReport, color: ColorChoice): string {
  const dump =
    report.dump === undefined
      ? "none taken"
      : "skipped" in report.dump
        ? `skipped: ${report.dump.skipped}`
        : `${report.dump.file} (${report.dump.size} bytes, SHA-256 ${report.dump.sha256})`;
  return table(
    ["CLUSTER", report.cluster],
    [
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
      ["PGO", report.operator],
    ],
  );
}
