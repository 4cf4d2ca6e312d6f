import { isInteger, isSafeNumber, parse } from "lossless-json";

const numberOrBigInt = (digits: string): number | bigint =>
  isInteger(digits) && !isSafeNumber(digits) ? BigInt(digits) : Number(digits);

/** How many lines that look like the start of a document are tried. Banners such as `[warn] …` look like one, too. */
const startsTried = 20;

/**
 * The JSON document in a command's output. Lines before it (banners, warnings) are skipped. An integer that does not fit
 * into a JavaScript number becomes a BigInt: PostgreSQL's system identifiers have 64 bits.
 *
 * @example parseJsonOutput('[warn] slow disk\n{"id": 7431}') // → { id: 7431 }
 * @throws SyntaxError when the text contains no complete JSON array or object, for instance because it was cut off.
 */
export function parseJsonOutput(text: string): unknown {
  let failure: unknown = new SyntaxError("no JSON in the output");
  for (const start of text.matchAll(/^[ \t]*[[{]/gm).take(startsTried)) {
    try {
      return parse(text.slice(start.index), undefined, numberOrBigInt);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
