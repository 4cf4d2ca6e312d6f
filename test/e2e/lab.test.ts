import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { stanzaCreateReportSchema, type StanzaCreateReport } from "../../domain/stanza/create.ts";
import { breakRepository, heal } from "../../sandbox/cluster.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { FreshPostgres } from "../support/fresh-postgres.ts";
import { loseStanza } from "../support/repository.ts";
import { Project } from "../support/project.ts";
import {
  askDirectly,
  cli,
  cliIn,
  holdsStanza,
  repositoryCodes,
  sandboxEnvironment,
  testDirectory,
} from "../support/sandbox.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { faultTest } from "../support/fault-test.ts";

const cluster = "consent/spicedb-psql";
const pod = "spicedb-psql-instance-hln5-0";

describe("pulumi on the stack lab, with one target whose repo host is silent at first", function () {
  this.timeout("5m");
  let project: Project;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
    // Another suite may have created its stanza.
    await loseStanza(findCluster("lab", cluster));
    await breakRepository(testDirectory, "lab", cluster);
    project = await Project.copy();
  });
  after(() => project.remove());

  async function report(): Promise<StanzaCreateReport> {
    const outputs = z
      .object({ stanzas: z.object({ targets: z.record(z.string(), stanzaCreateReportSchema) }) })
      .parse(await project.outputs("lab"));
    const found = outputs.stanzas.targets[cluster];
    assert(found, "the stack's outputs name the target");
    return found;
  }

  async function repositoryCodesOrSilence(): Promise<number[] | "silent"> {
    const codes = await repositoryCodes("lab", "consent", pod);
    return codes.includes(99) ? "silent" : codes;
  }

  async function dumps(): Promise<string[]> {
    return readdir(join(project.directory, "dumps")).catch(() => []);
  }

  it("preview plans one command and runs nothing", async () => {
    const { exitCode, stdout } = await project.pulumi("preview", "--stack", "lab");
    assert.equal(exitCode, 0);
    assert.match(stdout, /command:local:Command create stanza consent\/spicedb-psql +create/);
    assert.deepEqual(await dumps(), []);
  });

  faultTest(
    [6, 58],
    "up fails and says why while the repo host is silent, and the report tells it afterwards",
    async () => {
      const { exitCode, stdout } = await project.up("lab");
      assert.notEqual(exitCode, 0);
      assert.match(stdout, /consent\/spicedb-psql: Timeout occurred: repo1: .*timeout after/);
      assert.match(stdout, /next: repair the connection from the instance to its repo host/);
      assert.deepEqual(await repositoryCodesOrSilence(), "silent");
      assert.deepEqual(await dumps(), []);
      const table = await cliIn(project.directory, "report", "--stack", "lab");
      assert.equal(table.exitCode, 1);
      assert.match(table.stdout, /^consent\/spicedb-psql +failed +\S+Z +\[stanza-timeout\] /m);
      assert.match(table.stdout, /^next: consent\/spicedb-psql: repair the connection/m);
    },
  );

  it("the next up retries the failed target and creates the stanza", async () => {
    await heal(testDirectory, "lab", cluster);
    assert.deepEqual(await repositoryCodes("lab", "consent", pod), [1]);
    const { exitCode, stdout } = await project.up("lab");
    assert.equal(exitCode, 0, stdout);
    assert(await holdsStanza("lab", "consent", pod));
    const { outcome, leader, operator } = await report();
    assert.deepEqual({ outcome, leader, operator }, { outcome: "created", leader: pod, operator: "confirmed" });
  });

  it("WAL is archived again", async () => {
    const before = Number(
      await askDirectly("lab", "consent", pod, "psql", "-XAtqc", "select archived_count from pg_stat_archiver"),
    );
    await askDirectly("lab", "consent", pod, "psql", "-XAtqc", "select pg_switch_wal()");
    await askDirectly("lab", "consent", pod, "pgbackrest", "--stanza=db", "--archive-timeout=30", "check");
    const after = Number(
      await askDirectly("lab", "consent", pod, "psql", "-XAtqc", "select archived_count from pg_stat_archiver"),
    );
    assert(after > before, `${before} segments archived before, ${after} after`);
  });

  it("the dump restores into a fresh Postgres with the same data", async () => {
    const { dump } = await report();
    assert(dump && "file" in dump);
    const questions: [database: string, sql: string][] = [
      ["postgres", "select rolname, rolsuper, rolcanlogin from pg_roles where rolname !~ '^pg_' order by 1"],
      ["postgres", "select datname from pg_database order by 1"],
      ["app", "select relname, relkind from pg_class where relnamespace = 'public'::regnamespace order by 1"],
      ["app", "select string_agg(t::text, ' ' order by t::text) from marker t"],
      ["app", "select count(*), md5(string_agg(t::text, ' ' order by t::text)) from entry t"],
    ];
    const restored = await FreshPostgres.start();
    try {
      // A new cluster already has only this.
      assert.equal(
        await restored.restore(join(project.directory, dump.file)),
        'ERROR:  role "postgres" already exists',
      );
      for (const [database, sql] of questions) {
        const original = await askDirectly("lab", "consent", pod, "psql", "-XAtqd", database, "-c", sql);
        assert.equal(await restored.query(database, sql), original, sql);
        assert.notEqual(original, "", sql);
      }
    } finally {
      await restored.stop();
    }
  });

  faultTest(17, "a second up changes nothing", async () => {
    const { exitCode, stdout } = await project.up("lab", "--expect-no-changes");
    assert.equal(exitCode, 0, stdout);
  });

  it("editing other settings does not run the procedure again", async () => {
    const { startedAt } = await report();
    await project.edit("lab", ["stanza", "dumpDirectory"], "other-dumps");
    await project.edit("lab", ["stanza", "targets", 0, "timeLimits"], { dump: "2h" });
    const { exitCode, stdout } = await project.up("lab");
    assert.equal(exitCode, 0, stdout);
    assert.equal((await report()).startedAt, startedAt);
    assert.equal((await dumps()).length, 1);
  });

  it("a higher attempt runs the procedure again and leaves the existing stanza as it is", async () => {
    const { startedAt } = await report();
    await project.edit("lab", ["stanza", "targets", 0, "attempt"], 2);
    const { exitCode, stdout } = await project.up("lab");
    assert.equal(exitCode, 0, stdout);
    const again = await report();
    assert(again.startedAt > startedAt);
    assert.equal(again.outcome, "already-okay");
    assert.equal((await dumps()).length, 1);
  });

  it("the state holds no path of this machine and no key from the kubeconfig", async () => {
    assert.deepEqual(await project.machinePathsInState("lab"), []);
    const { stdout } = await project.pulumi("stack", "export", "--stack", "lab");
    assert.match(stdout, /create stanza consent\/spicedb-psql/);
    assert.doesNotMatch(stdout, /client-key|token/);
  });

  it("the list shows the cluster as okay, apart from a backup that PGO may not have taken yet", async () => {
    const list = ["stanza", "list", "--context", "lab", "--allow", "no-backup"];
    // After failures, Postgres' archiver tries again only once a minute.
    await waitUntil("the archiver to work", 120, async () => (await cli(...list)).exitCode === 0);
    const { stdout } = await cli(...list, "-o", "log");
    assert.match(stdout, /^INFO:root:\[consent\] spicedb-psql \(spicedb-psql-instance-hln5-0\): Okay$/m);
  });

  faultTest(18, "destroy empties the stack and leaves the stanza in place", async () => {
    const { exitCode, stdout } = await project.pulumi("destroy", "--stack", "lab", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, stdout);
    assert.deepEqual(await project.state("lab"), []);
    assert(await holdsStanza("lab", "consent", pod));
  });

  it("names every problem of a wrong stack file at once, without a stack trace", async () => {
    await project.edit("lab", ["stanza", "targets", 0, "attempt"], 0);
    await project.edit("lab", ["stanza", "targets", 0, "hold"], "soon");
    const { exitCode, stdout, stderr } = await project.pulumi("preview", "--stack", "lab");
    assert.notEqual(exitCode, 0);
    const text = `${stdout}${stderr}`;
    assert.match(text, /Pulumi\.lab\.yaml has wrong values/);
    assert.match(text, /stanza\.targets\[0\]\.hold/);
    assert.match(text, /stanza\.targets\[0\]\.attempt/);
    assert.doesNotMatch(text, /\n\s+at /);
  });
});
