import type { FailureKind } from "../domain/catalogue/error-codes.ts";
import type { Verdict } from "../domain/stanza/status.ts";

/** What the exit codes mean. Every `--help` prints this. */
export const exitCodeHelp = `Exit codes:
  0    all okay
  1    findings: at least one cluster needs a repair or a look
  2    usage: wrong arguments, context or cluster
  3    could not be determined: something did not answer
  4    a repair failed or was refused
  130  interrupted`;

/** The exit code of an error. */
export function failureExitCode(kind: FailureKind): number {
  return { usage: 2, undetermined: 3, failed: 4, interrupted: 130 }[kind];
}

/** The exit code of a list. Findings take precedence over what could not be determined, because they are certain. */
export function verdictExitCode(verdicts: readonly Verdict[]): number {
  if (verdicts.includes("finding")) return 1;
  return verdicts.includes("undetermined") ? 3 : 0;
}
