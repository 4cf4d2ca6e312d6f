import type { CheckedFinding, CheckReport } from "../../domain/check/report.ts";
import { findingsTable } from "../findings.ts";
import type { ColorChoice } from "../options.ts";

/** What was found, for a person. Findings of manifests begin with FILE:LINE, which editors and terminals can open. */
export function checkTable({ context, findings, resources }: CheckReport, color: ColorChoice, width: number): string {
  const count = (wanted: CheckedFinding["severity"]): number =>
    findings.filter(({ severity }) => severity === wanted).length;
  const judged = `${resources.length} ${resources.length === 1 ? "resource" : "resources"} judged`;
  const where = context === null ? "" : ` in context ${context}`;
  const counts = `problems ${count("refuse")}, unknown ${count("unknown")}, warnings ${count("warn")}`;
  const summary = `${judged}${where}: ${counts}`;
  const shown = findings.filter(({ severity }) => severity !== "ok").map(placed);
  return shown.length === 0 ? summary : `${findingsTable(shown, color, width)}\n\n${summary}`;
}

/** The rules name a place inside of the resource; the resource itself goes before it, where it says more. */
function placed(finding: CheckedFinding): CheckedFinding {
  const { file, line, resource, where } = finding;
  const named = resource === "" || where.includes(resource) ? where : `${resource}, ${where}`;
  return { ...finding, where: file === null ? named : `${file}:${line ?? 1}: ${named}` };
}
