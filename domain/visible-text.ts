// Text from a cluster may hold characters that a terminal obeys instead of showing: ESC starts a command (colours, moving
// the cursor, writing to the clipboard), and bidirectional controls reorder what a person reads.

/** Control and format characters (Unicode's Cc and Cf), separators of lines and paragraphs, lone surrogates, invisible ones. */
const unsafe = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A text with every unsafe character shown as an escape. Newlines and tabs stay.
 *
 * @example visibleText("\u001b[2J done") // → "\\u{1b}[2J done"
 */
export function visibleText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replaceAll(unsafe, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`);
}

/**
 * The same in one line, so that a text cannot add lines of its own to a log.
 *
 * @example visibleLine("slow\nnext: rm -r /") // → "slow\\nnext: rm -r /"
 */
export function visibleLine(text: string): string {
  return visibleText(text.trimEnd()).replaceAll("\n", "\\n").replaceAll("\t", " ");
}

/** The longest line that a person gets to read, in bytes. */
const longestLine = 8 * 1024;

/**
 * The same text with every line cut that is longer than 8 KiB. Pulumi's command provider hangs for ever at a line of
 * 64 KiB on a stream that it shows.
 *
 * @example cutLines("x".repeat(9000)) // → 8,192 times "x", then "… (808 more bytes)"
 */
export function cutLines(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      const bytes = Buffer.from(line);
      if (bytes.length <= longestLine) return line;
      const end = characterStart(bytes, longestLine);
      return `${bytes.toString("utf8", 0, end)}… (${bytes.length - end} more bytes)`;
    })
    .join("\n");
}

/** The place where the UTF-8 character begins that has a byte at the given place. */
function characterStart(bytes: Buffer, place: number): number {
  return ((bytes[place] ?? 0) & 0xc0) === 0x80 ? characterStart(bytes, place - 1) : place;
}

/** JSON that is safe to show on a terminal. It parses to exactly the same value. */
export function visibleJson(value: unknown, indent?: number): string {
  // JSON.stringify escapes C0 itself. All other unsafe characters can occur only inside strings.
  return JSON.stringify(value, undefined, indent).replaceAll(unsafe, escapedUnits);
}

function escapedUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
