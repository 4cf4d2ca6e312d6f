import type { Hop, HopName } from "../../domain/alarm/test-report.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";

/** Seconds on a clock that nobody sets. Tests replace it. */
export type Stopwatch = () => number;
export const realStopwatch: Stopwatch = () => performance.now() / 1000;

/** The hops so far. */
export class HopLog {
  readonly hops: Hop[] = [];
  readonly #stopwatch: Stopwatch;
  readonly #signal: AbortSignal;

  constructor(stopwatch: Stopwatch, signal: AbortSignal) {
    this.#stopwatch = stopwatch;
    this.#signal = signal;
  }

  /**
   * Takes one hop, and records how it ended.
   *
   * @param detailOf what to say about it when it passed.
   * @returns undefined when it failed.
   * @throws the reason of an interruption.
   */
  async take<Result>(
    hop: HopName | "webhook",
    run: () => Promise<Result>,
    detailOf: (result: Result) => string,
  ): Promise<{ readonly result: Result } | undefined> {
    const started = this.#stopwatch();
    const seconds = () => Math.round((this.#stopwatch() - started) * 1000) / 1000;
    try {
      const result = await run();
      // A webhook accepts a message, and nobody can see whether it arrived.
      const state = hop === "webhook" ? "unproven" : "passed";
      this.hops.push({ hop, state, seconds: seconds(), detail: detailOf(result), code: null, next: null });
      return { result };
    } catch (error) {
      this.#signal.throwIfAborted();
      const known = error instanceof RecoveryError ? error : undefined;
      const [code, next] = [known?.code ?? "unexpected", known?.next ?? null] as const;
      this.hops.push({ hop, state: "failed", seconds: seconds(), detail: messageOf(error), code, next });
      return undefined;
    }
  }
}
