import { severities } from "../catalogue/finding-codes.ts";
import { parseObjectName } from "../kubernetes/object-name.ts";
import type { ReportOf } from "../steps/steps.ts";
import {
  checkTimestamp,
  stateSamples,
  unixSeconds,
  type Metric,
  type MetricDefinition,
  type Sample,
} from "./metric.ts";

const definitions = {
  severity: {
    name: "postgres_recovery_harbor_severity",
    help: "The gravest severity of all findings about a HarborCluster: 1 for the current severity, 0 for the others.",
  },
  findings: {
    name: "postgres_recovery_harbor_findings",
    help: "How many findings have a code; absent where the code was not found. Findings of severity ok are left out.",
  },
  ready: {
    name: "postgres_recovery_harbor_pod_ready",
    help: "Whether a Pod of the database is ready.",
  },
  current: {
    name: "postgres_recovery_harbor_pod_current",
    help: "Whether a Pod of the database has the current template and keys.",
  },
} satisfies Record<string, MetricDefinition>;

/** The metrics of `harbor status`. */
export function harborMetrics(report: ReportOf<"harbor status">): Metric[] {
  const { namespace = "", name = "" } = parseObjectName(report.cluster) ?? {};
  const labels = { context: report.context, namespace, cluster: name };
  const podSamples = (state: "ready" | "current"): Sample[] =>
    report.pods.map((pod) => ({ labels: { ...labels, pod: pod.name }, value: pod[state] ? 1 : 0 }));
  const checkLabels = { check: "harbor status", ...labels };
  return [
    { ...definitions.severity, samples: stateSamples(labels, "severity", severities, report.verdict) },
    { ...definitions.findings, samples: findingSamples(report, labels) },
    { ...definitions.ready, samples: podSamples("ready") },
    { ...definitions.current, samples: podSamples("current") },
    { ...checkTimestamp, samples: [{ labels: checkLabels, value: unixSeconds(report.checkedAt) }] },
  ];
}

function findingSamples({ sections }: ReportOf<"harbor status">, labels: Sample["labels"]): Sample[] {
  const findings = sections.flatMap((section) => section.findings).filter(({ severity }) => severity !== "ok");
  return [...Map.groupBy(findings, ({ code }) => code)].map(([code, [first, ...others]]) => ({
    labels: { ...labels, code, severity: first?.severity ?? "unknown" },
    value: 1 + others.length,
  }));
}
