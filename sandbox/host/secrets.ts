import { createHmac, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { layout } from "./directory.ts";

/** Returns the sandbox's token or password for a purpose. */
export type Secrets = (purpose: string) => string;

/** All secrets are derived from one random value, so that a second start gets the same ones. */
export async function loadSecrets(directory: string): Promise<Secrets> {
  const file = layout(directory).seed;
  let seed = await readFile(file, "utf8").catch(() => undefined);
  if (seed === undefined) {
    seed = randomBytes(32).toString("hex");
    await writeFile(file, seed, { mode: 0o600 });
  }
  return (purpose) => createHmac("sha256", seed).update(purpose).digest("hex");
}
