import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { RecoveryError } from "../../domain/errors.ts";
import { RequestError, requestError, type Connection } from "./request-error.ts";

/** Seconds for one answer, every try and pause together. */
const limitSeconds = 30;
/** An API server that restarts is back within the five pauses, which take 15 to 24 seconds together. */
const pauses = { retries: 5, minTimeout: 500, maxTimeout: 8000, factor: 2, randomize: true };

/** What a request needs besides the API server. */
export interface RequestSurroundings {
  /** Gets valid credentials; its RecoveryError says why there are none. */
  readonly logIn: (signal: AbortSignal) => Promise<void>;
  /** A line of progress for a person. */
  readonly progress: (line: string) => void;
  /** Somebody's wish to stop. */
  readonly signal: AbortSignal;
}

/**
 * Requests to one API server. Each is bounded in time, and sent again when only the moment was wrong: 429, 5xx, a
 * connection refused or cut. Everything else is final at once.
 *
 * A connection may be cut after the API server has carried a request out, so every request must be one that may be sent
 * twice:
 * - A GET changes nothing.
 * - A create that was carried out is refused the second time (409), and the caller takes that as "it exists".
 * - A server-side apply is idempotent: the second one finds the fields as they are to be.
 * - A delete carries the object's UID as a precondition. The second one finds no object (404) or another object of the
 *   same name (409), and the caller takes both as "it is gone".
 *
 * A new kind of write needs such a reason of its own before it may go through here.
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
   * The answer to one request; `what` names it as RBAC does, verb and resource.
   *
   * @throws RequestError, or the signal's reason.
   */
  async send<T>(what: string, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { logIn, signal } = this.#surroundings;
    const bound = AbortSignal.any([signal, AbortSignal.timeout(limitSeconds * 1000)]);
    let failure: RecoveryError | undefined;
    const attempt = async (): Promise<T> => {
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
      return await pRetry(attempt, {
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

  /** Several requests are under way at the same time: one line for all. */
  #tellOnce({ message }: RequestError): void {
    if (this.#toldOfRetry) return;
    this.#toldOfRetry = true;
    this.#surroundings.progress(`${message}; trying again`);
  }
}

function isPassing(error: Error): error is RequestError {
  return error instanceof RequestError && error.passing && (error.retryAfterSeconds ?? 0) < limitSeconds;
}
