import assert from "node:assert/strict";
import { open } from "node:fs/promises";
import { join } from "node:path";
import getPort from "get-port";
import type { Exec } from "../../clients/kubernetes/exec.ts";
import { runSql, tryLogin, type SqlAnswer, type SqlTask } from "../../clients/pod/sql.ts";
import { podSchema } from "../../domain/harbor/objects.ts";
import { amcheckState, indexesSql, readIndexes } from "../../domain/restore/proof/indexes.ts";
import { leaderQuery, readLeaderAnswer } from "../../domain/restore/proof/leader-answer.ts";
import { ensurePackages } from "../../sandbox/host/packages.ts";
import { faultTest } from "../support/fault-test.ts";
import { FreshPostgres } from "../support/fresh-postgres.ts";
import { localExec } from "../support/local-exec.ts";

const pod = podSchema.parse({
  metadata: { namespace: "n", name: "p", uid: "u" },
  spec: { containers: [] },
  status: { podIP: "127.0.0.1" },
});
const { signal } = new AbortController();

describe("statements and logins in a Pod, with a real psql and a real Postgres", function () {
  this.timeout("2m");
  let postgres: FreshPostgres;
  let exec: Exec;
  const commands: string[] = [];

  before(async function () {
    this.timeout("20m");
    await ensurePackages(() => undefined);
    const port = String(await getPort());
    postgres = await FreshPostgres.start({ listen_addresses: "127.0.0.1", port });
    const run = await localExec(postgres.directory, { PGHOST: postgres.directory, PGPORT: port });
    exec = (container, argv, options) => {
      commands.push(argv.join(" "));
      return run(container, argv, options);
    };
  });
  after(() => postgres.stop());

  const ask = (sql: string, changes: Partial<SqlTask> = {}): Promise<SqlAnswer> =>
    runSql(exec, pod, { database: "postgres", sql, mode: "read-only", seconds: 20, ...changes }, signal);

  it("print rows as lines, and values separated by |", async () => {
    assert.deepEqual(await ask("select 1, 'ü' union all select 2, 'it''s' order by 1"), { text: "1|ü\n2|it's" });
    assert.deepEqual(await ask("select 1 where false"), { text: "" });
  });

  it("print the result of the last statement only, also with psql 15 and newer", async () => {
    assert.deepEqual(await ask("select 1; select 2"), { text: "2" });
    const completes = "select pg_logical_emit_message(false, 'test', 'text'); select pg_walfile_name(pg_switch_wal())";
    const answer = await ask(completes, { mode: "committed" });
    assert("text" in answer, JSON.stringify(answer));
    assert.match(answer.text, /^[0-9A-F]{24}$/);
  });

  it("may contain quotes, semicolons, backslashes and line breaks, and no command of psql is run", async () => {
    assert.deepEqual(await ask("select E'a\\\\b' || $$;'$$\n\n-- the end"), { text: "a\\b;'" });
    const touched = await ask("\\! touch touched\nselect 1");
    assert("failed" in touched);
    assert.deepEqual(await ask("select pg_stat_file('../touched', true) is null"), { text: "t" });
  });

  it("cannot write in a read-only transaction, and leave nothing when they are rolled back", async () => {
    const written = await ask("create table t (i int)");
    assert.deepEqual(written, { failed: "cannot execute CREATE TABLE in a read-only transaction", sqlState: "25006" });
    assert.deepEqual(await ask("create table t (i int); select count(*) from t", { mode: "rolled-back" }), {
      text: "0",
    });
    assert.deepEqual(await ask("select to_regclass('t') is null"), { text: "t" });
  });

  it("end with the time limit, and say that a database is missing", async () => {
    assert.deepEqual(await ask("select pg_sleep(30)", { seconds: 1 }), {
      failed: "canceling statement due to statement timeout",
      sqlState: "57014",
    });
    assert.deepEqual(await ask("select 1", { database: "host=elsewhere" }), {
      failed: 'database "host=elsewhere" does not exist',
    });
  });

  it("reach databases with any name", async () => {
    await ask('create database "A b=c\'ü"', { mode: "committed" });
    assert.deepEqual(await ask("select current_database()", { database: "A b=c'ü" }), { text: "A b=c'ü" });
  });

  it("ask the leader about itself", async () => {
    const answer = await ask(leaderQuery);
    assert("text" in answer, JSON.stringify(answer));
    const found = readLeaderAnswer(answer.text);
    assert(found);
    const { text } = (await ask("select system_identifier from pg_control_system()")) as { text: string };
    const { databases, history, inRecovery, streaming, systemIdentifier, timeline } = found;
    assert.deepEqual([systemIdentifier, timeline, inRecovery, history], [text, 1, false, null]);
    assert.deepEqual([databases.includes("postgres"), databases.includes("template0"), streaming], [true, false, []]);
  });

  describe("logins", () => {
    const password = "it's \\ a:strange@/%100 pässword";
    const login = (role: string, given: string) =>
      tryLogin(exec, pod, { role, password: given, wrongPassword: "surely wrong" }, signal);

    before(async () => {
      const literal = password.replaceAll("'", "''").replaceAll("\\", "\\\\");
      await ask(`create role standby login replication password E'${literal}'`, { mode: "committed" });
    });

    it("are accepted with the password, whatever characters it has", async () => {
      assert.deepEqual(await login("standby", password), { login: "accepted" });
    });

    faultTest(29, "are refused with another password, and for a role that does not exist", async () => {
      assert.deepEqual(await login("standby", "another"), {
        login: "refused",
        message: 'password authentication failed for user "standby"',
      });
      assert.equal((await login("nobody", "another")).login, "refused");
    });

    it("prove nothing where the server lets anybody in", async () => {
      const hba = join(postgres.directory, "data", "pg_hba.conf");
      const file = await open(hba, "r+");
      const lines = await file.readFile("utf8");
      await file.truncate(0);
      await file.write(`host all standby 127.0.0.1/32 trust\n${lines}`, 0);
      await file.close();
      await ask("select pg_reload_conf()");
      for (let tries = 0; tries < 50; tries += 1) {
        if ((await login("standby", "another")).login === "any-accepted") return;
      }
      assert.fail("the list was not read again");
    });

    faultTest(107, "and statements are in no argument", () => {
      assert(commands.length > 10);
      const text = commands.join("\n");
      assert.doesNotMatch(text, /strange|touch touched|pg_sleep|create role|surely/);
    });
  });

  describe("amcheck", () => {
    const count = async (): Promise<SqlAnswer> => ask(indexesSql(""), { mode: "rolled-back" });

    it("reads every B-tree index, in a transaction that leaves no extension", async () => {
      assert.deepEqual(await ask(amcheckState), { text: "available|" });
      const indexes =
        "select count(*) from pg_index join pg_class c on c.oid = indexrelid join pg_am a on a.oid = relam";
      const btrees = await ask(`${indexes} where amname = 'btree' and relpersistence = 'p'`);
      assert.deepEqual(await count(), btrees);
      assert.deepEqual(await ask(amcheckState), { text: "available|" });
    });

    it("is found in its own schema", async () => {
      const create = 'create schema "My tools"; create extension amcheck schema "My tools"';
      await ask(create, { mode: "committed" });
      assert.deepEqual(await ask(amcheckState), { text: 'installed|"My tools"' });
      assert.equal(readIndexes(await ask(indexesSql('"My tools"'), { mode: "rolled-back" })).indexes, "sound");
      await ask('drop extension amcheck; drop schema "My tools"', { mode: "committed" });
    });

    faultTest(102, "finds an index that somebody has damaged on the disk", async () => {
      await ask("create table damaged as select i from generate_series(1, 1000) i; create index on damaged (i)", {
        mode: "committed",
      });
      await ask("checkpoint", { mode: "committed" });
      const path = (await ask("select pg_relation_filepath('damaged_i_idx')")) as { text: string };
      const file = await open(join(postgres.directory, "data", path.text), "r+");
      // Two line pointers of the first leaf change places, so its entries are out of order.
      const pointers = Buffer.alloc(8);
      const place = 8192 + 24 + 4;
      await file.read(pointers, 0, 8, place);
      await file.write(Buffer.concat([pointers.subarray(4), pointers.subarray(0, 4)]), 0, 8, place);
      await file.close();
      await postgres.restart();
      const answer = readIndexes(await count());
      assert.equal(answer.indexes, "damaged", JSON.stringify(answer));
    });
  });
});
