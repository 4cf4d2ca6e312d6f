import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface, type Interface } from "node:readline";

const endOfAnswer = "end-of-answer";
const columnSeparator = "\u001f";

/** One session of psql. A backup lasts only as long as the session that began it. */
export class PostgresSession {
  readonly #psql: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  /** Connects by the variables PGHOST, PGPORT, PGUSER of the environment. */
  constructor(database = "postgres") {
    const options = ["-X", "-A", "-t", "-q", "-F", columnSeparator, "-v", "ON_ERROR_STOP=1", "-d", database];
    this.#psql = spawn("psql", options, { stdio: "pipe" });
    const reader: Interface = createInterface({ input: this.#psql.stdout });
    this.#lines = reader[Symbol.asyncIterator]();
    this.#psql.stderr.on("data", (chunk: Buffer) => {
      this.#errors += chunk.toString("utf8");
    });
    // A psql that ended with an error has said why on stderr.
    this.#psql.stdin.on("error", () => undefined);
  }

  /**
   * The rows of an answer, as texts.
   *
   * @throws Error with what Postgres or psql said.
   */
  async rows(sql: string): Promise<string[][]> {
    this.#psql.stdin.write(`${sql};\n\\echo ${endOfAnswer}\n`);
    const rows: string[][] = [];
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) throw new Error(this.#errors.trim());
      if (line.value === endOfAnswer) return rows;
      rows.push(line.value.split(columnSeparator));
    }
  }

  /** The first row. */
  async row(sql: string): Promise<string[]> {
    const [row] = await this.rows(sql);
    if (row === undefined) throw new Error(`no row: ${sql}`);
    return row;
  }

  close(): void {
    this.#psql.stdin.end();
  }
}

/** A database's object id, and the file numbers of what users made in it. */
interface DatabaseFiles {
  readonly oid: number;
  readonly tables?: Readonly<Record<string, number>>;
}

/** The databases that accept connections, by name. */
export async function databaseFiles(session: PostgresSession): Promise<Record<string, DatabaseFiles>> {
  const databases: Record<string, DatabaseFiles> = {};
  const firstOfUsers = 16384;
  for (const [name = "", oid = ""] of await session.rows(
    "SELECT datname, oid FROM pg_database WHERE datallowconn ORDER BY datname",
  )) {
    const inside = new PostgresSession(name);
    try {
      const rows = await inside.rows(
        `SELECT n.nspname || '.' || c.relname, c.relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= ${firstOfUsers} AND c.relfilenode <> 0 ORDER BY 1`,
      );
      const tables = Object.fromEntries(rows.map(([table, file]): [string, number] => [table ?? "", Number(file)]));
      databases[name] = { oid: Number(oid), ...(rows.length > 0 && { tables }) };
    } finally {
      inside.close();
    }
  }
  return databases;
}
