import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { RecoveryError } from "../../domain/errors.ts";
import { RequestError, requestError, type Connection } from "./request-error.ts";

/** Seconds for one answer, every try and pause together. */
const limitSeconds = 30;
/** An API server that restarts is back within the five pauses, which take 15 to 24 seconds together. */
const pauses = { retries: 5, minTimeout: 500, maxTimeout: 8000, factor: 2, randomize: true };

/** What a question needs beside the API server. */
export interface RequestSurroundings {
  /** Gets valid credentials; its RecoveryError says why there are none. */
  readonly logIn: (signal: AbortSignal) => Promise<void>;
  /** A line of progress for a person. */
  readonly progress: (line: string) => void;
  /** Somebody's wish to stop. */
  readonly signal: AbortSignal;
}

/**
 * Questions to one API server that only read. Each is bounded in time, and asked again when nothing but the moment was
 * wrong: 429, 5xx, a connection refused or cut. Everything else is final at once.
 */
export class ApiRequests {
  readonly #connection: Connection;
  readonly #surroundings: RequestSurroundings;
  #toldOfRetry = false;

  constructor(connection: Connection, surroundings: RequestSurroundings) {
    this.#connection = connection;
    this.#surroundings = surroundings;
  }

  /**
   * The answer to one question; `what` names it as RBAC does, verb and resource.
   *
   * @throws RequestError, or the signal's reason.
   */
  async read<T>(what: string, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { logIn, signal } = this.#surroundings;
    const bound = AbortSignal.any([signal, AbortSignal.timeout(limitSeconds * 1000)]);
    let failure: RecoveryError | undefined;
    const ask = async (): Promise<T> => {
      try {
        await logIn(signal);
        const answer = await request(bound);
        this.#toldOfRetry = false;
        return answer;
      } catch (error) {
        failure = error instanceof RecoveryError ? error : requestError(this.#connection, what, error);
        throw failure;
      }
    };
    try {
      return await pRetry(ask, {
        ...pauses,
        signal: bound,
        shouldRetry: ({ error }) => isPassing(error),
        onFailedAttempt: async ({ error, retriesLeft }) => {
          if (!isPassing(error) || retriesLeft === 0) return;
          this.#tellOnce(error);
          await sleep((error.retryAfterSeconds ?? 0) * 1000, undefined, { signal: bound });
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      // At the deadline, what was wrong says more than that it came.
      throw failure ?? error;
    }
  }

  /** Several questions are under way at the same time: one line for all. */
  #tellOnce({ message }: RequestError): void {
    if (this.#toldOfRetry) return;
    this.#toldOfRetry = true;
    this.#surroundings.progress(`${message}; trying again`);
  }
}

function isPassing(error: Error): error is RequestError {
  return error instanceof RequestError && error.passing && (error.retryAfterSeconds ?? 0) < limitSeconds;
}
