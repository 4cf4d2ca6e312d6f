import type { Verdict } from "../stanza/status.ts";
import type { FleetCluster, FleetReport } from "./report.ts";

/**
 * What is known of a cluster in one word. Nothing watches it, or a finding: `finding`. Anything that could not be determined:
 * `undetermined`, never okay.
 */
export function fleetVerdict({ findings, lossNow, newestBackup, notExpected, recovery, watch }: FleetCluster): Verdict {
  if (findings.some(({ severity }) => severity === "refuse") || watch?.status === "not-watched") return "finding";
  if (watch?.status === "unknown" || findings.some(({ severity }) => severity === "unknown")) return "undetermined";
  if (notExpected !== undefined) return "not-expected";
  const parts = [newestBackup, recovery];
  return parts.some((part) => part === undefined || part.status === "unknown") || lossNow === undefined
    ? "undetermined"
    : "okay";
}

/** What a whole report says: the verdicts of its clusters, and whether one of its sources failed. */
export function fleetVerdicts({ clusters, sources }: Pick<FleetReport, "clusters" | "sources">): Verdict[] {
  const failed = sources.some(({ status }) => status === "failed");
  return [...clusters.map(fleetVerdict), ...(failed ? (["undetermined"] as const) : [])];
}
