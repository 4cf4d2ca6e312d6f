import { z } from "zod";
import { severities, type Severity } from "../catalogue/finding-codes.ts";
import { errorReportSchema } from "../error-report.ts";
import { statusReportSchema } from "../harbor/steps/status.ts";
import { unknowns } from "../stanza/flag-codes.ts";
import { scanReportSchema, type ScanEntry } from "../stanza/list-report.ts";
import { statusDetail, statusText, verdictOf } from "../stanza/status.ts";
import type { AlarmFinding, AlarmMessage } from "./message.ts";

/** What a message says, before it is sent. */
export type AlarmContent = Pick<AlarmMessage, "check" | "context" | "severity" | "looked" | "findings">;

const reportSchema = z.union([
  scanReportSchema.transform(({ clusters, context }) =>
    content({ check: "stanza list", context, looked: clusters.length, findings: clusters.flatMap(entryFindings) }),
  ),
  statusReportSchema.transform(({ context, sections }) =>
    content({ check: "harbor status", context, looked: 1, findings: sections.flatMap(({ findings }) => findings) }),
  ),
  errorReportSchema.transform(({ error: { code, message, next } }) => {
    const failure = { severity: "unknown", code, where: "the check", what: message, fix: next ?? "" } as const;
    return content({ check: null, context: null, looked: 0, findings: [failure] });
  }),
]);

/**
 * What to send about a report: the JSON of `stanza list` or of `harbor status`, or the error that either printed instead.
 * A report that looked at nothing is unknown, never okay.
 *
 * @returns undefined when it is none of these.
 */
export function alarmContent(report: unknown): AlarmContent | undefined {
  return reportSchema.safeParse(report).data;
}

function content({ findings, ...rest }: Omit<AlarmContent, "severity">): AlarmContent {
  const all = rest.looked === 0 && findings.length === 0 ? [nothingLooked] : findings;
  const notable = all
    .filter(({ severity }) => severity !== "ok")
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  return { ...rest, severity: notable[0]?.severity ?? "ok", findings: notable };
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
