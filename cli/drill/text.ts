import type { Finding } from "../../domain/finding.ts";
import type { ReportOf } from "../../domain/steps/steps.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { findingsTable, logLine, withPlace } from "../findings.ts";
import type { ColorChoice, OutputFormat } from "../options.ts";
import { outputWidth } from "../output.ts";
import { statusVerdicts, statusWords } from "../restore/proof-verdict.ts";
import { fittedTable, painted, table } from "../table.ts";

type Report = ReportOf<"drill run">;

/** Every finding of a drill. */
export function drillFindings({ checks }: Pick<Report, "checks">): Finding[] {
  return withPlace(checks.flatMap(({ findings }) => findings));
}

/** What `drill run` prints. */
export function drillText(
  report: Report,
  { color, output }: { readonly color: ColorChoice; readonly output: OutputFormat },
): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "log":
      return drillFindings(report).map(logLine).join("\n");
    case "table":
      return drillTable(report, color, outputWidth());
  }
}

/** A drill for a person: each check with what was found, then what to do, then where the time went. */
export function drillTable(report: Report, color: ColorChoice, width: number): string {
  const rows = report.checks.map(({ check, status, seconds, found }) => [
    check,
    painted(statusWords[status], statusVerdicts[status], color),
    `${seconds} s`,
    found,
  ]);
  const notable = drillFindings(report).filter(({ severity }) => severity !== "ok");
  const phases = report.phases.map(({ phase, at, seconds }) => [phase, at, seconds === null ? "" : `+${seconds} s`]);
  return [
    fittedTable(["CHECK", "STATUS", "TOOK", "FOUND"], rows, { width }),
    "",
    ...(notable.length === 0 ? [] : [findingsTable(notable, color, width), ""]),
    table(["PHASE", "AT", ""], phases),
    "",
    ...measures(report),
    ...report.leftovers.map((name) => visibleLine(`removed what an earlier drill had left: ${name}`)),
    ...(report.remembered === null ? [] : [visibleLine(`remembered: ${report.remembered}`)]),
    ...place(report),
    visibleLine(`${report.cluster} in context ${report.context}: ${conclusion(report)}`),
  ].join("\n");
}

function measures({ rpo, rto }: Report): string[] {
  const against = (target: number | null): string => (target === null ? "no target" : `target ${target} s`);
  const lost = rpo.seconds === null ? "not known" : `${rpo.seconds} s`;
  const took = rto.seconds === null ? "not known" : `${rto.seconds} s`;
  return [
    `would be lost, if the database were lost now: ${lost} (${against(rpo.target)})`,
    `restored and proven within: ${took} (${against(rto.target)})`,
  ];
}

/** How to look at a clone that is still there. */
function place({ context, namespace, removal }: Report): string[] {
  if (namespace === null || removal === "removed") return [];
  return [
    `look at the clone: kubectl --context ${context} --namespace ${namespace} exec -it drill-0 -- psql -U postgres`,
    `remove it: postgres-recovery drill clean ${namespace} --context ${context}`,
  ].map(visibleLine);
}

function conclusion({ checks, verdict }: Report): string {
  switch (verdict) {
    case "proven":
      return checks.some(({ status }) => status === "warning")
        ? "the backup can be restored, with warnings: see the findings"
        : "the backup can be restored";
    case "failed":
      return "the drill has failed: see the findings";
    case "unknown":
      return "the drill proves nothing: something could not be found out";
  }
}
