import { findingsAt, type Finding } from "../finding.ts";
import type { Judged } from "../restore/proof/checks.ts";

/**
 * How the dump of one database ended.
 * - `whole`: pg_dump read everything.
 * - `failed`: pg_dump's own message.
 * - `unread`: why it is not known.
 */
export type DumpAnswer =
  { readonly dump: "whole"; readonly bytes: number } | { readonly dump: "failed" | "unread"; readonly message: string };

export interface DumpedDatabase {
  /** Undefined for the roles and tablespaces, which belong to no database. */
  readonly database: string | undefined;
  readonly answer: DumpAnswer;
}

/** Whether pg_dump could read every row of every database. Nothing of it is kept. */
export function judgeDumps(where: string, dumps: readonly DumpedDatabase[]): Judged {
  const expected = "pg_dump reads every database to its end";
  const bytes = dumps.reduce((sum, { answer }) => sum + (answer.dump === "whole" ? answer.bytes : 0), 0);
  const whole = dumps.filter(({ answer }) => answer.dump === "whole").map(titleOf);
  const found = `${whole.length === 0 ? "nothing" : whole.join(", ")}: ${bytes} bytes of SQL`;
  const findings = dumps.flatMap((dumped) => findingOf(where, dumped));
  if (dumps.length === 0) {
    const what = "has no database that could be dumped";
    findings.push(findingsAt(where).unknown("drill-dump-unknown", what, "see which databases it has"));
  }
  if (findings.length > 0) return { expected, found, findings };
  return { expected, found, findings: [findingsAt(where).ok("drill-dumps-whole", `pg_dump read ${found}`)] };
}

function titleOf({ database }: DumpedDatabase): string {
  return database ?? "roles";
}

function findingOf(where: string, dumped: DumpedDatabase): Finding[] {
  const { database, answer } = dumped;
  const at = findingsAt(database === undefined ? `${where}, roles` : `${where}, database ${database}`);
  switch (answer.dump) {
    case "whole":
      return [];
    case "failed": {
      const fix = "see which table it is; the backup may be damaged there, and an earlier one whole";
      return [at.refuse("drill-dump-failed", `pg_dump failed: ${answer.message}`, fix)];
    }
    case "unread":
      return [at.unknown("drill-dump-unknown", `pg_dump was not seen to end: ${answer.message}`, "drill again")];
  }
}

/** Reads what the dump's script prints: pg_dump's exit code and the bytes that it wrote, and its messages. */
export function readDump(stdout: string, stderr: string): DumpAnswer {
  const [, code] = /^exit (\d+)$/m.exec(stdout) ?? [];
  const [, bytes] = /^bytes (\d+)$/m.exec(stdout) ?? [];
  if (code === undefined || bytes === undefined)
    return { dump: "unread", message: lastLine(stderr) ?? "no exit code arrived" };
  if (code === "124" || code === "137") return { dump: "unread", message: "not done within its time limit" };
  if (code !== "0") return { dump: "failed", message: lastLine(stderr) ?? `exit code ${code}` };
  if (bytes === "0") return { dump: "unread", message: "pg_dump printed nothing" };
  return { dump: "whole", bytes: Number(bytes) };
}

/** The line with pg_dump's error; below it are the query and hints. */
function lastLine(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /error:/i.test(line)) ?? lines.at(-1);
}
