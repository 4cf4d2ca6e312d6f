import { styleText } from "node:util";
import Table from "cli-table3";
import type { Verdict } from "../domain/stanza/status.ts";
import { visibleText } from "../domain/visible-text.ts";
import type { ColorChoice } from "./options.ts";

/** A text with the colour of its verdict. It is coloured only after its own control characters were made visible. */
export interface Painted {
  readonly text: string;
  readonly paint: (text: string) => string;
}
export type Cell = string | Painted;

/** A text in the colour of its verdict, if the option and the terminal allow it. */
export function painted(text: string, verdict: Verdict, color: ColorChoice): Painted {
  const style = ({ okay: "green", finding: "red", undetermined: "yellow", "not-expected": "gray" } as const)[verdict];
  switch (color) {
    case "never":
      return { text, paint: (shown) => shown };
    case "always":
      return { text, paint: (shown) => styleText(style, shown, { validateStream: false }) };
    case "auto":
      return { text, paint: (shown) => styleText(style, shown, { stream: process.stdout }) };
  }
}

const gap = "   ";
/** Columns that the last cell needs beside the others; with less, it goes below them. */
const leastDetail = 28;
const indent = "  ";

/** A table without borders, as kubectl prints it. Each row takes as many columns as it needs. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return drawn([[...head], ...rows.map(shownRow)]);
}

export interface Fit {
  /** Columns that the table may use. */
  readonly width: number;
  /** The headings of columns that are left out when the table is too wide, the first one first. */
  readonly optional?: string | readonly string[];
}

/**
 * A table of at most a given width. If it is too wide, first optional columns are left out, one after the other; then the text of the last
 * column is wrapped, or goes below its row when too little room is left beside it. Nothing else is cut.
 */
export function fittedTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, optional }: Fit,
): string {
  const all = [[...head], ...rows.map(shownRow)];
  if (widthOf(all) <= width) return drawn(all);
  let kept = all;
  for (const heading of typeof optional === "string" ? [optional] : (optional ?? [])) {
    const left = kept[0]?.indexOf(heading) ?? -1;
    if (left !== -1) kept = kept.map((row) => row.toSpliced(left, 1));
    if (widthOf(kept) <= width) return drawn(kept);
  }
  const others = kept.map((row) => row.slice(0, -1));
  const room = width - widthOf(others) - gap.length;
  return room >= leastDetail ? drawn(kept, room) : withDetailBelow(kept, others, width);
}

/** Only the last cell may have several lines. */
function shownRow(row: readonly Cell[]): string[] {
  return row.map((cell, index) => {
    const { text, paint } = typeof cell === "string" ? { text: cell, paint: (shown: string) => shown } : cell;
    const shown = visibleText(text).replaceAll("\t", " ");
    return paint(index === row.length - 1 ? shown : shown.replaceAll("\n", "\\n"));
  });
}

function withDetailBelow(rows: readonly string[][], others: readonly string[][], width: number): string {
  const details = rows.map((row) => row.at(-1) ?? "");
  const [head = "", ...lines] = drawn(others).split("\n");
  const below = lines.flatMap((line, index) => [line, ...wrapped(details[index + 1] ?? "", width - indent.length)]);
  return [head, ...below].join("\n");
}

function wrapped(text: string, width: number): string[] {
  if (text === "") return [];
  return drawn([[text]], width)
    .split("\n")
    .map((line) => `${indent}${line}`);
}

function widthOf(rows: readonly string[][]): number {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => longestLine(row[column]))),
  );
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns - 1);
}

function longestLine(text = ""): number {
  const lines = text.replaceAll(/\u001b\[\d+m/g, "").split("\n");
  return Math.max(...lines.map(({ length }) => length));
}

const borders = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
];

/** @param lastWidth where the last column is wrapped; absent: not at all. */
function drawn(rows: readonly string[][], lastWidth?: number): string {
  const columns = rows[0]?.length ?? 0;
  const view = new Table({
    chars: { ...Object.fromEntries(borders.map((name) => [name, ""])), middle: gap },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    ...(lastWidth !== undefined && {
      colWidths: [...Array<null>(columns - 1).fill(null), lastWidth],
      wordWrap: true,
    }),
  });
  const last = (row: string[]): string[] =>
    lastWidth === undefined ? row : row.with(-1, withBrokenWords(row.at(-1) ?? "", lastWidth));
  view.push(...rows.map(last));
  return view
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** The library would cut a word that is longer than a line. */
function withBrokenWords(text: string, width: number): string {
  return text.replaceAll(/\S+/g, (word) => {
    // Characters beyond ASCII may take two columns.
    const most = /^[\x21-\x7e]*$/.test(word) ? width : Math.floor(width / 2);
    return word.replaceAll(new RegExp(`.{${most}}(?=.)`, "gu"), "$&\n");
  });
}
