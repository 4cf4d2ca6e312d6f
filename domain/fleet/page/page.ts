import type { FleetReport } from "../report.ts";
import { columns, fleetRows, periodText, rowValues, timelinePeriod, type FleetRow } from "../row.ts";
import { fleetStatuses } from "../status.ts";
import { minuteText } from "../texts.ts";
import { statusWords } from "../cells.ts";
import { clusterDetails } from "./details.ts";
import { markup, jsonMarkup, Markup, nothing } from "./markup.ts";
import { reasonsByKind, sources, summary } from "./summary.ts";
import { fleetTable } from "./table.ts";
import type { Period } from "./timeline.ts";

/** The files that the page contains. Their hashes are the only ones that its content security policy allows. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
  /** SHA-256 of a text in base64. */
  readonly hash: (text: string) => string;
}

/** Characters that the details of all clusters may take together, so that the page of 1,000 clusters stays below 1.5 MB. */
const detailsLimit = 250_000;

/**
 * The report as one HTML page that loads nothing. It is a plain table without its script, which sorts and filters.
 *
 * @returns the text of the page.
 */
export function fleetPage(report: FleetReport, assets: PageAssets): string {
  const rows = fleetRows(report);
  const period = timelinePeriod(report);
  const details = detailsWithin(rows, report, period);
  const count = `${rows.length} ${rows.length === 1 ? "cluster" : "clusters"}`;
  const body = [
    markup`<header><h1>Backups of ${count}</h1><p>As of <time datetime="${report.gatheredAt}">${minuteText(report.gatheredAt)}</time>. All times are UTC.</p></header>`,
    markup`<main>`,
    sources(report),
    summary(rows, report),
    reasonsByKind(rows, report),
    markup`<h2 id="fleet-title">All clusters</h2>`,
    controls(),
    legend(period),
    fleetTable(rows, report, period, details.length),
    detailsSection(details, rows.length),
    markup`</main>`,
  ];
  const values = { gatheredAt: report.gatheredAt, statuses: fleetStatuses, columns, rows: rows.map(rowValues) };
  return `${head(assets)}${body.map(({ text }) => text).join("\n")}
<script type="application/json" id="data">${jsonMarkup(values).text}</script>
<script>${assets.script}</script>
`;
}

function head({ hash, script, style }: PageAssets): string {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${hash(style)}'`,
    `script-src 'sha256-${hash(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Backups of the fleet</title>
<style>${style}</style>
`;
}

/** Hidden until the script shows them, because without it they would do nothing. */
function controls(): Markup {
  const options = fleetStatuses.map((status) => markup`<option value="${status}">${statusWords[status]}</option>`);
  return markup`<form id="controls" hidden><label>Find <input type="search" id="find" autocomplete="off"></label><label>Status <select id="status"><option value="">All</option>${options}</select></label><output id="shown"></output></form>`;
}

function legend(period: Period): Markup {
  const signs: readonly (readonly [name: string, commands: string, text: string])[] = [
    ["w", "M0 12H18", "WAL coverage"],
    ["g", "M0 12H18", "gap"],
    ["f", "M9 2V18", "full backup"],
    ["o", "M9 8V16", "other backup"],
    ["x", "M6 6l6 6m-6 0l6-6", "cannot be restored"],
  ];
  const items = signs.map(
    ([name, commands, text]) =>
      markup`<li><svg class="t" viewBox="0 0 18 20" width="18" height="20" aria-hidden="true"><path class="${name}" d="${commands}"/></svg> ${text}</li>`,
  );
  return markup`<ul class="legend"><li>Timeline from ${periodText(period)}:</li>${items}</ul>`;
}

/** The details of the first clusters, as many as the page has room for. */
function detailsWithin(rows: readonly FleetRow[], report: FleetReport, period: Period): Markup[] {
  const details: Markup[] = [];
  let left = detailsLimit;
  for (const [index, row] of rows.entries()) {
    const drawn = clusterDetails(row, report, period, `d${index}`);
    left -= drawn.text.length;
    if (left < 0) break;
    details.push(drawn);
  }
  return details;
}

function detailsSection(details: readonly Markup[], clusters: number): Markup {
  if (clusters === 0) return nothing;
  const missing = clusters - details.length;
  const note =
    missing === 0
      ? nothing
      : markup`<p>The page has room for the details of the ${details.length} clusters with the gravest status. For the ${missing} others, make a page of a few clusters: <code>postgres-recovery report fleet --from FILE --cluster NAMESPACE/CLUSTER --html FILE</code></p>`;
  return markup`<h2>Details</h2>${note}${details}`;
}
