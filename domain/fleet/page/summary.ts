import { alarmCell } from "../cells.ts";
import { formatBytes } from "../../restore/read.ts";
import type { FleetReport } from "../report.ts";
import type { FleetRow } from "../row.ts";
import { fleetStatuses, judgeFleet, lastProof, rank, type Reason } from "../status.ts";
import { moneyText, spanText } from "../texts.ts";
import { badge, cellMarkup } from "./cells.ts";
import { markup, Markup, nothing } from "./markup.ts";

/** How many clusters there are of each status, and the figures of the whole fleet. */
export function summary(rows: readonly FleetRow[], report: FleetReport): Markup {
  const counts = fleetStatuses.map((status) => {
    const number = rows.filter(({ judgement }) => judgement.status === status).length;
    return markup`<li>${badge(status)}<strong>${number}</strong></li>`;
  });
  const facts = figures(rows, report).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return markup`<ul class="counts">${counts}</ul><dl class="facts">${facts}</dl>`;
}

function figures(rows: readonly FleetRow[], report: FleetReport): [name: string, value: Markup][] {
  const proven = rows.filter(({ cluster }) => lastProof(cluster)?.outcome === "proven").length;
  return [
    ["Clusters", markup`${rows.length}`],
    ["Restore or content proven", markup`${proven} of ${rows.length}`],
    ["Last proven alarm", alarmFigure(report)],
    ["Targets", markup`${targetsText(report)}`],
    ["Storage", markup`${storageText(rows)}`],
    ["Cost of storage", markup`${costText(rows, report)}`],
  ];
}

function alarmFigure(report: FleetReport): Markup {
  const shown = alarmCell(report.alarm, report);
  return cellMarkup(report.alarm?.status === "proven" ? { ...shown, detail: report.alarm.sink } : shown);
}

function targetsText({ targets }: FleetReport): string {
  if (targets === undefined) return "none for the whole fleet";
  const { proofAgeSeconds, rpoSeconds, rtoSeconds } = targets;
  const named = [
    ["RPO", rpoSeconds],
    ["RTO", rtoSeconds],
    ["proof every", proofAgeSeconds],
  ] as const;
  const set = named.flatMap(([name, seconds]) => (seconds === null ? [] : [`${name} ${spanText(seconds)}`]));
  return set.length === 0 ? "none for the whole fleet" : set.join(", ");
}

function storageText(rows: readonly FleetRow[]): string {
  const sizes = rows.flatMap(({ cluster: { storage } }) => (storage?.status === "known" ? [storage.bytes] : []));
  if (sizes.length === 0) return "not known";
  return withGaps(formatBytes(sum(sizes)), rows.length - sizes.length);
}

function costText(rows: readonly FleetRow[], { prices }: FleetReport): string {
  if (prices === undefined) return "no prices are set";
  const costs = rows.flatMap(({ costPerMonth }) => (costPerMonth === undefined ? [] : [costPerMonth]));
  if (costs.length === 0) return "not known";
  const listed = prices.asOf === null ? "" : `, prices of ${prices.asOf}`;
  return withGaps(`${moneyText(sum(costs), prices.currency)} a month${listed}`, rows.length - costs.length);
}

/** A sum says how many clusters it leaves out. */
function withGaps(text: string, missing: number): string {
  return missing === 0 ? text : `${text}; not known of ${missing} ${missing === 1 ? "cluster" : "clusters"}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** What was asked. Says so first when clusters may be missing. */
export function sources({ sources: asked }: FleetReport): Markup {
  const incomplete = asked.filter(({ status }) => status !== "complete");
  const warning = asked.length === 0 ? "It is not recorded what was asked." : "Clusters may be missing:";
  const items = asked.map(
    ({ detail, source, status }) =>
      markup`<li><code>${source}</code>: ${status}${detail === "" ? nothing : markup`, ${detail}`}</li>`,
  );
  if (incomplete.length === 0 && asked.length > 0) {
    return markup`<details><summary>What was asked, and answered completely</summary><ul>${items}</ul></details>`;
  }
  return markup`<div class="warning-box" role="note"><p><strong>${warning}</strong></p><ul>${items}</ul></div>`;
}

/** The reasons of all clusters, those that concern most clusters of each status first. */
export function reasonsByKind(rows: readonly FleetRow[], report: FleetReport): Markup {
  const kinds = new Map<string, { reason: Reason; clusters: Set<string> }>();
  for (const reason of judgeFleet(report)) kinds.set(`fleet ${reason.kind}`, { reason, clusters: new Set() });
  for (const { judgement, title } of rows) {
    for (const reason of judgement.reasons) {
      const key = `${reason.status} ${reason.kind}`;
      const known = kinds.get(key) ?? { reason, clusters: new Set() };
      kinds.set(key, { ...known, clusters: known.clusters.add(title) });
    }
  }
  if (kinds.size === 0) return nothing;
  const sorted = [...kinds.values()].sort(
    (a, b) => rank(a.reason.status) - rank(b.reason.status) || b.clusters.size - a.clusters.size,
  );
  const items = sorted.map(({ clusters, reason }) => kindRow(reason, [...clusters]));
  return markup`<h2 id="reasons-title">What to look at</h2><div class="scroll" role="region" aria-labelledby="reasons-title" tabindex="0"><table class="reasons"><thead><tr><th scope="col">Status</th><th scope="col">Clusters</th><th scope="col">Example</th><th scope="col">Where</th></tr></thead><tbody>${items}</tbody></table></div>`;
}

const namesShown = 3;

function kindRow({ fix, isFinding, kind, status, what }: Reason, clusters: readonly string[]): Markup {
  const more = clusters.length > namesShown ? `, and ${clusters.length - namesShown} more` : "";
  const where = clusters.length === 0 ? "the whole fleet" : `${clusters.slice(0, namesShown).join(", ")}${more}`;
  const coded = isFinding ? markup` <code>${kind}</code>` : nothing;
  const advice = fix === "" ? nothing : markup`<small>What to do: ${fix}</small>`;
  return markup`<tr><td>${badge(status)}</td><td>${clusters.length === 0 ? "-" : clusters.length}</td><td>${what}${coded}${advice}</td><td>${where}</td></tr>`;
}
