import { cutLines, visibleJson, visibleLine, visibleText } from "../domain/visible-text.ts";
import type { ColorChoice } from "./options.ts";

// Everything that the program prints goes through here, because much of it comes from a cluster.

/** The only escape sequences that output contains: the colours of cli/table.ts. */
const colours = /(\u001b\[(?:31|32|33|39|90)m)/;

/**
 * Text for a person, without any character that a terminal would obey. Colours stay, unless the choice is `never`.
 *
 * @example shownText("\u001b[2Jdone", "never") // → "\\u{1b}[2Jdone"
 */
export function shownText(text: string, color: ColorChoice): string {
  if (color === "never") return visibleText(text);
  return text
    .split(colours)
    .map((part, index) => (index % 2 === 1 ? part : visibleText(part)))
    .join("");
}

/** Prints text for a person on stdout, and a newline. */
export function printText(text: string, color: ColorChoice = "never"): void {
  process.stdout.write(`${shownText(text, color)}\n`);
}

/** Prints JSON on stdout, and a newline. */
export function printJson(value: unknown, indent?: number): void {
  process.stdout.write(`${visibleJson(value, indent)}\n`);
}

/** Prints one line of progress on stderr. A very long one is cut. */
export function printProgress(line: string): void {
  process.stderr.write(`${cutLines(visibleLine(line))}\n`);
}

/** Prints an error on stderr. Very long lines are cut. */
export function printError(text: string): void {
  process.stderr.write(cutLines(visibleText(text)));
}

/** Shows a line in place of the one before, on stderr, which must be a terminal. An empty text removes it. */
export function replaceLine(text: string): void {
  process.stderr.cursorTo(0);
  process.stderr.clearLine(0);
  process.stderr.write(visibleLine(text).slice(0, process.stderr.columns - 1));
}

/** Ends the process with its exit code as soon as both streams are flushed, whatever is still open. */
export function endProcess(): void {
  process.stderr.write("", () => process.stdout.write("", () => process.exit()));
}

/** Clears the terminal that stdout is; nothing elsewhere. */
export function clearScreen(): void {
  if (process.stdout.isTTY) process.stdout.write("\u001b[H\u001b[2J");
}

/**
 * Columns that a table on stdout may use: those of the terminal, else the variable COLUMNS, else any number. Tables in
 * pipes and files are wide by default, so that `grep` and `awk` see each cluster in one line.
 */
export function outputWidth(): number {
  // A terminal without a size says 0.
  if (process.stdout.isTTY && process.stdout.columns > 0) return process.stdout.columns;
  const columns = Number(process.env["COLUMNS"] ?? "");
  return Number.isInteger(columns) && columns > 0 ? columns : Infinity;
}
