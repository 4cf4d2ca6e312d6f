import { findingsAt, type Finding } from "../../finding.ts";
import type { Judged } from "./checks.ts";
import type { AmcheckMode } from "./amcheck-modes.ts";

/**
 * What amcheck said of one database.
 * - `sound`: every B-tree index was read.
 * - `damaged`: the message of the first that is damaged.
 * - `not-installed`, `not-available`: the extension is not in this database, or not on this machine.
 */
export type IndexesAnswer =
  | { readonly indexes: "sound"; readonly count: number }
  | { readonly indexes: "damaged" | "unread"; readonly message: string }
  | { readonly indexes: "not-installed" | "not-available" };

export interface CheckedDatabase {
  readonly database: string;
  readonly answer: IndexesAnswer;
}

/** Whether amcheck found every B-tree index of every database sound. */
export function judgeIndexes(where: string, mode: AmcheckMode, databases: readonly CheckedDatabase[]): Judged {
  const at = findingsAt(where);
  const expected = "every B-tree index is sound (amcheck)";
  if (mode === "never") {
    const what = "no index was read: the settings say so";
    return { expected, found: "not checked", findings: [at.warn("restored-indexes-not-checked", what, "")] };
  }
  const findings = databases.flatMap((checked) => databaseFinding(where, mode, checked));
  const counts = databases.flatMap(({ answer }) => (answer.indexes === "sound" ? [answer.count] : []));
  const found = `${counts.reduce((sum, count) => sum + count, 0)} indexes read, in ${counts.length} of ${databases.length} databases`;
  return { expected, found, findings: findings.length > 0 ? findings : [at.ok("restored-indexes-sound", found)] };
}

function databaseFinding(where: string, mode: AmcheckMode, { database, answer }: CheckedDatabase): Finding[] {
  const at = findingsAt(`${where}, database ${database}`);
  switch (answer.indexes) {
    case "sound":
      return [];
    case "damaged": {
      const fix = "reindex it, and compare the table with what is expected; the backup may be damaged as well";
      return [at.refuse("restored-index-damaged", `an index is damaged: ${answer.message}`, fix)];
    }
    case "unread": {
      const fix = "see the database's log, then verify again";
      return [at.unknown("restored-indexes-unknown", `the indexes were not read to the end: ${answer.message}`, fix)];
    }
    case "not-installed": {
      const fix =
        "set restore.proof.amcheck to always: the extension is then created in a transaction that is rolled back";
      return [at.warn("restored-indexes-not-checked", "the extension amcheck is not installed", fix)];
    }
    case "not-available": {
      const what = "this PostgreSQL has no extension amcheck";
      if (mode !== "always") return [at.warn("restored-indexes-not-checked", what, "")];
      const fix = "use an image with the contrib modules, or set restore.proof.amcheck to if-installed";
      return [at.unknown("restored-indexes-unknown", what, fix)];
    }
  }
}

/**
 * Whether the extension is there: `installed|SCHEMA`, `available|` or `absent|`. The schema is quoted where it has to be.
 */
export const amcheckState = `select coalesce(
  (select 'installed|' || quote_ident(nspname) from pg_extension join pg_namespace n on n.oid = extnamespace
    where extname = 'amcheck'),
  (select 'available|' from pg_available_extensions where name = 'amcheck'),
  'absent|')`;

/** Exists only inside of a transaction that is rolled back. */
const ownSchema = "postgres_recovery_amcheck";

/**
 * Reads every B-tree index of a database and counts them. Indexes of temporary tables belong to other sessions.
 *
 * @param schema that of the extension, quoted; empty: it is created, for a transaction that is to be rolled back.
 */
export function indexesSql(schema: string): string {
  const create = `create schema ${ownSchema}; create extension amcheck schema ${ownSchema};`;
  return `${schema === "" ? create : ""}
select count(${schema === "" ? ownSchema : schema}.bt_index_check(indexrelid))
from pg_index join pg_class c on c.oid = indexrelid join pg_am a on a.oid = c.relam
where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and indisready and indisvalid`;
}

/** data_corrupted, index_corrupted: the other errors say nothing of an index. */
const damageStates: readonly (string | undefined)[] = ["XX001", "XX002"];

/** Reads the answer to {@link indexesSql}. */
export function readIndexes(
  answer: { readonly text: string } | { readonly failed: string; readonly sqlState?: string | undefined },
): IndexesAnswer {
  if ("failed" in answer) {
    return { indexes: damageStates.includes(answer.sqlState) ? "damaged" : "unread", message: answer.failed };
  }
  if (/^\d+$/.test(answer.text)) return { indexes: "sound", count: Number(answer.text) };
  return { indexes: "unread", message: "psql printed something else than a number" };
}
