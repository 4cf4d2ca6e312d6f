import { visibleText } from "../visible-text.ts";
import type { Metric, Sample } from "./metric.ts";

/**
 * Metrics as OpenMetrics text 1.0, up to `# EOF`, without the last newline. Prometheus' own text format reads it, too.
 *
 * @example openMetrics([{ name: "up", help: "Whether it runs.", samples: [{ labels: { pod: "a" }, value: 1 }] }])
 * // → # TYPE up gauge
 * //   # HELP up Whether it runs.
 * //   up{pod="a"} 1
 * //   # EOF
 */
export function openMetrics(metrics: readonly Metric[]): string {
  return [...metrics.flatMap(familyLines), "# EOF"].join("\n");
}

function familyLines({ name, help, unit, samples }: Metric): string[] {
  return [
    `# TYPE ${name} gauge`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map((sample) => `${name}${labelText(sample)} ${sample.value}`),
  ];
}

function labelText({ labels }: Sample): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** Unsafe characters become visible first: their escapes contain backslashes, which must be escaped in turn. */
function escaped(text: string): string {
  return visibleText(text).replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
