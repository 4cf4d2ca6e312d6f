import { createHash } from "node:crypto";
import type { SegmentTable } from "../walg/segments.ts";
import type { ReadWal } from "./entry.ts";

/** Segments of one run at most, so that one changed segment makes few others be read again. */
const runLength = 256;

/** The fingerprint of the segments between two numbers, both included; undefined when one of them is missing. */
export function walFingerprint(table: SegmentTable | undefined, first: number, last: number): string | undefined {
  const hash = createHash("sha256");
  let next = first;
  for (const { number, size, modified, ending } of table?.between(first, last) ?? []) {
    if (number !== next) return undefined;
    hash.update(`${number} ${size} ${modified} ${ending}\n`);
    next += 1;
  }
  return next === last + 1 ? hash.digest("base64url") : undefined;
}

/** Segments of one timeline as runs without a hole, each within one block of 256 numbers. */
export function walRuns(timeline: number, numbers: Iterable<number>, table: SegmentTable | undefined): ReadWal[] {
  const runs: { first: number; last: number }[] = [];
  for (const number of [...numbers].toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run?.last === number - 1 && number % runLength !== 0) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.flatMap(({ first, last }) => {
    const fingerprint = walFingerprint(table, first, last);
    return fingerprint === undefined ? [] : [{ timeline, first, last, fingerprint }];
  });
}
