import { severities, type Severity } from "../domain/catalogue/finding-codes.ts";
import type { Finding } from "../domain/finding.ts";
import type { Verdict } from "../domain/stanza/status.ts";
import { visibleLine } from "../domain/visible-text.ts";
import { pasteable, rememberedPlace } from "./hints.ts";
import type { ColorChoice } from "./options.ts";
import { fittedTable, painted } from "./table.ts";

/** The verdict that a severity amounts to. Colours and exit codes follow from it. */
export function findingVerdict(severity: Severity): Verdict {
  return ({ refuse: "finding", unknown: "undetermined", warn: "okay", ok: "okay" } as const)[severity];
}

/** The words for severities in tables and log lines. */
export const severityWords: Readonly<Record<Severity, string>> = {
  refuse: "PROBLEM",
  unknown: "UNKNOWN",
  warn: "warning",
  ok: "ok",
};

/** The same findings, with the Kubernetes cluster in each command that they advise. */
export function withPlace<Each extends Finding>(findings: readonly Each[]): Each[] {
  return findings.map((finding) => ({ ...finding, fix: pasteable(finding.fix, rememberedPlace()) }));
}

/** Findings for a person, the most serious first, each with what to do about it, in at most `width` columns. */
export function findingsTable(findings: readonly Finding[], color: ColorChoice, width = Infinity): string {
  const sorted = findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const rows = sorted.map(({ severity, code, where, what, fix }) => [
    painted(severityWords[severity], findingVerdict(severity), color),
    code,
    `${where}: ${what}${fix === "" ? "" : `\n-> ${fix}`}`,
  ]);
  return `${fittedTable(["STATUS", "CODE", "FINDING"], rows, { width })}\n\ncodes: docs/findings.md`;
}

/**
 * A finding in one line.
 *
 * @example logLine(findingsAt("pg_hba").ok("pg-hba-sound", "lets in everybody")) // → "ok[pg-hba-sound]: pg_hba: lets in everybody"
 */
export function logLine({ severity, code, where, what, fix }: Finding): string {
  return visibleLine(`${severityWords[severity]}[${code}]: ${where}: ${what}${fix === "" ? "" : `; ${fix}`}`);
}

/**
 * With JSON on stdout, the findings that block a step as lines on stderr, too: Pulumi shows the stderr of a command
 * resource to the person who runs `up`.
 */
export function repeatGrave(findings: readonly Finding[], output: string, progress: (line: string) => void): void {
  if (output !== "json") return;
  for (const finding of findings) {
    if (finding.severity === "refuse" || finding.severity === "unknown") progress(logLine(finding));
  }
}
