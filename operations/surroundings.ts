import { setTimeout as timeout } from "node:timers/promises";

/** What an operation needs from its caller: a clock, a receiver of progress, and a signal to stop. Tests replace the clock. */
export interface Surroundings {
  readonly now: () => Date;
  readonly sleep: (seconds: number) => Promise<void>;
  /** Receives a line of progress for a person. */
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
        // The timer's own AbortError hides the signal's reason.
        signal.throwIfAborted();
        throw error;
      }
    },
    progress,
    signal,
  };
}
