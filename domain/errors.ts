import { errorKinds, type ErrorCode, type FailureKind } from "./catalogue/error-codes.ts";

/** What an error may carry besides its message. */
export interface ErrorDetails {
  /** What to do next. */
  readonly next?: string | undefined;
  /** What was caught. It is printed with `--debug`, so it must not quote input that may hold a secret. */
  readonly cause?: unknown;
}

/**
 * An error that a person can act on: what, where, and what to do next. It is shown without a stack trace.
 *
 * @example new RecoveryError("leader-moved", "calendar/calendar-db: the leader moved 3 times", { next: "run again" }).kind // → "failed"
 */
export class RecoveryError extends Error {
  readonly code: ErrorCode;
  readonly kind: FailureKind;
  readonly next: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.name = "RecoveryError";
    this.code = code;
    this.kind = errorKinds[code];
    this.next = details.next;
  }
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
