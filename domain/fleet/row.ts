import { momentText } from "../text.ts";
import { coverageOf } from "./coverage.ts";
import { monthlyCost } from "./cost.ts";
import type { FleetCluster, FleetReport } from "./report.ts";
import { judgeCluster, lastProof, lastRestore, rank, type Judgement } from "./status.ts";

/** A cluster with what the rules say of it. */
export interface FleetRow {
  readonly cluster: FleetCluster;
  /** NAMESPACE/NAME. */
  readonly title: string;
  readonly judgement: Judgement;
  /** Undefined when it is not known. */
  readonly costPerMonth: number | undefined;
}

/** The clusters, those with the gravest status first, then by name. */
export function fleetRows(report: FleetReport): FleetRow[] {
  const rows = report.clusters.map((cluster): FleetRow => {
    const title = `${cluster.namespace}/${cluster.name}`;
    return {
      cluster,
      title,
      judgement: judgeCluster(cluster, report),
      costPerMonth: monthlyCost(cluster, report.prices),
    };
  });
  return rows.sort((a, b) => rank(a.judgement.status) - rank(b.judgement.status) || compare(a.title, b.title));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What a row of the table says, in the order of `columns`; null where it is not known or was not asked. Moments are ISO 8601. */
export function rowValues({ cluster, costPerMonth, judgement, title }: FleetRow): (string | number | null)[] {
  const { lossNow, newestBackup, recovery, storage } = cluster;
  const windows = recovery?.status === "known" ? recovery.windows : [];
  const values: Record<(typeof columns)[number], string | number | null | undefined> = {
    cluster: title,
    kubernetes: cluster.kubernetes,
    status: judgement.status,
    newestBackupAt: newestBackup?.status === "known" ? newestBackup.finishedAt : null,
    recoveryFrom: windows[0]?.from,
    recoveryUntil: coverageOf(windows)?.furthest.until,
    lossSeconds: lossNow?.status === "since" ? lossNow.seconds : null,
    restoreSeconds: lastRestore(cluster)?.rtoSeconds,
    lastProofAt: lastProof(cluster)?.at,
    storageBytes: storage?.status === "known" ? storage.bytes : null,
    costPerMonth: costPerMonth === undefined ? null : Math.round(costPerMonth * 100) / 100,
  };
  return columns.map((column) => values[column] ?? null);
}

/** The names of a row's values. */
export const columns = [
  "cluster",
  "kubernetes",
  "status",
  "newestBackupAt",
  "recoveryFrom",
  "recoveryUntil",
  "lossSeconds",
  "restoreSeconds",
  "lastProofAt",
  "storageBytes",
  "costPerMonth",
] as const;

/** The period of the timelines, in milliseconds since 1970: from the oldest backup or window, at least 7 and at most 90 days. */
export function timelinePeriod({ clusters, gatheredAt }: FleetReport): {
  readonly from: number;
  readonly until: number;
} {
  const day = 86_400_000;
  const until = Date.parse(gatheredAt);
  const starts = clusters.flatMap(({ backups = [], recovery }) => [
    ...backups.slice(0, 1).map(({ finishedAt }) => Date.parse(finishedAt)),
    ...(recovery?.status === "known" ? recovery.windows.slice(0, 1).map(({ from }) => Date.parse(from)) : []),
  ]);
  const oldest = starts.reduce((least, start) => Math.min(least, start), until);
  return { from: Math.max(until - 90 * day, Math.min(until - 7 * day, oldest)), until };
}

/** A period as a text for a person. */
export function periodText({ from, until }: ReturnType<typeof timelinePeriod>): string {
  return `${momentText(from).slice(0, 10)} to ${momentText(until).slice(0, 10)}`;
}
