import type { Surroundings } from "./surroundings.ts";

/** How long to wait, and how long between two looks. All in seconds. */
export interface WaitLimits {
  readonly limit: number;
  /** The pause after the first look, after the second, and so on; the last one repeats. */
  readonly pauses: readonly number[];
}

/**
 * One wait for something outside of this process, from now on until its limit is over.
 *
 * The last pause is shortened, so that the last look is made when the limit is over and not a pause earlier. A look is
 * never cut short.
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
  readonly #told = new Set<string>();
  #looks = 0;
  #wasLast = false;

  constructor({ limit, pauses }: WaitLimits, surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#pauses = pauses;
    this.#deadline = surroundings.now().getTime() + limit * 1000;
  }

  /**
   * Sleeps until the next look; false when the limit is over, and there is to be no other look.
   *
   * @param line says what is waited for; each such line of progress is told once.
   * @throws the reason of the signal, at once.
   */
  async pause(line?: string): Promise<boolean> {
    const { now, progress, signal, sleep } = this.#surroundings;
    signal.throwIfAborted();
    const left = (this.#deadline - now().getTime()) / 1000;
    if (this.#wasLast || left <= 0) return false;
    if (line !== undefined && !this.#told.has(line)) {
      this.#told.add(line);
      progress(line);
    }
    const pause = this.#pauses[Math.min(this.#looks, this.#pauses.length - 1)] ?? left;
    this.#looks += 1;
    // Not found out by the clock afterwards: a timer may ring a little early.
    this.#wasLast = pause >= left;
    await sleep(Math.min(pause, left));
    signal.throwIfAborted();
    return true;
  }
}
