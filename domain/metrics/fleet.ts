import type { FleetCluster, FleetReport } from "../fleet/report.ts";
import { fleetVerdict } from "../fleet/verdict.ts";
import { verdicts } from "../stanza/status.ts";
import {
  checkTimestamp,
  stateSamples,
  unixSeconds,
  type Metric,
  type MetricDefinition,
  type Sample,
} from "./metric.ts";

const definitions = {
  verdict: {
    name: "postgres_recovery_fleet_verdict",
    help: "What is known of a cluster of any operator: 1 for the current verdict, 0 for the others.",
  },
  watch: {
    name: "postgres_recovery_fleet_watch",
    help: "Whether a stack declares a cluster: 1 for the current answer, 0 for the others; absent where it was not asked.",
  },
  source: {
    name: "postgres_recovery_fleet_source",
    help: "Whether a list or a stack could be read: 1 for what came out, 0 for the others.",
  },
} satisfies Record<string, MetricDefinition>;

const watchStates = ["watched", "not-watched", "unknown"] as const;
const sourceStates = ["complete", "partial", "failed"] as const;

/**
 * The metrics of `backup fleet`. Backups, recovery windows and losses of PGO's clusters are metrics of `stanza list`.
 *
 * @param namespace set when only one namespace was listed.
 */
export function fleetMetrics(
  { clusters, gatheredAt, sources }: FleetReport,
  { context, namespace }: { readonly context: string; readonly namespace?: string | undefined },
): Metric[] {
  const labelsOf = ({ name, operator, ...cluster }: FleetCluster): Sample["labels"] => ({
    context,
    namespace: cluster.namespace,
    cluster: name,
    operator,
  });
  const checkLabels = { check: "backup fleet", context, ...(namespace !== undefined && { namespace }) };
  return [
    {
      ...definitions.verdict,
      samples: clusters.flatMap((each) => stateSamples(labelsOf(each), "verdict", verdicts, fleetVerdict(each))),
    },
    {
      ...definitions.watch,
      samples: clusters.flatMap((each) =>
        each.watch === undefined ? [] : stateSamples(labelsOf(each), "watch", watchStates, each.watch.status),
      ),
    },
    {
      ...definitions.source,
      samples: sources.flatMap(({ source, status }) =>
        stateSamples({ context, source }, "status", sourceStates, status),
      ),
    },
    { ...checkTimestamp, samples: [{ labels: checkLabels, value: unixSeconds(gatheredAt) }] },
  ];
}
