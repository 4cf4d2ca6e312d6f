import { createReadStream } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createZstdDecompress } from "node:zlib";
import { execa } from "execa";
import { databaseAccount } from "../../sandbox/host/account.ts";
import { postgresBin } from "../../sandbox/host/packages.ts";

/** A new, empty Postgres on a Unix socket, into which a dump can be restored. */
export class FreshPostgres {
  readonly #directory: string;
  readonly #identity: { uid: number; gid: number } | Record<string, never>;

  private constructor(directory: string, identity: { uid: number; gid: number } | Record<string, never>) {
    this.#directory = directory;
    this.#identity = identity;
  }

  /** @param settings of the server; by default it listens on no address. */
  static async start(settings: Record<string, string> = {}): Promise<FreshPostgres> {
    const account = await databaseAccount();
    const directory = await mkdtemp(join(tmpdir(), "pg-restore-"));
    await chown(directory, account.uid, account.gid);
    const postgres = new FreshPostgres(directory, userInfo().uid === 0 ? { uid: account.uid, gid: account.gid } : {});
    const access = ["--auth-local=trust", "--auth-host=scram-sha-256"];
    await postgres.#run("initdb", ["--no-sync", ...access, "--username=postgres", `--pgdata=${directory}/data`]);
    const all = { listen_addresses: "", unix_socket_directories: directory, fsync: "off", ...settings };
    const options = Object.entries(all)
      .map(([name, value]) => `-c ${name}='${value}'`)
      .join(" ");
    await postgres.#run("pg_ctl", [
      "--wait",
      `--pgdata=${directory}/data`,
      `--log=${directory}/log`,
      "-o",
      options,
      "start",
    ]);
    return postgres;
  }

  /** The folder with its socket, its log and its data. */
  get directory(): string {
    return this.#directory;
  }

  /** Runs a zstd-compressed SQL script in psql and returns its stderr. For a dump by pg_dumpall, the only error is that the role postgres exists. */
  async restore(dump: string): Promise<string> {
    const { stderr } = await this.#run(
      "psql",
      ["-X", "-q", "-d", "postgres"],
      createReadStream(dump).pipe(createZstdDecompress()),
    );
    return stderr;
  }

  async query(database: string, sql: string): Promise<string> {
    return (await this.#run("psql", ["-XAtq", "-d", database, "-c", sql])).stdout;
  }

  /** Stops and starts it, so that it reads its files anew. */
  async restart(): Promise<void> {
    const place = [`--pgdata=${this.#directory}/data`, `--log=${this.#directory}/log`];
    await this.#run("pg_ctl", ["--mode=fast", "--wait", ...place, "restart"]);
  }

  async stop(): Promise<void> {
    await this.#run("pg_ctl", ["--mode=immediate", "--wait", `--pgdata=${this.#directory}/data`, "stop"]);
    await rm(this.#directory, { recursive: true });
  }

  async #run(program: string, parameters: string[], input?: Readable): Promise<{ stdout: string; stderr: string }> {
    const { stdout = "", stderr = "" } = await execa(join(postgresBin, program), parameters, {
      ...this.#identity,
      cwd: this.#directory,
      env: { PGHOST: this.#directory, PGUSER: "postgres" },
      // pg_ctl's server keeps the inherited streams open.
      ...(program === "pg_ctl" ? { stdio: "ignore" } : {}),
      ...(input && { input }),
    });
    return { stdout, stderr };
  }
}
