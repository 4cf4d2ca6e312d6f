import { createHash, randomBytes } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { fleetPage } from "../../domain/fleet/page/page.ts";
import type { FleetReport } from "../../domain/fleet/report.ts";

const folder = new URL("../../domain/fleet/page/", import.meta.url);

/** The report as one HTML page, with its style and its script. */
export async function fleetPageText(report: FleetReport): Promise<string> {
  const style = await readFile(new URL("page.css", folder), "utf8");
  const script = await readFile(new URL("page.js", folder), "utf8");
  const hash = (content: string): string => createHash("sha256").update(content).digest("base64");
  return fleetPage(report, { style, script, hash });
}

/**
 * Writes a page in place of the one that was there. Whoever reads the file never sees a part of it.
 *
 * @throws RecoveryError `report-not-written`. What was there is unchanged then.
 */
export async function writePage(file: string, page: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await writeFile(draft, page, { flag: "wx" });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw new RecoveryError("report-not-written", `${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
