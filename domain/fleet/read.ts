import type { z } from "zod";
import { explainIssue } from "../problems.ts";
import { fleetReportSchema, type FleetReport } from "./report.ts";

/**
 * A saved report, with its lists in the order that the schema promises.
 *
 * @param value what was parsed from JSON.
 * @returns the report, or everything that is wrong with it.
 */
export function readFleetReport(value: unknown): z.ZodSafeParseResult<FleetReport> {
  const read = fleetReportSchema.safeParse(value, { error: explainIssue });
  return read.success ? { ...read, data: inOrder(read.data) } : read;
}

function inOrder(report: FleetReport): FleetReport {
  return {
    ...report,
    clusters: report.clusters.map((cluster) => ({
      ...cluster,
      ...(cluster.backups && { backups: cluster.backups.toSorted((a, b) => compare(a.finishedAt, b.finishedAt)) }),
      ...(cluster.recovery?.status === "known" && {
        recovery: {
          ...cluster.recovery,
          windows: cluster.recovery.windows.toSorted((a, b) => compare(a.from, b.from)),
        },
      }),
      ...(cluster.proofs?.status === "known" && {
        proofs: { ...cluster.proofs, entries: cluster.proofs.entries.toSorted((a, b) => compare(a.at, b.at)) },
      }),
    })),
  };
}

/** Moments with and without fractions of a second do not sort as texts. */
function compare(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
