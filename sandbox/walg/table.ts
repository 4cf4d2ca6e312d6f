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

/** A table with borders. The names of columns whose values stand at the right edge are given. */
export function borderedTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  rightAligned: readonly string[],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const border = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const printed = [header, ...rows].map((row) => {
    const cells = row.map((value, column) =>
      rightAligned.includes(header[column] ?? "")
        ? value.padStart(widths[column] ?? 0)
        : value.padEnd(widths[column] ?? 0),
    );
    return `| ${cells.join(" | ")} |`;
  });
  const [titles = "", ...lines] = printed;
  return `${[border, titles, border, ...lines, border].join("\n")}\n`;
}
