/**
 * The first line that is not blank; commands and libraries often add details below it.
 *
 * @example firstLine("\nERROR: [055]: unable to load\nHINT: …\n") // → "ERROR: [055]: unable to load"
 * @example firstLine("") // → ""
 */
export function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}

/**
 * The value of a JSON text; undefined when the text is not JSON.
 *
 * @example parsedJson('{"a": 1}') // → { a: 1 }
 * @example parsedJson("<html>") // → undefined
 */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A moment as people and JSON read it.
 *
 * @param milliseconds since 1970.
 * @example momentText(0) // → "1970-01-01T00:00:00.000Z"
 */
export function momentText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
