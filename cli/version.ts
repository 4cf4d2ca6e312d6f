import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsedJson } from "../domain/text.ts";

/** The version of package.json. */
export function version(): string {
  const content = parsedJson(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
  if (typeof content === "object" && content !== null && "version" in content) return String(content.version);
  throw new TypeError("package.json names no version");
}
