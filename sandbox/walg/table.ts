/**
 * A table as WAL-G prints it: columns as wide as their longest value, one space between them, the last one not padded.
 */
export function plainTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_title, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const printed = lines.map((line) =>
    line.map((value, column) => (column === header.length - 1 ? value : value.padEnd(widths[column] ?? 0))).join(" "),
  );
  return `${printed.join("\n")}\n`;
}
