/**
 * The difference between two texts as a unified diff without context, which could show a secret that is not part of the
 * edit. The texts differ in one place; empty when they are the same.
 *
 * @example lineDiff("a\nc\n", "a\nb\nc\n", "file") // → "--- file\n+++ file\n@@ -1,0 +2 @@\n+b"
 */
export function lineDiff(before: string, after: string, file: string): string {
  if (before === after) return "";
  const [old, now] = [linesOf(before), linesOf(after)];
  const least = Math.min(old.length, now.length);
  let first = 0;
  while (first < least && old[first] === now[first]) first += 1;
  let same = 0;
  while (same < least - first && old.at(-1 - same) === now.at(-1 - same)) same += 1;
  const [removed, added] = [old.slice(first, old.length - same), now.slice(first, now.length - same)];
  const lines = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
  return [`--- ${file}`, `+++ ${file}`, `@@ -${range(first, removed)} +${range(first, added)} @@`, ...lines].join("\n");
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** An empty range is named by the line before it. */
function range(first: number, { length }: readonly string[]): string {
  if (length === 0) return `${first},0`;
  return length === 1 ? `${first + 1}` : `${first + 1},${length}`;
}
