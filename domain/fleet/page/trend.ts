import { scaleLinear, scaleUtc } from "d3-scale";
import { line } from "d3-shape";
import { markup, Markup, nothing } from "./markup.ts";

export interface TrendPoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

export interface Trend {
  readonly title: string;
  /** Oldest first. */
  readonly points: readonly TrendPoint[];
  /** A value that should not be passed. Undefined: none. */
  readonly target?: number | undefined;
  /** A value for a person. */
  readonly text: (value: number) => string;
}

const [width, height, left, top, bottom] = [360, 120, 70, 14, 20];

/**
 * A chart of values over time, as an SVG with its figures in words.
 *
 * @returns nothing for fewer than two points, which are no trend.
 */
export function trendChart({ points, target, text, title }: Trend): Markup {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return nothing;
  const values = points.map(({ value }) => value);
  const largest = Math.max(...values, target ?? 0, 1);
  const x = scaleUtc([first.at, last.at], [left, width - 8]);
  const y = scaleLinear([0, largest], [height - bottom, top]);
  const drawn = line<TrendPoint>(
    ({ at }) => Math.round(x(at)),
    ({ value }) => Math.round(y(value)),
  ).digits(0)(points);
  const dots = points.map(
    ({ at, value }) => markup`<circle cx="${Math.round(x(at))}" cy="${Math.round(y(value))}" r="3"/>`,
  );
  const least = Math.min(...values);
  const range = `from ${text(least)} to ${text(Math.max(...values))}, the newest ${text(last.value)}`;
  const label = `${title}: ${points.length} values, ${range}${target === undefined ? "" : `; the target is ${text(target)}`}`;
  return markup`<figure><figcaption>${title}</figcaption><svg class="c" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${grid(largest, y, text)}${targetLine(target, y, text)}<path class="l" d="${drawn ?? ""}"/>${dots}${days(first.at, last.at)}</svg></figure>`;
}

function grid(largest: number, y: (value: number) => number, text: Trend["text"]): Markup[] {
  return [0, largest / 2, largest].map((value) => {
    const place = Math.round(y(value));
    return markup`<path class="r" d="M${left} ${place}H${width - 8}"/><text x="${left - 6}" y="${place + 4}" text-anchor="end">${text(value)}</text>`;
  });
}

function targetLine(target: number | undefined, y: (value: number) => number, text: Trend["text"]): Markup {
  if (target === undefined) return nothing;
  const place = Math.round(y(target));
  return markup`<path class="g" d="M${left} ${place}H${width - 8}"/><text x="${width - 8}" y="${place - 4}" text-anchor="end">target ${text(target)}</text>`;
}

function days(first: number, last: number): Markup {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return markup`<text x="${left}" y="${height - 4}">${day(first)}</text><text x="${width - 8}" y="${height - 4}" text-anchor="end">${day(last)}</text>`;
}
