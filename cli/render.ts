import { styleText } from "node:util";
import Table from "cli-table3";
import type { ScanEntry, ScanReport } from "../domain/stanza/list-report.ts";
import {
  becauseAdvice,
  statusDetail,
  statusText,
  verdictOf,
  type StanzaStatus,
  type Verdict,
} from "../domain/stanza/status.ts";
import type { StanzaCreateReport } from "../domain/stanza/create.ts";
import type { ColorChoice } from "./options.ts";
import { formatObjectName } from "../domain/kubernetes/object-name.ts";

/** Colours a text by its verdict, if the option and the terminal allow it. */
export function verdictText(text: string, verdict: Verdict, color: ColorChoice): string {
  const style = ({ okay: "green", finding: "red", undetermined: "yellow" } as const)[verdict];
  switch (color) {
    case "never":
      return text;
    case "always":
      return styleText(style, text, { validateStream: false });
    case "auto":
      return styleText(style, text, { stream: process.stdout });
  }
}

/** A table without borders, as kubectl prints it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const nothing = [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
  ];
  const view = new Table({
    head: [...head],
    chars: { ...Object.fromEntries(nothing.map((name) => [name, ""])), middle: "   " },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  view.push(...rows.map((row) => [...row]));
  return view
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** The runbook's line: `INFO:root:[namespace] cluster (pod): Okay`. */
export function logLine(namespace: string, cluster: string, pod: string | undefined, status: StanzaStatus): string {
  return `INFO:root:[${namespace}] ${cluster}${pod === undefined ? "" : ` (${pod})`}: ${statusText(status)}`;
}

/** The clusters of a scan for a person, with a summary. */
export function scanTable(entries: readonly ScanEntry[], color: ColorChoice): string {
  const rows = entries.map((entry) => [
    entry.namespace,
    entry.cluster,
    entry.pod ?? "-",
    verdictText(statusText(entry.status), verdictOf(entry.status), color),
    operatorText(entry),
    statusDetail(entry.status),
  ]);
  if (entries.length === 0) return "no PostgresCluster found";
  return `${table(["NAMESPACE", "CLUSTER", "POD", "STATUS", "PGO", "DETAIL"], rows)}\n\n${scanSummary(entries)}`;
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
  return lines.join("\n");
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
        [verdictText(statusText(report.status), verdictOf(report.status), color), statusDetail(report.status)]
          .filter(Boolean)
          .join(", "),
      ],
      ["LEADER", report.leader ?? "-"],
      ["DUMP", dump],
      ["PGO", report.operator],
    ],
  );
}
