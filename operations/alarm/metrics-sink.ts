import type { CloudWatch } from "../../clients/aws/cloudwatch.ts";
import { resultValues, type CheckedPlace } from "../../domain/alarm/cloudwatch.ts";
import type { ClusterSeverity } from "../../domain/alarm/report.ts";
import type { Sink } from "./sink.ts";

/** Stores results as metrics in CloudWatch. It fails with the codes of CloudWatch and of AWS's credentials. */
export function metricsSink(
  { put }: Pick<CloudWatch, "put">,
  namespace: string,
  place: CheckedPlace,
  clusters: readonly ClusterSeverity[],
): Sink {
  return {
    name: "the metrics",
    async deliver(message) {
      const values = resultValues(place, message, clusters);
      await put(namespace, values);
      return { sink: "metrics", to: namespace, attempts: 1, answer: `${values.length} values` };
    },
  };
}
