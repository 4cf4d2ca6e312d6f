import { setTimeout as timeout } from "node:timers/promises";

/** What an operation takes from the outside: the clock, a place for progress, and somebody's wish to stop. */
export interface Surroundings {
  readonly now: () => Date;
  readonly sleep: (seconds: number) => Promise<void>;
  /** A line of progress for a person. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The real clock. */
export function realSurroundings(progress: (line: string) => void, signal: AbortSignal): Surroundings {
  return {
    now: () => new Date(),
    sleep: async (seconds) => {
      try {
        await timeout(seconds * 1000, undefined, { signal });
      } catch (error) {
        // The timer's own error hides who wanted to stop, and why.
        signal.throwIfAborted();
        throw error;
      }
    },
    progress,
    signal,
  };
}
