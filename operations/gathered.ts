import { messageOf, RecoveryError } from "../domain/errors.ts";
import type { Gathered } from "../domain/gathered.ts";

/**
 * The answer, or why there is none: so that one thing that cannot be found out does not hide the others.
 *
 * @throws the reason of `signal`: somebody stopped it.
 */
export async function gathered<T>(answer: Promise<T>, signal: AbortSignal): Promise<Gathered<T>> {
  try {
    return { found: await answer };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RecoveryError)
      return { failed: error.next === undefined ? error.message : `${error.message}; ${error.next}` };
    return { failed: messageOf(error) };
  }
}
