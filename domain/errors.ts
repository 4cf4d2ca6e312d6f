/**
 * Why a step ended without its result:
 * `usage` (the caller asked for something that cannot be), `undetermined` (the truth could not be found out),
 * `failed` (a repair was tried or refused), `interrupted` (somebody stopped it).
 */
export type FailureKind = "usage" | "undetermined" | "failed" | "interrupted";

/** An error that a person can act on: what, where, and what to do next. It is shown without a stack trace. */
export class RecoveryError extends Error {
  readonly kind: FailureKind;
  readonly next: string | undefined;

  constructor(kind: FailureKind, message: string, next?: string) {
    super(message);
    this.name = "RecoveryError";
    this.kind = kind;
    this.next = next;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
