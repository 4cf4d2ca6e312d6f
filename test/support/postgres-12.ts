import { chown, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { databaseAccount, type Account } from "../../sandbox/host/account.ts";
import { postgresBin } from "../../sandbox/host/packages.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { installSpiloPrograms, type SpiloPrograms } from "../../sandbox/spilo/programs.ts";

/** A PostgreSQL 12 that recovers a fetched base backup, as Patroni would start it. */
export class Postgres12 {
  readonly #programs: SpiloPrograms;
  readonly #account: Account;
  readonly directory: string;

  private constructor(programs: SpiloPrograms, account: Account, directory: string) {
    this.#programs = programs;
    this.#account = account;
    this.directory = directory;
  }

  /** Only makes the folder; {@link data} does not exist yet. */
  static async prepare(): Promise<Postgres12> {
    const account = await databaseAccount();
    const directory = await mkdtemp(join(tmpdir(), "postgres-12-"));
    await chown(directory, account.uid, account.gid);
    const programs = await installSpiloPrograms(join(directory, "programs"), () => undefined);
    return new Postgres12(programs, account, directory);
  }

  get data(): string {
    return join(this.directory, "data");
  }

  /** The folder of the stand-ins for `wal-g` and Spilo's scripts, as the databases' user may run them. */
  get bin(): string {
    return this.#programs.bin;
  }

  /** The WAL-G stand-in. */
  get walg(): string {
    return join(this.bin, "wal-g");
  }

  /** Makes a new, empty database that archives with the command, and starts it. */
  async create(archiveCommand: string): Promise<void> {
    const initdb = ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", `--pgdata=${this.data}`];
    await this.#run(join(this.#programs.postgres, "initdb"), initdb);
    await this.#start({ archive_mode: "on", archive_command: archiveCommand, fsync: "off" });
  }

  /** Starts the recovery and waits until it has ended in a promotion. */
  async recover(restoreCommand: string, settings: Record<string, string> = {}): Promise<void> {
    await writeFile(join(this.data, "recovery.signal"), "");
    await execa("chown", ["-R", `${this.#account.uid}:${this.#account.gid}`, this.data]);
    const recovery = { restore_command: restoreCommand, recovery_target_action: "promote", ...settings };
    await this.#start({ archive_mode: "off", ...recovery }).catch(async (error: unknown) => {
      throw new Error(await readFile(join(this.directory, "log"), "utf8"), { cause: error });
    });
    await waitUntil(
      "the end of the recovery",
      60,
      async () => (await this.query("SELECT pg_is_in_recovery()")) === "f",
    );
  }

  async #start(settings: Record<string, string>): Promise<void> {
    const all = { listen_addresses: "", unix_socket_directories: this.directory, port: "5432", ...settings };
    await this.#run(join(this.#programs.postgres, "pg_ctl"), [
      "--wait",
      `--pgdata=${this.data}`,
      `--log=${join(this.directory, "log")}`,
      "-o",
      Object.entries(all)
        .map(([name, value]) => `-c ${name}='${value}'`)
        .join(" "),
      "start",
    ]);
  }

  async query(sql: string): Promise<string> {
    const { stdout } = await this.#run(join(postgresBin, "psql"), ["-XAtq", "-d", "postgres", "-c", sql]);
    return stdout;
  }

  async stop(): Promise<void> {
    await this.#run(join(this.#programs.postgres, "pg_ctl"), [
      "--mode=immediate",
      `--pgdata=${this.data}`,
      "stop",
    ]).catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }

  async #run(program: string, parameters: string[]): Promise<{ stdout: string }> {
    const identity = userInfo().uid === 0 ? this.#account : {};
    const { stdout = "" } = await execa(program, parameters, {
      ...identity,
      cwd: this.directory,
      env: { PGHOST: this.directory, PGUSER: "postgres" },
      // pg_ctl's server keeps the inherited streams open.
      ...(program.endsWith("pg_ctl") && { stdio: "ignore" as const }),
    });
    return { stdout };
  }
}
