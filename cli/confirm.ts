import { RecoveryError } from "../domain/errors.ts";
import { printError } from "./output.ts";
import { ask, canAsk } from "./question.ts";

const next = "see what would be done with --dry-run, then run it again with --yes";

/**
 * Shows what is about to happen, and asks whether it may. The default is no.
 *
 * @throws RecoveryError `not-confirmed` when the answer is not yes, or when there is no terminal to ask on.
 */
export async function confirm(what: string, question: string, signal: AbortSignal): Promise<void> {
  printError(`${what}\n`);
  if (!canAsk()) {
    throw new RecoveryError("not-confirmed", "not confirmed, and there is no terminal to ask on: nothing was done", {
      next,
    });
  }
  if (/^y(es)?$/i.test(await ask(`${question} [y/N] `, signal))) return;
  throw new RecoveryError("not-confirmed", "not confirmed: nothing was done", { next });
}
