import { findingsAt, type Finding } from "../../finding.ts";
import type { Judged } from "./checks.ts";
import type { Expectation, ExpectedQuery } from "./request.ts";

/** The result of a query as psql prints it, or why there is none. */
export type QueryAnswer = { readonly text: string } | { readonly failed: string };

export interface AnsweredQuery {
  readonly query: ExpectedQuery;
  readonly answer: QueryAnswer;
}

/** Longest part of a result that a report shows. */
const shownCharacters = 100;

/** Whether the databases exist, and the queries have the results that the settings name. */
export function judgeData(
  where: string,
  { databases, queries }: Expectation,
  existing: readonly string[],
  answers: readonly AnsweredQuery[],
): Judged {
  const at = findingsAt(where);
  const expected = [
    ...databases.map((name) => `database ${name}`),
    ...queries.map((query) => `${query.database}: ${query.sql} -> ${wanted(query)}`),
  ].join("; ");
  if (expected === "") {
    const what = "no database and no query is named, so no row was looked at";
    const fix = "name some in restore.expect of the stack's settings, or with --expect";
    return { expected: "nothing was named", found: "", findings: [at.warn("restored-data-not-compared", what, fix)] };
  }
  const missing = databases.filter((name) => !existing.includes(name));
  const findings: Finding[] = [
    ...missing.map((name) =>
      at.refuse("restored-database-missing", `has no database ${name}`, "see which backup was restored"),
    ),
    ...answers.flatMap((answered) => queryFinding(where, answered)),
  ];
  const found = [
    `databases ${existing.join(", ")}`,
    ...answers.map(({ query, answer }) => `${query.database}: ${query.sql} -> ${shown(answer)}`),
  ].join("; ");
  if (findings.length > 0) return { expected, found, findings };
  const what = `has ${databases.length} of ${databases.length} databases, and ${answers.length} of ${queries.length} queries have their result`;
  return { expected, found, findings: [at.ok("restored-data-as-expected", what)] };
}

function queryFinding(where: string, { query, answer }: AnsweredQuery): Finding[] {
  const at = findingsAt(`${where}, database ${query.database}`);
  if ("failed" in answer) {
    const what = `the query ${query.sql} has no result: ${answer.failed}`;
    return [at.unknown("restored-data-unread", what, "correct the query in restore.expect, or see the database's log")];
  }
  if (isAsExpected(query, answer.text)) return [];
  const what = `the query ${query.sql} must have ${wanted(query)}, and has ${shown(answer)}`;
  return [at.refuse("restored-data-different", what, "see which backup was restored, and up to which moment")];
}

/**
 * Whether a result is the expected one.
 *
 * @example isAsExpected({ database: "core", sql: "…", atLeast: 2 }, "3") // → true
 */
function isAsExpected({ equals, atLeast }: ExpectedQuery, text: string): boolean {
  if (equals !== undefined) return text === equals;
  if (atLeast === undefined) return text === "";
  return /^-?\d+(\.\d+)?$/.test(text) && Number(text) >= atLeast;
}

function wanted({ equals, atLeast }: ExpectedQuery): string {
  if (equals !== undefined) return JSON.stringify(equals);
  return atLeast === undefined ? "no row" : `at least ${atLeast}`;
}

function shown(answer: QueryAnswer): string {
  if ("failed" in answer) return "no result";
  if (answer.text === "") return "no row";
  const cut = answer.text.length > shownCharacters;
  return JSON.stringify(cut ? `${answer.text.slice(0, shownCharacters)}…` : answer.text);
}
