import { formatDuration, type Duration } from "../domain/duration.ts";

/** What ends the questions: the time limit, whose end is an answer, or somebody who stops everything. */
export interface Ends {
  readonly bound: AbortSignal;
  readonly stop: AbortSignal;
}

/** Ends with the signal, or when the time is over; the reason of the latter is a sentence. */
export function boundedBy(signal: AbortSignal, timeLimit: Duration): AbortSignal {
  const bound = new AbortController();
  const timer = setTimeout(() => {
    bound.abort(new Error(`not read within ${formatDuration(timeLimit)}`));
  }, timeLimit * 1000);
  // Nothing waits for this timer when all has been read.
  timer.unref();
  return AbortSignal.any([signal, bound.signal]);
}
