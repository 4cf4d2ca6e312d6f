import { createInterface } from "node:readline/promises";
import { RecoveryError } from "../domain/errors.ts";
import { printError } from "./output.ts";

const next = "see what would be done with --dry-run, then run it again with --yes";

/**
 * Shows what is about to happen, and asks whether it may. The default is no.
 *
 * @throws RecoveryError `not-confirmed` when the answer is not yes, or when there is no terminal to ask on.
 */
export async function confirm(what: string, question: string, signal: AbortSignal): Promise<void> {
  printError(`${what}\n`);
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new RecoveryError("not-confirmed", "not confirmed, and there is no terminal to ask on: nothing was done", {
      next,
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    terminal.close();
  }
  throw new RecoveryError("not-confirmed", "not confirmed: nothing was done", { next });
}
