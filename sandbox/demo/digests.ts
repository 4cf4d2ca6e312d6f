import { z } from "zod";
import { table } from "../../cli/table.ts";

/** A table's content: how many rows it has, and a digest of all of them that does not depend on their order. */
export const tableDigestSchema = z.object({ table: z.string(), rows: z.int(), digest: z.string() });
export type TableDigest = z.infer<typeof tableDigestSchema>;

/** The query that lists the tables of the schema public as `table`. */
export const tablesQuery = `select tablename as "table" from pg_tables where schemaname = 'public' order by 1`;

/**
 * The query that digests these tables.
 *
 * @throws without a table: a comparison of nothing would find no difference.
 */
export function digestQuery(tables: readonly string[]): string {
  if (tables.length === 0) throw new Error("the database has no table to compare");
  return tables.map(digestOf).join("\nunion all ");
}

function digestOf(name: string): string {
  const identifier = `"${name.replaceAll('"', '""')}"`;
  const literal = `'${name.replaceAll("'", "''")}'`;
  return `select ${literal} as "table", count(*)::int as rows,
  md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as digest from public.${identifier} t`;
}

/** A table in two databases. */
export interface Compared {
  readonly table: string;
  readonly before: TableDigest | undefined;
  readonly after: TableDigest | undefined;
  readonly isSame: boolean;
}

/** Every table of either database, sorted by name. */
export function compareTables(before: readonly TableDigest[], after: readonly TableDigest[]): Compared[] {
  const names = new Set([...before, ...after].map(({ table: name }) => name));
  return [...names].toSorted().map((name) => {
    const [first, second] = [before, after].map((digests) => digests.find(({ table: other }) => other === name));
    const isSame = first !== undefined && first.rows === second?.rows && first.digest === second.digest;
    return { table: name, before: first, after: second, isSame };
  });
}

/** The comparison for a person. The headings name the two databases, such as LOST and RESTORED. */
export function comparisonTable(compared: readonly Compared[], headings: readonly [string, string]): string {
  const shown = (found: TableDigest | undefined): string =>
    found === undefined ? "no such table" : `${found.rows} rows, md5 ${found.digest.slice(0, 12)}`;
  const rows = compared.map(({ after, before, isSame, table: name }) => [
    name,
    shown(before),
    shown(after),
    isSame ? "yes" : "NO",
  ]);
  return table(["TABLE", ...headings, "SAME"], rows);
}

/** @throws with the names of the tables that differ. */
export function assertSameTables(compared: readonly Compared[]): void {
  const different = compared.filter(({ isSame }) => !isSame).map(({ table: name }) => name);
  if (different.length > 0) throw new Error(`these tables differ: ${different.join(", ")}`);
}
