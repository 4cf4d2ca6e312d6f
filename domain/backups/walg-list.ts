import { z } from "zod";
import { findingsAt, type Finding } from "../finding.ts";
import { parseJsonOutput } from "../json-output.ts";
import type { WalgListing } from "../walg/storage.ts";

/** Names of backups that `wal-g backup-list --json` prints, or why they are not known. */
export type WalgList = { readonly names: readonly string[] } | { readonly silent: true } | { readonly unread: string };

const listSchema = z.array(z.object({ backup_name: z.string() }));
/** Names in a finding, before the rest is only counted. */
const namesShown = 3;

/**
 * Reads what `wal-g backup-list --json` printed when it ended with 0. WAL-G up to 3.0.7 prints nothing at all for an empty
 * place, and WAL-G up to 1.1 also when S3 refuses it, so nothing is no answer.
 *
 * @example readWalgList('[{"backup_name": "base_1"}]') // → { names: ["base_1"] }
 * @example readWalgList("") // → { silent: true }
 */
export function readWalgList(stdout: string): WalgList {
  if (stdout.trim() === "") return { silent: true };
  try {
    return { names: listSchema.parse(parseJsonOutput(stdout)).map(({ backup_name: name }) => name) };
  } catch {
    return { unread: "it printed something else than a list of backups" };
  }
}

/**
 * Compares the sentinels in S3 with WAL-G's list.
 *
 * @param where the Pod, for the findings.
 */
export function judgeWalgList(where: string, { backups }: WalgListing, list: WalgList): Finding[] {
  const at = findingsAt(where);
  if ("unread" in list) {
    const what = `wal-g backup-list did not answer: ${list.unread}`;
    return [at.unknown("backup-list-unread", what, "see the message, then verify again")];
  }
  if ("silent" in list) {
    if (backups.length === 0) return [];
    const what = `wal-g backup-list printed nothing, and S3 holds ${backups.length} backups`;
    return [at.unknown("backup-list-empty", what, "run it in the Pod, and read its messages on stderr")];
  }
  const inStore = new Set(backups.map(({ name }) => name));
  const listed = new Set(list.names);
  const unlisted = [...inStore.difference(listed)];
  const elsewhere = [...listed.difference(inStore)];
  const fix = "compare WALG_S3_PREFIX in /run/etc/wal-e.d/env of the Pod with the place, and the Pod's policy";
  const findings: Finding[] = [];
  if (unlisted.length > 0)
    findings.push(at.refuse("backup-not-listed", `wal-g backup-list does not name ${some(unlisted)}`, fix));
  if (elsewhere.length > 0)
    findings.push(at.refuse("backup-not-in-store", `wal-g backup-list names ${some(elsewhere)}, not found in S3`, fix));
  return findings.length > 0
    ? findings
    : [at.ok("backup-list-agrees", `wal-g backup-list names the same ${backups.length} backups as S3`)];
}

function some(names: readonly string[]): string {
  const more = names.length - namesShown;
  return `${names.slice(0, namesShown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
