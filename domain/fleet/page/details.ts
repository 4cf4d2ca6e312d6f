import { formatBytes } from "../../restore/read.ts";
import type { FleetCluster, FleetReport } from "../report.ts";
import type { FleetRow } from "../row.ts";
import { kindTexts, targetsOf, type ProofEntry, type Reason } from "../status.ts";
import { minuteText, spanText } from "../texts.ts";
import { badge } from "./cells.ts";
import { markup, Markup, nothing } from "./markup.ts";
import { detailSize, timeAxis, timeline, type Period } from "./timeline.ts";
import { trendChart, type TrendPoint } from "./trend.ts";

/** Proofs in a cluster's list; older ones are counted only. */
const proofsShown = 10;
/** Values of a trend. */
const pointsShown = 60;

/** Everything that is known of a cluster: why it stands as it does, its timeline, its trends and its last proofs. */
export function clusterDetails(row: FleetRow, report: FleetReport, period: Period, id: string): Markup {
  const { cluster, judgement, title } = row;
  const drawn = timeline(cluster, period, detailSize);
  const parts = [
    reasonsList(judgement.reasons),
    watchText(cluster.watch),
    windowsList(cluster.recovery),
    drawn === nothing
      ? nothing
      : markup`<div class="scroll" role="region" aria-label="Timeline of ${title}" tabindex="0"><div class="wide">${timeAxis(period, detailSize.width)}${drawn}</div></div>`,
    trends(cluster, report),
    proofsTable(cluster, title),
  ];
  return markup`<details><summary>${badge(judgement.status)} <span id="${id}">${title}</span></summary>${parts}</details>`;
}

function reasonsList(reasons: readonly Reason[]): Markup {
  if (reasons.length === 0) return markup`<p>Nothing was found.</p>`;
  const items = reasons.map(({ fix, isFinding, kind, status, what }) => {
    const coded = isFinding ? markup` <code>${kind}</code>` : nothing;
    return markup`<li>${badge(status)} ${what}${coded}${fix === "" ? nothing : markup`<small>What to do: ${fix}</small>`}</li>`;
  });
  return markup`<ul class="reasons">${items}</ul>`;
}

function watchText(watch: FleetCluster["watch"]): Markup {
  return watch?.status === "watched" ? markup`<p>Watched by ${watch.by.join(", ")}.</p>` : nothing;
}

function windowsList(recovery: FleetCluster["recovery"]): Markup {
  if (recovery?.status !== "known" || recovery.windows.length === 0) return nothing;
  const items = recovery.windows.map(({ endedBy, from, until }) => {
    const end = until === null ? "a moment that is not known" : minuteText(until);
    return markup`<li>${minuteText(from)} to ${end}${endedBy === null ? nothing : markup`, ended by: ${endedBy}`}</li>`;
  });
  return markup`<p>Can be restored to any moment (UTC):</p><ul>${items}</ul>`;
}

function trends(cluster: FleetCluster, report: FleetReport): Markup {
  const sizes = (cluster.backups ?? [])
    .filter(({ type }) => type === "full")
    .flatMap(({ bytes, finishedAt }) => (bytes === null ? [] : [{ at: Date.parse(finishedAt), value: bytes }]));
  const target = targetsOf(cluster, report)?.rtoSeconds ?? undefined;
  const charts = [
    trendChart({ title: "Size of full backups", points: newest(sizes), text: formatBytes }),
    trendChart({ title: "Duration of restores", points: newest(restores(cluster)), target, text: spanText }),
  ].filter((chart) => chart !== nothing);
  return charts.length === 0 ? nothing : markup`<div class="charts">${charts}</div>`;
}

function newest(points: readonly TrendPoint[]): readonly TrendPoint[] {
  return points.slice(-pointsShown);
}

function restores({ proofs }: FleetCluster): TrendPoint[] {
  return entriesOf(proofs).flatMap(({ at, outcome, rtoSeconds }) =>
    outcome !== "proven" || rtoSeconds === null ? [] : [{ at: Date.parse(at), value: rtoSeconds }],
  );
}

function entriesOf(proofs: FleetCluster["proofs"]): readonly ProofEntry[] {
  return proofs?.status === "known" ? proofs.entries : [];
}

function proofsTable({ proofs }: FleetCluster, title: string): Markup {
  const entries = entriesOf(proofs);
  if (entries.length === 0) return nothing;
  const measured = (seconds: number | null): string => (seconds === null ? "-" : spanText(seconds));
  const rows = entries
    .slice(-proofsShown)
    .reverse()
    .map(
      ({ at, backup, kind, outcome, rpoSeconds, rtoSeconds }) =>
        markup`<tr><td>${minuteText(at)}</td><td>${kindTexts[kind]}</td><td>${outcome}</td><td>${backup ?? "-"}</td><td>${measured(rpoSeconds)}</td><td>${measured(rtoSeconds)}</td></tr>`,
    );
  const older = entries.length - rows.length;
  const caption = older === 0 ? "Proofs" : `The last ${rows.length} of ${entries.length} proofs`;
  return markup`<div class="scroll" role="region" aria-label="Proofs of ${title}" tabindex="0"><table><caption>${caption}</caption><thead><tr><th scope="col">When (UTC)</th><th scope="col">What</th><th scope="col">Outcome</th><th scope="col">Backup</th><th scope="col">RPO</th><th scope="col">RTO</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
