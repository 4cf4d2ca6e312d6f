import { createInterface } from "node:readline";
import { RecoveryError } from "../domain/errors.ts";
import { printError } from "./output.ts";

/** Whether there is a person to ask: both stdin and stderr are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** The lines of stdin. One reader for all questions, so that an answer that was typed ahead is not lost. */
let typed: AsyncIterator<string> | undefined;

/**
 * The answer of the person at the terminal, without blanks around it. The question goes to stderr.
 *
 * @throws the signal's reason when it is interrupted; RecoveryError `not-confirmed` when the terminal is closed.
 */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  printError(question);
  typed ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const interrupted = Promise.withResolvers<never>();
  const interrupt = (): void => {
    interrupted.reject(signal.reason as Error);
  };
  signal.addEventListener("abort", interrupt, { once: true });
  process.stdin.ref();
  try {
    const line = await Promise.race([typed.next(), interrupted.promise]);
    if (line.done !== true) return line.value.trim();
    throw new RecoveryError("not-confirmed", "the terminal was closed without an answer: nothing was done");
  } finally {
    signal.removeEventListener("abort", interrupt);
    // Otherwise the reader would keep the process alive.
    process.stdin.unref();
  }
}
