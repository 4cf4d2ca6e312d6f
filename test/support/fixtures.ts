import { readFileSync } from "node:fs";

/** Stdout of a real tool, captured once. */
export function sampleOutput(name: string): string {
  return readFileSync(new URL(`../fixtures/samples/${name}.stdout`, import.meta.url), "utf8");
}
