import { readFile } from "node:fs/promises";
import { messageOf, RecoveryError } from "../domain/errors.ts";

/**
 * The content of a JSON file that an option names; undefined when the option was not given.
 *
 * @throws RecoveryError `arguments-invalid` when it cannot be read, or is not JSON. The content is not quoted.
 */
export async function jsonFile(option: string, file: string | undefined): Promise<unknown> {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : messageOf(error);
    throw new RecoveryError("arguments-invalid", `${option} ${file}: ${why}`);
  }
}
