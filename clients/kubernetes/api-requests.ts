import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { RecoveryError } from "../../domain/errors.ts";
import { RequestError, requestError, type Connection } from "./request-error.ts";

/** Seconds for one answer, including all retries and pauses. */
const limitSeconds = 30;
/** The five pauses take 15 to 24 seconds in total, which is enough for a restart of the API server. */
const pauses = { retries: 5, minTimeout: 500, maxTimeout: 8000, factor: 2, randomize: true };

/** What a request needs besides the API server. */
export interface RequestSurroundings {
  /** Gets valid credentials, or throws a RecoveryError that says why there are none. */
  readonly logIn: (signal: AbortSignal) => Promise<void>;
  /** A line of progress for a person. */
  readonly progress: (line: string) => void;
  /** Aborts when the caller wants to stop. */
  readonly signal: AbortSignal;
}

/**
 * Requests to one API server. Each has a time limit. It is sent again after a temporary failure: 429, 5xx, or a connection
 * that was refused or cut. Every other failure is final at once.
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
  #retryReported = false;

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
        this.#retryReported = false;
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
          this.#reportRetry(error);
          await sleep((error.retryAfterSeconds ?? 0) * 1000, undefined, { signal: bound });
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      // At the deadline, the last failure says more than the timeout.
      throw failure ?? error;
    }
  }

  /** Several requests run at the same time, and one line for all of them is enough. */
  #reportRetry({ message }: RequestError): void {
    if (this.#retryReported) return;
    this.#retryReported = true;
    this.#surroundings.progress(`${message}; trying again`);
  }
}

function isPassing(error: Error): error is RequestError {
  return error instanceof RequestError && error.passing && (error.retryAfterSeconds ?? 0) < limitSeconds;
}
