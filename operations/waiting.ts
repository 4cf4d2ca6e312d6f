import type { Surroundings } from "./surroundings.ts";

/** How long to wait in total, and between two checks. All in seconds. */
export interface WaitLimits {
  readonly limit: number;
  /** The pause after the first check, after the second, and so on; the last one repeats. */
  readonly pauses: readonly number[];
}

/**
 * Waits for something outside this process, from its construction until the limit is over.
 *
 * The last pause is shortened, so that the last check takes place when the limit is over, and not one pause earlier. A
 * check is never cut short.
 *
 * @example
 * const wait = new Wait({ limit: 60, pauses: [2] }, surroundings);
 * do {
 *   const leader = await leaderNow();
 *   if (leader !== undefined) return leader;
 * } while (await wait.pause("waiting for the election of a leader"));
 * throw new RecoveryError(…);
 */
export class Wait {
  readonly #surroundings: Surroundings;
  readonly #pauses: readonly number[];
  /** Milliseconds since 1970. */
  readonly #deadline: number;
  readonly #reported = new Set<string>();
  #checks = 0;
  #wasLast = false;

  constructor({ limit, pauses }: WaitLimits, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#pauses = pauses;
    this.#deadline = surroundings.now().getTime() + limit * 1000;
  }

  /**
   * Sleeps until the next check; false when the limit is over, so that no further check should follow.
   *
   * @param line of progress that says what is waited for; each such line is reported once.
   * @throws the signal's reason, as soon as it aborts.
   */
  async pause(line?: string): Promise<boolean> {
    const { now, progress, signal, sleep } = this.#surroundings;
    signal.throwIfAborted();
    const left = (this.#deadline - now().getTime()) / 1000;
    if (this.#wasLast || left <= 0) return false;
    if (line !== undefined && !this.#reported.has(line)) {
      this.#reported.add(line);
      progress(line);
    }
    const pause = this.#pauses[Math.min(this.#checks, this.#pauses.length - 1)] ?? left;
    this.#checks += 1;
    // Decided before the sleep and not by the clock afterwards, because a timer may fire a little early.
    this.#wasLast = pause >= left;
    await sleep(Math.min(pause, left));
    signal.throwIfAborted();
    return true;
  }
}
