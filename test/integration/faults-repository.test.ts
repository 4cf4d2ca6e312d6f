import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scanReportSchema, type ScanEntry } from "../../domain/stanza/list-report.ts";
import { findCluster, sharedCluster } from "../../sandbox/pgo/inventory.ts";
import { withOperatorStopped } from "../support/locks.ts";
import { withEnvironment } from "../support/replay.ts";
import {
  createDirectly,
  loseStanza,
  repositoryFiles,
  repositoryOf,
  tellOperatorsBelief,
  withoutSystemIdentifier,
} from "../support/repository.ts";
import { withRepositoryDown, withSecondRepository } from "../support/repository-host.ts";
import { askDirectly, cli, repositoryCodes, sandboxEnvironment, type Ended } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const cluster = findCluster("dev", "utility/utility-db");
const [pod = ""] = cluster.pods;
const { context, namespace } = cluster;

describe("states of a repository on disk", function () {
  this.timeout("2m");

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });
  afterEach(() => loseStanza(cluster));

  async function listed(): Promise<ScanEntry> {
    const { stdout } = await cli("stanza", "list", "--context", context, "-n", namespace, "-o", "json");
    const entry = scanReportSchema.parse(JSON.parse(stdout)).clusters.find((found) => found.cluster === cluster.name);
    assert(entry);
    return entry;
  }

  const create = (...options: string[]): Promise<Ended> =>
    cli(
      "stanza",
      "create",
      "utility/utility-db",
      "--context",
      context,
      "--skip-dump",
      "nothing worth a dump",
      "--create-timeout",
      "30s",
      ...options,
    );

  /** Create ends with this exit code and message, and not one byte of the repository changes. */
  async function refused(exitCode: number, message: RegExp): Promise<void> {
    const before = await repositoryFiles(cluster);
    const ended = await create();
    assert.equal(ended.exitCode, exitCode, ended.stderr);
    assert.match(ended.stderr, message);
    assert.match(ended.stderr, /\nnext: /);
    assert.deepEqual(await repositoryFiles(cluster), before);
  }

  const inRepository = (...path: string[]): string => join(repositoryOf(cluster), ...path);
  const removeBoth = (info: string): Promise<unknown> =>
    Promise.all([rm(inRepository(info)), rm(inRepository(`${info}.copy`))]);

  faultTest([1, 3], "lists a stanza that was lost completely as missing, and creates it", async () => {
    await createDirectly(cluster);
    await loseStanza(cluster);
    assert.deepEqual((await listed()).status, { status: "no-stanza", repositories: ["repo1"] });
    assert.equal((await create()).exitCode, 0);
    assert.deepEqual(await repositoryCodes(context, namespace, pod), [2]);
  });

  faultTest(4, "shows a stanza without a backup as okay and leaves it as it is", async () => {
    await createDirectly(cluster);
    assert.equal((await listed()).status.status, "okay");
    const before = await repositoryFiles(cluster);
    const { exitCode, stdout } = await create();
    assert.equal(exitCode, 0);
    assert.match(stdout, /the stanza already existed/);
    assert.deepEqual(await repositoryFiles(cluster), before);
  });

  faultTest(4, "creates the stanza that repo2 lacks and leaves the one in repo1 as it is", async () => {
    await createDirectly(cluster);
    const before = await repositoryFiles(cluster);
    await withSecondRepository(cluster, async () => {
      assert.deepEqual((await listed()).status, { status: "no-stanza", repositories: ["repo2"] });
      const { exitCode, stderr } = await create();
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [2, 2]);
    });
    assert.deepEqual(await repositoryFiles(cluster), before);
  });

  for (const [what, damage] of [
    ["backup.info is gone", () => removeBoth("backup/db/backup.info")],
    ["archive.info is gone", () => removeBoth("archive/db/archive.info")],
    [
      "the info files are corrupt",
      async () => {
        for (const file of ["backup.info", "backup.info.copy"])
          await appendFile(inRepository("backup/db", file), "rubbish\n");
      },
    ],
    [
      "an info file is empty",
      async () => {
        for (const file of ["archive.info", "archive.info.copy"]) await writeFile(inRepository("archive/db", file), "");
      },
    ],
  ] as const) {
    faultTest(3, `shows broken and refuses when ${what}`, async () => {
      await createDirectly(cluster);
      await damage();
      assert.equal((await listed()).status.status, "broken");
      await refused(4, /Broken: /);
    });
  }

  faultTest(
    3,
    "create refuses when backup/db is gone and archive/db exists, which pgBackRest calls missing",
    async () => {
      await createDirectly(cluster);
      await rm(inRepository("backup/db"), { recursive: true });
      assert.notEqual((await listed()).status.status, "okay");
      await refused(4, /error\[stanza-(create-refused\].*only half of the stanza exists|broken\])/);
    },
  );

  faultTest(3, "shows okay and leaves everything as it is when one copy of an info file is gone", async () => {
    await createDirectly(cluster);
    await rm(inRepository("archive/db/archive.info"));
    assert.equal((await listed()).status.status, "okay");
    const before = await repositoryFiles(cluster);
    assert.equal((await create()).exitCode, 0);
    assert.deepEqual(await repositoryFiles(cluster), before);
  });

  faultTest(12, "refuses when a backup is left over without info files (exit code 40)", async () => {
    await mkdir(inRepository("backup/db/20230228-010203F"), { recursive: true });
    await writeFile(inRepository("backup/db/20230228-010203F/backup.manifest"), "left over");
    assert.notEqual((await listed()).status.status, "okay");
    await refused(4, /error\[stanza-(create-refused\].*leftovers|broken\])/);
  });

  /** Replaces the cluster's own stanza by another database's. */
  async function exchangeStanza(): Promise<void> {
    for (const file of ["archive/db/archive.info", "backup/db/backup.info"]) {
      for (const copy of ["", ".copy"])
        await writeFile(inRepository(`${file}${copy}`), await readFile(join(repositoryOf(sharedCluster), file)));
    }
  }

  faultTest(
    12,
    "shows broken and refuses when the repository holds another database's stanza (exit code 28)",
    async () => {
      await createDirectly(cluster);
      await exchangeStanza();
      await assert.rejects(askDirectly(context, namespace, pod, "pgbackrest", "--stanza=db", "stanza-create"), {
        exitCode: 28,
      });
      assert.match(JSON.stringify((await listed()).status), /"broken".*belongs to another database/);
      await refused(4, /Broken: repo1 belongs to another database/);
    },
  );

  faultTest(
    12,
    "asks the database if PGO's status has no system identifier, and never takes its silence for okay",
    async () => {
      await createDirectly(cluster);
      await withoutSystemIdentifier(cluster, async () => {
        assert.equal((await listed()).status.status, "okay");
        await withEnvironment(
          { context, namespace, pod },
          () => ({ PGPORT: "1" }),
          async () => {
            assert.match(
              JSON.stringify((await listed()).status),
              /"unreachable".*its owner is unknown.*psql: error: connection/,
            );
            await refused(3, /its owner is unknown/);
          },
        );
        await exchangeStanza();
        assert.match(JSON.stringify((await listed()).status), /"broken".*belongs to another database/);
        await refused(4, /Broken: the stanza belongs to another database/);
      });
    },
  );

  faultTest(12, "refuses after somebody ran `pgbackrest stop` (exit code 62)", async () => {
    await askDirectly(context, namespace, pod, "pgbackrest", "--stanza=db", "stop");
    await refused(4, /a stop file exists: somebody ran `pgbackrest stop` on purpose/);
    assert.deepEqual(await repositoryFiles(cluster), {});
  });

  faultTest(
    2,
    "shows unreachable with exit code 3 and creates nothing when the repo host refuses connections",
    async () => {
      await withRepositoryDown(cluster, async () => {
        const [entry] = await Promise.all([listed(), refused(3, /Unreachable: repo1: \[HostConnectError\]/)]);
        assert.equal(entry.status.status, "unreachable");
      });
    },
  );

  faultTest(7, "shows that PGO says created although the stanza is missing", async () => {
    const { status, operatorSaysCreated, disagreement } = await listed();
    assert.deepEqual([status.status, operatorSaysCreated, disagreement], ["no-stanza", true, "operator-says-created"]);
  });

  faultTest(7, "shows that PGO says missing although the stanza exists, which is not an error", async () => {
    await withOperatorStopped(async () => {
      await createDirectly(cluster);
      await tellOperatorsBelief(cluster, false);
      const { status, operatorSaysCreated, disagreement } = await listed();
      assert.deepEqual([status.status, operatorSaysCreated, disagreement], ["okay", false, "operator-says-missing"]);
      const { exitCode, stdout } = await create("--operator-timeout", "1s", "-o", "json");
      assert.equal(exitCode, 0);
      assert.match(stdout, /"outcome":"already-okay".*"operator":"pending"/);
    });
  });
});
