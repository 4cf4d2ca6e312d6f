import { explanations } from "../../domain/catalogue/explanations.ts";
import type { NotableCode } from "../../domain/catalogue/explanation.ts";
import { findingSeverities, type Severity } from "../../domain/catalogue/finding-codes.ts";
import type { CheckedFinding, CheckReport } from "../../domain/check/report.ts";
import { severityWords } from "../findings.ts";
import { version } from "../version.ts";

type NotableFinding = CheckedFinding & { readonly code: NotableCode };

/**
 * The levels of SARIF. What could not be determined is a warning, and its text begins with UNKNOWN: the kind `open`, which
 * SARIF has for it, must have the level `none`, and code scanning shows nothing of that level.
 */
const levels: Readonly<Record<Severity, "error" | "warning" | "note" | "none">> = {
  refuse: "error",
  unknown: "warning",
  warn: "note",
  ok: "none",
};

/** The findings as SARIF 2.1.0, for code scanning. Each rule has the name of a finding's code. Passed checks are left out. */
export function sarifReport({ findings }: CheckReport): object {
  const notable = findings.filter((finding): finding is NotableFinding => finding.severity !== "ok");
  const codes = [...new Set(notable.map(({ code }) => code))];
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "postgres-recovery", version: version(), rules: codes.map(rule) } },
        results: notable.map((finding) => result(finding, codes.indexOf(finding.code))),
      },
    ],
  };
}

function rule(code: NotableCode): object {
  const { means, title, todo } = explanations[code];
  const page = `docs/findings.md#${code}`;
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: means },
    help: {
      text: `${means} What to do: ${todo} See ${page} of the project.`,
      markdown: `${means}\n\n_What to do:_ ${todo}\n\nSee \`${page}\` of the project.`,
    },
    defaultConfiguration: { level: levels[findingSeverities[code as keyof typeof findingSeverities]] },
  };
}

function result(finding: NotableFinding, ruleIndex: number): object {
  const { code, file, fix, line, resource, severity, what, where } = finding;
  const logicalLocations = resource === "" ? [] : [{ fullyQualifiedName: resource, kind: "resource" }];
  const physicalLocation = file === null ? undefined : placeOf(file, line ?? 1);
  const hasLocation = physicalLocation !== undefined || logicalLocations.length > 0;
  return {
    ruleId: code,
    ruleIndex,
    level: levels[severity],
    message: { text: `${severityWords[severity]}: ${where}: ${what}${fix === "" ? "" : `; ${fix}`}` },
    ...(hasLocation && {
      locations: [{ ...(physicalLocation && { physicalLocation }), ...(resource !== "" && { logicalLocations }) }],
    }),
  };
}

function placeOf(file: string, startLine: number): object {
  return { artifactLocation: { uri: encodeURI(file) }, region: { startLine } };
}
