import { z } from "zod";
import { severities, type Severity } from "../catalogue/finding-codes.ts";
import { errorReportSchema } from "../error-report.ts";
import { parseObjectName } from "../kubernetes/object-name.ts";
import { statusReportSchema } from "../harbor/steps/status.ts";
import { unknowns } from "../stanza/flag-codes.ts";
import { scanReportSchema, type ScanEntry } from "../stanza/list-report.ts";
import { statusDetail, statusText, verdictOf } from "../stanza/status.ts";
import type { AlarmFinding, AlarmMessage } from "./message.ts";

/** What a message says, before it is sent. */
export type AlarmContent = Pick<AlarmMessage, "check" | "context" | "severity" | "looked" | "findings">;

/** A cluster that a check has looked at, with the gravest severity of what it found there. */
export interface ClusterSeverity {
  readonly namespace: string;
  readonly cluster: string;
  readonly severity: Severity;
}

/** What a report comes to. */
export interface AlarmResult {
  readonly content: AlarmContent;
  /** Empty when the check failed. */
  readonly clusters: readonly ClusterSeverity[];
}

const reportSchema = z.union([
  scanReportSchema.transform(({ clusters, context }) => ({
    content: content({
      check: "stanza list",
      context,
      looked: clusters.length,
      findings: clusters.flatMap(entryFindings),
    }),
    clusters: clusters.map((entry) => ({
      namespace: entry.namespace,
      cluster: entry.cluster,
      severity: gravest(entryFindings(entry)),
    })),
  })),
  statusReportSchema.transform(({ cluster, context, sections, verdict }) => ({
    content: content({
      check: "harbor status",
      context,
      looked: 1,
      findings: sections.flatMap(({ findings }) => findings),
    }),
    clusters: [harborSeverity(cluster, verdict)],
  })),
  errorReportSchema.transform(({ error: { code, message, next } }) => {
    const failure = { severity: "unknown", code, where: "the check", what: message, fix: next ?? "" } as const;
    return { content: content({ check: null, context: null, looked: 0, findings: [failure] }), clusters: [] };
  }),
]);

/**
 * What to send about a report: the JSON of `stanza list` or of `harbor status`, or the error that either printed instead.
 * A report that looked at nothing is unknown, never okay.
 *
 * @returns undefined when it is none of these.
 */
export function alarmResult(report: unknown): AlarmResult | undefined {
  return reportSchema.safeParse(report).data;
}

function harborSeverity(name: string, severity: Severity): ClusterSeverity {
  const { namespace = "", name: cluster = "" } = parseObjectName(name) ?? {};
  return { namespace, cluster, severity };
}

function gravest(findings: readonly AlarmFinding[]): Severity {
  return severities.find((severity) => findings.some((finding) => finding.severity === severity)) ?? "ok";
}

function content({ findings, ...rest }: Omit<AlarmContent, "severity">): AlarmContent {
  const all = rest.looked === 0 && findings.length === 0 ? [nothingLooked] : findings;
  const notable = all
    .filter(({ severity }) => severity !== "ok")
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  return { ...rest, severity: gravest(notable), findings: notable };
}

const nothingLooked: AlarmFinding = {
  severity: "unknown",
  code: "nothing-judged",
  where: "the report",
  what: "no cluster was looked at",
  fix: "check the context and the namespace",
};

function entryFindings(entry: ScanEntry): AlarmFinding[] {
  const { cluster, flags, namespace, status } = entry;
  const where = `${namespace}/${cluster}`;
  const verdict = verdictOf(status);
  if (verdict === "finding" || verdict === "undetermined") {
    const severity = verdict === "finding" ? "refuse" : "unknown";
    const fix = status.status === "no-stanza" ? `postgres-recovery stanza create ${where}` : "";
    return [{ severity, code: status.status, where, what: `${statusText(status)}: ${statusDetail(status)}`, fix }];
  }
  return flags.map(({ allowed, code, command, detail }) => {
    const counted: Severity = unknowns.includes(code) ? "unknown" : "refuse";
    return { severity: allowed === true ? "warn" : counted, code, where, what: detail, fix: command ?? "" };
  });
}
