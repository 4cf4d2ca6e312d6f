import { isInteger, isSafeNumber, parse } from "lossless-json";

const numberOrBigInt = (digits: string): number | bigint =>
  isInteger(digits) && !isSafeNumber(digits) ? BigInt(digits) : Number(digits);

/** How many lines that look like the start of a document are tried: banners such as `[warn] …` look so too. */
const startsTried = 20;

/**
 * The JSON document in a command's output, with every integer that a JavaScript number would corrupt kept as a BigInt
 * (PostgreSQL system identifiers have 64 bits). Lines before the document (banners, warnings) are skipped.
 *
 * @throws SyntaxError when there is no whole JSON array or object in the text, for instance because it was cut.
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
