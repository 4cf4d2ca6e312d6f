import { scaleUtc } from "d3-scale";
import { coverageOf, endOf, type Coverage, type Windows } from "../coverage.ts";
import type { FleetCluster } from "../report.ts";
import { minuteText } from "../texts.ts";
import { markup, Markup, nothing } from "./markup.ts";

/** A period, in milliseconds since 1970. */
export interface Period {
  readonly from: number;
  readonly until: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

type Backups = NonNullable<FleetCluster["backups"]>;
type Place = (moment: number) => number;

/** The timeline in a row of the table. */
export const rowSize: Size = { width: 240, height: 22 };
/** The timeline in a cluster's details. */
export const detailSize: Size = { width: 760, height: 30 };

/**
 * Base backups, WAL coverage and gaps of a cluster as an SVG. Each has a shape of its own, not only a colour: coverage is a
 * bar, a gap a dashed line, a full backup a long stroke, another backup a short one, and one that cannot be restored a cross.
 *
 * @returns nothing when neither backups nor windows are known.
 */
export function timeline({ backups, recovery }: FleetCluster, period: Period, size: Size): Markup {
  if (backups === undefined && recovery?.status !== "known") return nothing;
  const scale = scaleUtc([period.from, period.until], [0, size.width]).clamp(true);
  const place: Place = (moment) => Math.round(scale(moment));
  const windows = recovery?.status === "known" ? recovery.windows : [];
  const shown = (backups ?? []).filter(({ finishedAt }) => Date.parse(finishedAt) >= period.from);
  const [top, middle, bottom] = [2, size.height - 7, size.height - 2];
  const paths = [
    path("w", windowBars(windows, period, place, middle)),
    path("g", recovery?.status === "known" ? gapLines(windows, period, place, middle) : ""),
    path("f", strokes(shown.filter(isFull), place, top, bottom)),
    path(
      "o",
      strokes(
        shown.filter((backup) => !isFull(backup)),
        place,
        middle - 4,
        bottom,
      ),
    ),
    path(
      "x",
      crosses(
        shown.filter(({ restorable }) => restorable === "no"),
        place,
        top,
      ),
    ),
  ];
  const label = timelineLabel(backups, recovery?.status === "known" ? windows : undefined);
  return markup`<svg class="t" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">${paths}</svg>`;
}

function isFull({ type }: Backups[number]): boolean {
  return type === "full";
}

function path(name: string, commands: string): Markup {
  return commands === "" ? nothing : markup`<path class="${name}" d="${commands}"/>`;
}

/** A window without a known end has no length. */
function windowBars(windows: Windows, { from: start }: Period, place: Place, y: number): string {
  const bars = windows.filter((window) => endOf(window) >= start);
  return bars.map((window) => line(place(Date.parse(window.from)), place(endOf(window)), y)).join("");
}

/** WAL that is not archived yet is no gap: the newest window has one behind it only when something ends it. */
function gapLines(windows: Windows, period: Period, place: Place, y: number): string {
  const coverage = coverageOf(windows);
  if (coverage === undefined) return line(place(period.from), place(period.until), y);
  const { furthest, gaps } = coverage;
  const open = furthest.endedBy === null ? [] : [{ from: endOf(furthest), until: period.until }];
  const shown = [...gaps, ...open].filter(({ until }) => until >= period.from);
  return shown.map(({ from, until }) => line(place(from), place(until), y)).join("");
}

/** Backups at one place are one stroke. */
function strokes(backups: Backups, place: Place, from: number, to: number): string {
  const places = new Set(backups.map(({ finishedAt }) => place(Date.parse(finishedAt))));
  return [...places].map((x) => `M${x} ${from}V${to}`).join("");
}

function crosses(backups: Backups, place: Place, y: number): string {
  const places = new Set(backups.map(({ finishedAt }) => place(Date.parse(finishedAt))));
  return [...places].map((x) => `M${x - 3} ${y}l6 6m-6 0l6-6`).join("");
}

/** A line is at least one unit long, so that a short window can be seen. */
function line(from: number, to: number, y: number): string {
  return to < from ? "" : `M${from} ${y}H${Math.max(to, from + 1)}`;
}

function timelineLabel(backups: Backups | undefined, windows: Windows | undefined): string {
  const parts = [backups === undefined ? "backups not asked" : backupsLabel(backups)];
  if (windows !== undefined) parts.push(coverageLabel(coverageOf(windows)));
  return parts.join(", ");
}

function coverageLabel(coverage: Coverage | undefined): string {
  if (coverage === undefined) return "no WAL coverage";
  const { length } = coverage.gaps;
  return `WAL coverage with ${length} ${length === 1 ? "gap" : "gaps"}`;
}

function backupsLabel(backups: Backups): string {
  const newest = backups.at(-1);
  const full = backups.filter(isFull).length;
  const last = newest === undefined ? "" : `, the newest of ${minuteText(newest.finishedAt)}`;
  return `${backups.length} ${backups.length === 1 ? "backup" : "backups"}, ${full} full${last}`;
}

/** Units that the label of a tick takes. */
const labelWidth = 40;

/** The dates of a timeline. A screen reader gets the period from the heading. */
export function timeAxis(period: Period, width: number): Markup {
  const scale = scaleUtc([period.from, period.until], [0, width]);
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const ticks = scale.ticks(Math.max(2, Math.round(width / 80))).map((tick) => ({ tick, x: Math.round(scale(tick)) }));
  const marks = ticks.map(({ tick, x }, index) => {
    const mark = markup`<path d="M${x} 12v4"/>`;
    // The first day of a month is a tick, too, and may be close to the one before.
    const isClose = x - (ticks[index - 1]?.x ?? -Infinity) < labelWidth;
    const isCut = x < labelWidth / 2 || x > width - labelWidth / 2;
    if (isClose || isCut) return mark;
    return markup`${mark}<text x="${x}" y="10" text-anchor="middle">${format.format(tick)}</text>`;
  });
  return markup`<svg class="a" viewBox="0 0 ${width} 16" aria-hidden="true">${marks}</svg>`;
}
