import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { stanzaCreatePreviewSchema } from "../../domain/stanza/create-preview.ts";
import { stanzaCreateReportSchema, type StanzaCreateReport } from "../../domain/stanza/create.ts";
import { breakRepository, heal } from "../../sandbox/cluster.ts";
import { clusterLayout, instanceLayout } from "../../sandbox/host/directory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { findCluster, type PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { faultTest } from "../support/fault-test.ts";
import { processIn } from "../support/remote-commands.ts";
import { clusterObject, loseStanza, patchCluster, repositoryFiles } from "../support/repository.ts";
import { withRepositoryDown } from "../support/repository-host.ts";
import {
  askDirectly,
  cli,
  repositoryCodes,
  sandboxEnvironment,
  testDirectory,
  type Ended,
} from "../support/sandbox.ts";

/** PGO says that its stanza exists, and that it has taken a first backup. */
const lost = findCluster("dev", "utility/utility-db");
/** PGO says that its stanza is missing. */
const missing = findCluster("dev", "inventor-portal/acrete-db");
const skipDump = ["--skip-dump", "nothing worth a dump"];

const nameOf = ({ namespace, name }: PostgresCluster): string => `${namespace}/${name}`;
const inPod = ({ context, namespace, pods: [pod = ""] }: PostgresCluster, ...argv: string[]): Promise<string> =>
  askDirectly(context, namespace, pod, ...argv);
const codesOf = ({ context, namespace, pods: [pod = ""] }: PostgresCluster): Promise<number[]> =>
  repositoryCodes(context, namespace, pod);
const create = (cluster: PostgresCluster, ...options: string[]): Promise<Ended> =>
  cli("stanza", "create", nameOf(cluster), "--context", cluster.context, ...options);

/** The report of a run that must succeed. */
async function created(cluster: PostgresCluster, ...options: string[]): Promise<StanzaCreateReport> {
  const { exitCode, stdout, stderr } = await create(cluster, ...options, "-o", "json");
  assert.equal(exitCode, 0, stderr);
  return stanzaCreateReportSchema.parse(JSON.parse(stdout));
}

/** How many backups pgBackRest counts. */
async function backupCount(cluster: PostgresCluster): Promise<number | undefined> {
  const info = z
    .array(z.object({ backup: z.array(z.unknown()) }))
    .parse(JSON.parse(await inPod(cluster, "pgbackrest", "--stanza=db", "info", "--output=json")));
  return info[0]?.backup.length;
}

const pgoStatus = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  status: z.object({
    pgbackrest: z.object({
      repos: z.array(z.object({ replicaCreateBackupComplete: z.boolean().optional() })),
      manualBackup: z.object({ id: z.string(), finished: z.boolean(), succeeded: z.int().optional() }).optional(),
    }),
  }),
});

describe("stanza create beside pgBackRest, PGO and its archiver", function () {
  this.timeout("3m");
  let directory: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-create-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
    await loseStanza(lost);
  });

  faultTest(50, "creates the stanza of a cluster with db-timeout=300", async () => {
    const [pod = ""] = lost.pods;
    const files = [
      instanceLayout(testDirectory, lost, pod).pgbackrestConfig,
      clusterLayout(testDirectory, lost).repositoryConfig,
    ];
    const originals = await Promise.all(files.map((file) => readFile(file, "utf8")));
    try {
      for (const file of files) await appendFile(file, "\n[global]\ndb-timeout=300\nprotocol-timeout=330\n");
      // What the step did before: pgBackRest refuses a protocol time-out that is not greater than the database's.
      const refused = inPod(lost, "pgbackrest", "--stanza=db", "--protocol-timeout=60", "stanza-create");
      await assert.rejects(refused, { exitCode: 32 });
      assert.equal((await created(lost, ...skipDump)).outcome, "created");
      assert.deepEqual(await codesOf(lost), [2]);
    } finally {
      for (const [index, file] of files.entries()) await writeFile(file, originals[index] ?? "");
    }
  });

  faultTest(51, "says that PGO already said created, and PGO takes no backup", async () => {
    const report = await created(lost, ...skipDump);
    assert.deepEqual([report.operator, report.firstBackup?.state], ["already-created", "missing"]);
    assert.match(report.firstBackup?.command ?? "", /^kubectl --context dev -n utility annotate .*pgbackrest-backup=/);
    await sleep(5000);
    assert.equal(await backupCount(lost), 0);
  });

  it("--first-backup orders a backup from PGO, and pgBackRest shows it", async () => {
    const report = await created(lost, ...skipDump, "--first-backup");
    assert.deepEqual([report.outcome, report.firstBackup], ["created", { state: "taken" }]);
    assert.equal(await backupCount(lost), 1);
    const { metadata, status } = pgoStatus.parse(await clusterObject(lost));
    const { manualBackup } = status.pgbackrest;
    assert.equal(manualBackup?.id, metadata.annotations["postgres-operator.crunchydata.com/pgbackrest-backup"]);
    assert.match(manualBackup?.id ?? "", /^postgres-recovery-/);

    const again = await created(lost, "--first-backup");
    assert.deepEqual([again.outcome, again.firstBackup], ["already-okay", { state: "exists" }]);
    assert.equal(await backupCount(lost), 1);
  });

  it("--first-backup waits for the backup that PGO takes by itself", async () => {
    try {
      const report = await created(missing, ...skipDump, "--first-backup");
      assert.deepEqual([report.operator, report.firstBackup], ["confirmed", { state: "taken" }]);
      assert.equal(await backupCount(missing), 1);
      await waitUntil("PGO's note of its first backup", 20, async () => {
        const { metadata, status } = pgoStatus.parse(await clusterObject(missing));
        assert.deepEqual(metadata.annotations, {});
        return status.pgbackrest.repos[0]?.replicaCreateBackupComplete === true;
      });
    } finally {
      await loseStanza(missing);
    }
  });

  faultTest(52, "--first-backup is refused while PGO would ignore the order, and nothing is touched", async () => {
    await patchCluster(lost, { spec: { backups: { pgbackrest: { manual: null } } } });
    try {
      const { exitCode, stderr } = await create(lost, "--dump-directory", directory, "--first-backup");
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, /error\[first-backup-impossible\].*manual\.repoName is not set/);
      assert.deepEqual([await repositoryFiles(lost), await readdir(directory)], [{}, []]);
    } finally {
      await patchCluster(lost, { spec: { backups: { pgbackrest: { manual: { repoName: "repo1" } } } } });
    }
  });

  faultTest(16, "does not wait for PGO while it is paused for the cluster", async () => {
    await patchCluster(missing, { spec: { paused: true } });
    try {
      const report = await created(missing, ...skipDump, "--operator-timeout", "2m");
      assert.deepEqual([report.outcome, report.operator], ["created", "paused"]);
      assert(Date.parse(report.finishedAt) - Date.parse(report.startedAt) < 60_000);
      assert.deepEqual(await codesOf(missing), [2]);
    } finally {
      await patchCluster(missing, { spec: { paused: null } });
      await loseStanza(missing);
    }
  });

  it("--dry-run makes every check and changes nothing", async () => {
    const before = await repositoryFiles(lost);
    const { exitCode, stdout, stderr } = await create(
      lost,
      ...["--dry-run", "--dump-directory", join(directory, "new"), "-o", "json"],
    );
    assert.equal(exitCode, 1, stderr);
    const { create: planned } = stanzaCreatePreviewSchema.parse(JSON.parse(stdout));
    assert(planned);
    assert.equal(planned.leader, lost.pods[0]);
    assert("databaseBytes" in planned.dump && (planned.dump.databaseBytes ?? 0) > 1_000_000);
    assert.deepEqual([await repositoryFiles(lost), await readdir(directory)], [before, []]);
    await created(lost, ...skipDump);
    assert.equal((await create(lost, "--dry-run")).exitCode, 0);
  });

  faultTest(12, "refuses while the repo host refuses this client's certificate (105)", async () => {
    const file = clusterLayout(testDirectory, lost).repositoryConfig;
    const original = await readFile(file, "utf8");
    try {
      await withRepositoryDown(lost, () =>
        writeFile(file, original.replace(/^tls-server-auth=.*$/m, "tls-server-auth=nobody=*")),
      );
      await assert.rejects(inPod(lost, "pgbackrest", "--stanza=db", "stanza-create"), { exitCode: 105 });
      const { exitCode, stderr } = await create(lost, ...skipDump);
      assert.equal(exitCode, 3, stderr);
      assert.match(stderr, /error\[stanza-unreachable\]: .*access denied/i);
      assert.deepEqual(await repositoryFiles(lost), {});
    } finally {
      await withRepositoryDown(lost, () => writeFile(file, original));
    }
  });

  faultTest(53, "names the archiver that keeps the lock, and the next run needs no new dump", async () => {
    const [pod = ""] = lost.pods;
    const dumps = ["--dump-directory", directory];
    await breakRepository(testDirectory, lost.context, nameOf(lost));
    let archiver: number | undefined;
    try {
      const nudge = "create table if not exists nudge (n int); insert into nudge values (1); select pg_switch_wal()";
      await inPod(lost, "psql", "-XAtqc", nudge);
      const lock = join(instanceLayout(testDirectory, lost, pod).locks, "db-archive.lock");
      await waitUntil("the archiver that pushes to the silent repo host, with its lock", 60, async () => {
        archiver = await processIn(lost, /^pgbackrest .*archive-push:async/);
        return archiver !== undefined && (await readFile(lock, "utf8")).includes(`"pid":${archiver}}`);
      });
      assert(archiver !== undefined);
      // It stays on its dead connection, as it does for an hour on a real cluster.
      process.kill(archiver, "SIGSTOP");
      await heal(testDirectory, lost.context, nameOf(lost));
      const { exitCode, stderr } = await create(lost, ...dumps, "--create-timeout", "4s");
      assert.equal(exitCode, 4, stderr);
      assert.match(stderr, new RegExp(`held by process ${archiver} \\(pgbackrest .*archive-push:async`));
      assert.match(stderr, new RegExp(`next: .*exec ${pod} -c database -- kill ${archiver}$`));
      assert.equal((await readdir(directory)).length, 1);
    } finally {
      if (archiver !== undefined) process.kill(archiver, "SIGCONT");
      await heal(testDirectory, lost.context, nameOf(lost));
    }
    const { dump, outcome } = await created(lost, ...dumps);
    assert.equal(outcome, "created");
    assert(dump && "file" in dump);
    assert.equal(dump.reused, true);
    assert.equal((await readdir(directory)).length, 1);
  });
});
