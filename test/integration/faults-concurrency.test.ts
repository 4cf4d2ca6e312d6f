import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { zstdDecompressSync } from "node:zlib";
import { join } from "node:path";
import { stanzaCreateReportSchema } from "../../domain/stanza/create.ts";
import { breakRepository, heal } from "../../sandbox/cluster.ts";
import { instanceLayout } from "../../sandbox/host/directory.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import type { Event } from "../support/gaps.ts";
import { withLockHeld } from "../support/locks.ts";
import { runProcedure } from "../support/procedure.ts";
import { processIn } from "../support/remote-commands.ts";
import { loseStanza, repositoryFiles } from "../support/repository.ts";
import { askDirectly, cli, repositoryCodes, sandboxEnvironment, testDirectory } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const cluster = findCluster("dev", "utility/utility-db");
const name = "utility/utility-db";
const [pod = ""] = cluster.pods;
const { context, namespace } = cluster;

describe("several programs work on one stanza at once", function () {
  this.timeout("2m");
  let directory: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-at-once-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
    await loseStanza(cluster);
  });

  const stanzaCreate = (): Promise<string> =>
    askDirectly(context, namespace, pod, "pgbackrest", "--stanza=db", "stanza-create");

  /** pgBackRest itself finds the stanza complete, because creating it again changes nothing. */
  async function exactlyOneValidStanza(): Promise<void> {
    assert.deepEqual(await repositoryCodes(context, namespace, pod), [2]);
    const files = await repositoryFiles(cluster);
    const infos = Object.keys(files).filter((file) => /\.info(\.copy)?$/.test(file));
    assert.deepEqual(infos.sort(), [
      "archive/db/archive.info",
      "archive/db/archive.info.copy",
      "backup/db/backup.info",
      "backup/db/backup.info.copy",
    ]);
    await waitUntil("the lock", 20, async () => {
      await stanzaCreate();
      return true;
    });
    assert.deepEqual(await repositoryFiles(cluster), files);
  }

  faultTest(17, "three CLI runs into one folder all succeed, each with a complete dump", async () => {
    const runs = await Promise.all(
      [1, 2, 3].map(() =>
        cli("stanza", "create", name, "--context", context, "--dump-directory", directory, "-o", "json"),
      ),
    );
    const reports = runs.map(({ exitCode, stdout, stderr }) => {
      assert.equal(exitCode, 0, stderr);
      return stanzaCreateReportSchema.parse(JSON.parse(stdout));
    });
    assert(reports.some(({ outcome }) => outcome === "created"));
    await exactlyOneValidStanza();

    const dumps = reports.flatMap(({ dump }) => (dump && "file" in dump ? [dump] : []));
    assert.equal(dumps.length, reports.filter(({ outcome }) => outcome === "created").length);
    for (const { file, sha256 } of dumps) {
      const content = await readFile(file);
      assert.equal(createHash("sha256").update(content).digest("hex"), sha256);
      // The dump is complete, and it is of this cluster.
      const sql = zstdDecompressSync(content).toString();
      assert.match(sql, /-- PostgreSQL database cluster dump complete\n--\n\n$/);
      assert.match(sql, /\ndev utility\/utility-db\n/);
    }
    assert.deepEqual(
      (await readdir(directory)).sort(),
      // A run that came later may have used the dump of an earlier one.
      [...new Set(dumps.map(({ file }) => file.slice(directory.length + 1)))].sort(),
    );
  });

  faultTest(8, "succeeds, and so does PGO, when both create at the same moment", async () => {
    let operator: Promise<unknown> = Promise.resolve();
    const { report, error } = await runProcedure(
      cluster,
      {},
      {
        before: /stanza-create/,
        happens: () => {
          operator = stanzaCreate().catch((reason: unknown) => reason);
          return Promise.resolve();
        },
      },
    );
    assert.equal(error, undefined);
    assert.equal(report?.outcome, "created");
    const end = await operator;
    // Either both came one after the other, or the second met the lock of the first.
    assert(end !== undefined, "the other create was not started");
    if (end instanceof Error) assert.equal("exitCode" in end && end.exitCode, 50, end.message);
    else assert.equal(typeof end, "string");
    await exactlyOneValidStanza();
  });

  faultTest(8, "leaves a stanza as it is that PGO created between our check and our create", async () => {
    let before: object = {};
    const { report, error } = await runProcedure(
      cluster,
      {},
      {
        before: /stanza-create/,
        happens: async () => {
          await stanzaCreate();
          before = await repositoryFiles(cluster);
        },
      },
    );
    assert.equal(error, undefined);
    assert.equal(report?.status.status, "okay");
    assert.deepEqual(await repositoryFiles(cluster), before);
    await exactlyOneValidStanza();
  });

  faultTest(8, "waits for a process that holds the lock for a while, then creates", async () => {
    const { report, error, progress } = await withLockHeld(cluster, 3, () => runProcedure(cluster, {}));
    assert.equal(error, undefined);
    assert.equal(report?.outcome, "created");
    assert.match(progress.join("\n"), /another pgBackRest process of this cluster holds the lock/);
    await exactlyOneValidStanza();
  });

  faultTest(8, "fails and writes nothing when the lock is not released in time", async () => {
    const { error } = await withLockHeld(cluster, 30, () => runProcedure(cluster, { timeLimits: { create: "4s" } }));
    assert.match(
      String(error),
      /the stanza was not created: another pgBackRest process of this cluster holds the lock.*, for 4s/,
    );
    assert.deepEqual(await repositoryFiles(cluster), {});
  });

  faultTest(
    8,
    "succeeds after exit code 50 when the repo host is back but the archiver still holds the lock",
    async () => {
      await breakRepository(testDirectory, context, name);
      let archiver: number | undefined;
      try {
        await askDirectly(
          context,
          namespace,
          pod,
          "psql",
          "-XAtqc",
          "create table if not exists nudge (n int); insert into nudge values (1); select pg_switch_wal()",
        );
        // Between its start and its lock, stopping it would hold nothing.
        const lock = join(instanceLayout(testDirectory, cluster, pod).locks, "db-archive.lock");
        await waitUntil("the archiver that pushes to the silent repo host, with its lock", 60, async () => {
          archiver = await processIn(cluster, /^pgbackrest .*archive-push:async/);
          return archiver !== undefined && (await readFile(lock, "utf8")).includes(`"pid":${archiver}}`);
        });
      } finally {
        // As on a busy node, the archiver notices late that its repo host is back.
        if (archiver !== undefined) process.kill(archiver, "SIGSTOP");
        await heal(testDirectory, context, name);
      }
      const goOn = (): Promise<void> => {
        if (archiver !== undefined) process.kill(archiver, "SIGCONT");
        archiver = undefined;
        return Promise.resolve();
      };
      const second: Event[] = [
        { before: /stanza-create/, happens: () => Promise.resolve() },
        { before: /stanza-create/, happens: goOn },
      ];
      const { report, error, progress } = await runProcedure(cluster, {}, ...second).finally(goOn);
      assert.equal(error, undefined, progress.join("\n"));
      assert.equal(report?.outcome, "created");
      assert.match(
        progress.join("\n"),
        /another pgBackRest process of this cluster holds the lock \(.*db-archive.*lock/,
      );
      await exactlyOneValidStanza();
    },
  );
});
