import { z } from "zod";
import { findingsAt } from "../finding.ts";
import type { Judged } from "../restore/proof/checks.ts";
import { parsedJson } from "../text.ts";

const archivingSchema = z.object({ archiveMode: z.string(), archiveCommand: z.string() });

/** One row with one JSON object: how the database archives its WAL. */
export const archivingQuery =
  "select json_build_object('archiveMode', current_setting('archive_mode'), 'archiveCommand', current_setting('archive_command'))::text";

/** What the clone could write backups with. */
export interface IsolationFacts {
  /** The answer to {@link archivingQuery}. */
  readonly archiving: string;
  /** Names of the container's variables that make Spilo write backups, and of WAL-G's folder for them; empty when there are none. */
  readonly writers: readonly string[];
}

/** Commands that archive nothing: Spilo's, and PostgreSQL's word for a command that has no effect. */
const idleCommands: readonly string[] = ["", "/bin/true", "(disabled)"];

/**
 * Whether the clone can write into the backups of the database that it was restored from. It has its name, its system
 * identifier and its history, so that what it wrote would be taken for that database's own.
 */
export function judgeIsolation(where: string, { archiving, writers }: IsolationFacts): Judged {
  const at = findingsAt(where);
  const expected = "archive_mode off, and no place for backups in the container";
  const settings = archivingSchema.safeParse(parsedJson(archiving)).data;
  if (settings === undefined) {
    const what = "Postgres did not say how it archives its WAL";
    return { expected, found: "not known", findings: [at.unknown("drill-isolation-unknown", what, "drill again")] };
  }
  const { archiveMode, archiveCommand } = settings;
  const archives = archiveMode !== "off" && !idleCommands.includes(archiveCommand);
  const place = writers.length === 0 ? "no place for backups" : `a place for backups (${writers.join(", ")})`;
  const found = `archive_mode ${archiveMode}, ${place}`;
  if (!archives && writers.length === 0)
    return { expected, found, findings: [at.ok("drill-isolated", `writes no WAL and no backup: ${found}`)] };
  const what = `may write into the backups of the database that it was restored from: ${found}`;
  return { expected, found, findings: [at.refuse("drill-not-isolated", what, fix)] };
}

const fix = "see the Pod's environment for who adds variables to it, such as an admission webhook; remove the drill";
