import { createHmac, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { layout } from "./directory.ts";

/** The token or password of a sandbox for this purpose. */
export type Secrets = (purpose: string) => string;

/** All secrets follow from one random value, so that a second start finds the same ones. */
export async function loadSecrets(directory: string): Promise<Secrets> {
  const file = layout(directory).seed;
  let seed = await readFile(file, "utf8").catch(() => undefined);
  if (seed === undefined) {
    seed = randomBytes(32).toString("hex");
    await writeFile(file, seed, { mode: 0o600 });
  }
  return (purpose) => createHmac("sha256", seed).update(purpose).digest("hex");
}
