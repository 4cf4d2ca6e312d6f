// Text from a cluster may hold characters that a terminal obeys instead of showing: ESC starts a command (colours, moving
// the cursor, writing to the clipboard), and bidirectional controls reorder what a person reads.

/** Control and format characters (Unicode's Cc and Cf), separators of lines and paragraphs, lone surrogates. */
const unsafe = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

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

/** JSON that is safe to show on a terminal. It parses to exactly the same value. */
export function visibleJson(value: unknown, indent?: number): string {
  // JSON.stringify escapes C0 itself. All other unsafe characters can occur only inside strings.
  return JSON.stringify(value, undefined, indent).replaceAll(unsafe, escapedUnits);
}

function escapedUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}
