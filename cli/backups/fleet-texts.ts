import { severities } from "../../domain/catalogue/finding-codes.ts";
import type { FleetCluster, FleetReport } from "../../domain/fleet/report.ts";
import { fleetVerdict } from "../../domain/fleet/verdict.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Verdict } from "../../domain/stanza/status.ts";
import { visibleLine } from "../../domain/visible-text.ts";
import { pasteable, type Place } from "../hints.ts";
import type { ColorChoice } from "../options.ts";
import { fittedTable, painted } from "../table.ts";

interface TableOptions extends Place {
  readonly context: string;
  readonly color: ColorChoice;
  /** Columns that the table may use. */
  readonly width: number;
}

/** The clusters of all operators for a person, with a summary and what to do next. */
export function fleetTable(report: FleetReport, { color, width, ...place }: TableOptions): string {
  const { clusters, gatheredAt } = report;
  const rows = clusters.map((cluster) => [
    nameOf(cluster),
    cluster.operator,
    painted(statusWord(cluster), fleetVerdict(cluster), color),
    ageOf(cluster.newestFullAt, gatheredAt),
    newestText(cluster, gatheredAt),
    backToText(cluster, gatheredAt),
    lossText(cluster),
    detailOf(cluster),
  ]);
  const head = ["CLUSTER", "OPERATOR", "STATUS", "FULL", "NEWEST", "BACK TO", "LOSS NOW", "DETAIL"];
  const lines = [
    summaryOf(report, place.context),
    ...failedSources(report),
    ...nextSteps(clusters).map((step) => `next: ${step}`),
  ];
  const table = clusters.length === 0 ? [] : [fittedTable(head, rows, { width, optional: ["OPERATOR", "FULL"] }), ""];
  return [...table, ...lines.map((line) => visibleLine(pasteable(line, place)))].join("\n");
}

/**
 * One line for each cluster.
 *
 * @example "PROBLEM: calendar/calendar-db (pgo): newest -, back to -, loss everything; no-stanza: No stanza configuration: …"
 */
export function fleetLog({ clusters, gatheredAt, sources }: FleetReport): string {
  const lines = clusters.map((cluster) => {
    const facts = `newest ${newestText(cluster, gatheredAt)}, back to ${backToText(cluster, gatheredAt)}, loss ${lossText(cluster)}`;
    const detail = detailOf(cluster);
    return `${statusWord(cluster)}: ${nameOf(cluster)} (${cluster.operator}): ${facts}${detail === "" ? "" : `; ${detail}`}`;
  });
  return [...lines, ...failedSources({ sources })].map(visibleLine).join("\n");
}

function nameOf({ name, namespace }: FleetCluster): string {
  return formatObjectName({ namespace, name });
}

function statusWord(cluster: FleetCluster): string {
  const isWatched = cluster.watch?.status !== "not-watched";
  const isProblem = cluster.findings.some(({ severity }) => severity === "refuse");
  const words: Readonly<Record<Verdict, string>> = {
    okay: "okay",
    finding: isWatched || isProblem ? "PROBLEM" : "NOT WATCHED",
    undetermined: "UNKNOWN",
    "not-expected": "not expected",
  };
  return words[fleetVerdict(cluster)];
}

function newestText({ newestBackup }: FleetCluster, now: string): string {
  switch (newestBackup?.status) {
    case undefined:
      return "-";
    case "none":
      return "none";
    case "unknown":
      return "?";
    case "known":
      return ageOf(newestBackup.finishedAt, now);
  }
}

function backToText({ recovery }: FleetCluster, now: string): string {
  if (recovery === undefined) return "-";
  if (recovery.status === "unknown") return "?";
  return recovery.windows.length === 0 ? "never" : ageOf(recovery.windows[0]?.from, now);
}

function lossText({ lossNow }: FleetCluster): string {
  switch (lossNow?.status) {
    case undefined:
      return "-";
    case "everything":
      return "everything";
    case "unknown":
      return "?";
    case "since":
      return spanWord(lossNow.seconds);
  }
}

function ageOf(moment: string | undefined, now: string): string {
  return moment === undefined ? "-" : spanWord(Math.max(0, (Date.parse(now) - Date.parse(moment)) / 1000));
}

/**
 * A span of time in its largest unit, so that a column stays narrow.
 *
 * @example spanWord(200_000) // → "2d"
 */
export function spanWord(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

function detailOf({ findings, lossNow, notExpected, recovery, watch }: FleetCluster): string {
  const sorted = findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const parts = sorted.map(({ code, what }) => `${code}: ${what}`);
  if (watch?.status === "not-watched") parts.push("not-watched: no stack declares it");
  if (watch?.status === "unknown") parts.push(`watch-unknown: ${watch.why}`);
  if (notExpected !== undefined) parts.push(notExpected);
  if (parts.length > 0) return parts.join("; ");
  if (lossNow?.status === "unknown") return `the loss is not known: ${lossNow.why}`;
  return recovery?.status === "unknown" ? recovery.why : "";
}

function summaryOf({ clusters }: FleetReport, context: string): string {
  const verdicts = clusters.map(fleetVerdict);
  const count = (verdict: Verdict): number => verdicts.filter((each) => each === verdict).length;
  const unwatched = clusters.filter(({ watch }) => watch?.status === "not-watched").length;
  const counts = [`${count("okay")} okay`, `${count("finding")} to look at`, `${count("undetermined")} not known`];
  if (count("not-expected") > 0) counts.push(`${count("not-expected")} without backups on purpose`);
  if (unwatched > 0) counts.push(`${unwatched} that no stack declares`);
  const clustersText = clusters.length === 1 ? "1 cluster" : `${clusters.length} clusters`;
  return `${clustersText} in context ${context}: ${counts.join(", ")}`;
}

function failedSources({ sources }: Pick<FleetReport, "sources">): string[] {
  const failed = sources.filter(({ status }) => status === "failed");
  return failed.map(({ detail, source }) => `NOT KNOWN: ${source}: ${detail}`);
}

/** The fix of the first cluster of each kind of finding. */
function nextSteps(clusters: readonly FleetCluster[]): string[] {
  const steps = new Map<string, string>();
  for (const cluster of clusters) {
    for (const { code, fix } of cluster.findings)
      if (fix !== "" && !steps.has(code)) steps.set(code, `${nameOf(cluster)}: ${fix}`);
  }
  const unwatched = clusters.filter(({ watch }) => watch?.status === "not-watched");
  const [first] = unwatched;
  if (first !== undefined) {
    const more = unwatched.length === 1 ? "" : ` (and ${unwatched.length - 1} more)`;
    steps.set(
      "not-watched",
      `${nameOf(first)}${more}: add it to a stack, or leave the comparison out with --no-stacks`,
    );
  }
  return [...steps.values()];
}
