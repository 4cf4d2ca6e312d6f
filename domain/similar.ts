import { distance } from "fastest-levenshtein";

/** More edits than this are not a typing mistake. */
const mostEdits = 3;

/** A shorter word begins too many others. */
const shortestPrefix = 3;

/**
 * The candidates that a mistyped word most likely means: those with the fewest edits between them, at most 3, and at most
 * a third of the word; else those that begin with the word.
 *
 * @example similar("calender/calendar-db", ["calendar/calendar-db", "calendar/scheduler-db"]) // → ["calendar/calendar-db"]
 * @example similar("holds", ["hold", "cluster"]) // → ["hold"]
 * @example similar("dumpDir", ["dumpDirectory", "targets"]) // → ["dumpDirectory"]
 */
export function similar(word: string, candidates: readonly string[]): string[] {
  const limit = Math.min(mostEdits, Math.ceil(word.length / 3));
  const edits = [...new Set(candidates)].map((candidate) => ({ candidate, count: distance(word, candidate) }));
  const fewest = Math.min(limit, ...edits.map(({ count }) => count));
  const close = edits.filter(({ count }) => count === fewest).map(({ candidate }) => candidate);
  if (close.length > 0 || word.length < shortestPrefix) return close;
  return [...new Set(candidates)].filter((candidate) => candidate.startsWith(word));
}

/**
 * A question that suggests what was meant; undefined when nothing is similar.
 *
 * @example didYouMean("holds", ["hold", "cluster"]) // → "did you mean hold?"
 */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const found = similar(word, candidates);
  if (found.length === 0) return undefined;
  return `did you mean ${found.length === 1 ? "" : "one of "}${found.join(", ")}?`;
}

/**
 * A next step after a suggestion, if there is one.
 *
 * @example orElse("did you mean dev?", "choose one with --context") // → "did you mean dev? Or choose one with --context"
 */
export function orElse(suggestion: string | undefined, next: string): string {
  return suggestion === undefined ? next : `${suggestion} Or ${next}`;
}
