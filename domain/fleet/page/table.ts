import type { FleetReport } from "../report.ts";
import type { columns, FleetRow } from "../row.ts";
import {
  alarmCell,
  lossCell,
  newestBackupCell,
  notAsked,
  proofCell,
  recoveryCell,
  restoreCell,
  storageCell,
} from "../cells.ts";
import { badge, cellMarkup } from "./cells.ts";
import { markup, nothing, type Markup } from "./markup.ts";
import { rowSize, timeAxis, timeline, type Period } from "./timeline.ts";

/** The headings, each with the value by which the script of the page sorts. */
const headings: readonly { readonly text: string; readonly value?: (typeof columns)[number] }[] = [
  { text: "Cluster", value: "cluster" },
  { text: "Status", value: "status" },
  { text: "Newest backup", value: "newestBackupAt" },
  { text: "Recovery window", value: "recoveryFrom" },
  { text: "A loss now costs", value: "lossSeconds" },
  { text: "A restore takes", value: "restoreSeconds" },
  { text: "Last proof", value: "lastProofAt" },
  { text: "Last proven alarm" },
  { text: "Storage", value: "storageBytes" },
];

/**
 * The table of the clusters.
 *
 * @param detailed how many of the rows, from the first, have details to which their name leads.
 */
export function fleetTable(rows: readonly FleetRow[], report: FleetReport, period: Period, detailed: number): Markup {
  const [cluster, status, ...others] = headings.map(({ text, value }) => {
    const sortable = value === undefined ? nothing : markup` data-value="${value}"`;
    return markup`<th scope="col"${sortable}>${text}</th>`;
  });
  const timelineHead = markup`<th scope="col">Timeline${timeAxis(period, rowSize.width)}</th>`;
  const heads = [cluster ?? nothing, status ?? nothing, timelineHead, ...others];
  const body = rows.map((row, index) => tableRow(row, report, period, index < detailed ? `d${index}` : undefined));
  return markup`<div class="scroll" role="region" aria-labelledby="fleet-title" tabindex="0"><table id="fleet"><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function tableRow(row: FleetRow, report: FleetReport, period: Period, details: string | undefined): Markup {
  const { cluster, judgement } = row;
  const drawn = timeline(cluster, period, rowSize);
  const cells = [
    newestBackupCell(cluster, report),
    recoveryCell(cluster),
    lossCell(cluster, report),
    restoreCell(cluster, report),
    proofCell(cluster, report),
    alarmCell(cluster.alarm ?? report.alarm, report),
    storageCell(row, report),
  ];
  const second = drawn === nothing ? cellMarkup(notAsked) : drawn;
  const contents = [badge(judgement.status), second, ...cells.map(cellMarkup)];
  // Closing tags of cells and rows are optional in HTML. A page of 1,000 clusters is a tenth smaller without them.
  return markup`<tr><th scope="row">${name(row, details)}${contents.map((one) => markup`<td>${one}`)}`;
}

function name({ cluster }: FleetRow, details: string | undefined): Markup {
  const { kubernetes, operator, stanza, stanzaStatus } = cluster;
  const about = [kubernetes ?? "", operator === "unknown" ? "" : operator, stanza ?? "", stanzaStatus ?? ""].filter(
    Boolean,
  );
  // A long name may be broken between its parts.
  const parts = markup`${cluster.namespace}/<wbr>${cluster.name}`;
  const linked = details === undefined ? parts : markup`<a href="#${details}">${parts}</a>`;
  return markup`${linked}<small>${about.join(" · ")}</small>`;
}
