import assert from "node:assert/strict";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { z } from "zod";
import { fleetReportSchema } from "../../domain/fleet/report.ts";
import { scanReportSchema, type ScanEntry } from "../../domain/stanza/list-report.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { findCluster, sharedCluster, type PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { resource } from "../../sandbox/pgo/objects.ts";
import { withCloudNativePg } from "../support/cloud-native-pg.ts";
import { faultTest } from "../support/fault-test.ts";
import { createDirectly, loseStanza, repositoryOf } from "../support/repository.ts";
import { askDirectly, cli, runInSandbox, sandboxEnvironment, startCli, testDirectory } from "../support/sandbox.ts";

/** PGO believes that its stanza exists, so it takes no first backup after a create. */
const missing = findCluster("dev", "utility/utility-db");
const [sharedPod = ""] = sharedCluster.pods;

const inShared = (...argv: string[]): Promise<string> =>
  askDirectly(sharedCluster.context, sharedCluster.namespace, sharedPod, ...argv);
const sql = (text: string): Promise<string> => inShared("psql", "-XAtqc", text);

/** Has the current WAL segment archived, and names it. The next one is complete a minute later. */
async function archivedSegment(): Promise<string> {
  const segment = await sql("select pg_walfile_name(pg_switch_wal())");
  await waitUntil(`${segment} to be archived`, 60, async () => {
    return (await sql(`select left(last_archived_wal, 24) >= '${segment}' from pg_stat_archiver`)) === "t";
  });
  return segment;
}

async function listed(
  cluster: PostgresCluster,
  ...options: string[]
): Promise<{ entry: ScanEntry; exitCode: unknown }> {
  const { context, namespace, name } = cluster;
  const { stdout, stderr, exitCode } = await cli(
    ...["stanza", "list", "--context", context, "-n", namespace, "-o", "json", ...options],
  );
  assert(stdout.startsWith("{"), stderr);
  const entry = scanReportSchema.parse(JSON.parse(stdout)).clusters.find(({ cluster: found }) => found === name);
  assert(entry, stdout);
  return { entry, exitCode };
}

const flagsOf = ({ flags }: ScanEntry): string[] => flags.map(({ code }) => code);

function customObjects(context: "lab" | "dev"): CustomObjectsApi {
  return client(layout(testDirectory).kubeconfig, context).makeApiClient(CustomObjectsApi);
}

async function patch({ context, namespace, name }: PostgresCluster, body: object): Promise<void> {
  const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  await customObjects(context).patchNamespacedCustomObject({ ...resource, namespace, name, body }, mergePatch);
}

describe("stanza list: okay means that there are backups", function () {
  this.timeout("3m");
  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });

  it("reports the backup of a healthy cluster as pgBackRest and Postgres do", async () => {
    const segment = await archivedSegment();
    const { entry, exitCode } = await listed(sharedCluster);
    assert.deepEqual([entry.verdict, entry.flags, exitCode], ["okay", [], 0]);
    const info = z
      .array(z.object({ backup: z.array(z.object({ timestamp: z.object({ stop: z.int() }), type: z.string() })) }))
      .parse(JSON.parse(await inShared("pgbackrest", "--stanza=db", "info", "--output=json")));
    const [backup] = info[0]?.backup ?? [];
    assert(backup, "the sandbox took no backup");
    assert.equal(backup.type, "full");
    assert(entry.status.status === "okay");
    const newest = new Date(backup.timestamp.stop * 1000).toISOString();
    const [repository, ...others] = entry.status.backups.repositories ?? [];
    assert(repository !== undefined && others.length === 0);
    assert.deepEqual([repository.name, repository.count, repository.newest], ["repo1", 1, { full: newest }]);
    assert.deepEqual(repository.usable, { count: 1, oldest: newest, newest });
    assert.equal(repository.wal?.max, segment);
    assert.equal(await sql("select last_archived_time is not null from pg_stat_archiver"), "t");
  });

  faultTest(
    [127, 128],
    "sees WAL that is gone from a repository, although pgBackRest and Postgres call it fine",
    async () => {
      const archive = join(repositoryOf(sharedCluster), "archive", "db");
      const [id = ""] = (await readdir(archive)).filter((name) => /^\d+-\d+$/.test(name));
      const aside = join(testDirectory, "wal-aside");
      await archivedSegment();
      await rename(join(archive, id), aside);
      try {
        const { entry, exitCode } = await listed(sharedCluster);
        assert.deepEqual([flagsOf(entry), exitCode], [["backup-unusable", "wal-missing"], 1]);
        assert.match(entry.flags[0]?.detail ?? "", /^repo1: .*F: its WAL .* is missing: repo1 holds no WAL of this/);
        assert.match(entry.flags[1]?.detail ?? "", /^Postgres reports that it archived .*, but repo1 holds no WAL$/);
        assert.match(await inShared("pgbackrest", "--stanza=db", "info"), /status: ok/);
      } finally {
        // With `cp -a`, the files keep their owner.
        await execa("cp", ["-a", `${aside}/.`, join(archive, id)]);
        await rm(aside, { recursive: true });
      }
      assert.equal((await listed(sharedCluster)).entry.verdict, "okay");
    },
  );

  it("backup fleet has the same window and loss as the database, and names what no stack declares", async () => {
    const segment = await archivedSegment();
    const { namespace, name } = sharedCluster;
    const { stdout, stderr, exitCode } = await cli(
      "backup",
      "fleet",
      "--context",
      "dev",
      "-n",
      namespace,
      "-o",
      "json",
    );
    assert.equal(exitCode, 1, stderr);
    const { clusters, sources } = fleetReportSchema.parse(JSON.parse(stdout));
    const found = clusters.find((each) => each.name === name);
    assert(found?.recovery?.status === "known" && found.lossNow?.status === "since");
    const [window] = found.recovery.windows;
    // Postgres completed the segment not later than it archived it.
    const archived = Date.parse(await sql(`select last_archived_time from pg_stat_archiver`));
    assert.equal(found.repositories?.[0]?.wal?.max, segment);
    assert(window?.until !== null && window?.endedBy === null, stdout);
    assert(archived - Date.parse(window.until) >= 0 && archived - Date.parse(window.until) < 10_000, stdout);
    assert.equal(window.until, found.lossNow.since);
    assert.deepEqual([found.findings, found.watch], [[], { status: "not-watched" }]);
    assert.deepEqual(
      sources.map(({ status }) => status),
      ["partial", "complete", "complete", "complete", "complete"],
    );
  });

  faultTest(
    132,
    "backup fleet reads CloudNativePG's clusters from a real API server, by their own status",
    async () => {
      await withCloudNativePg("dev", { conditions: [{ type: "ContinuousArchiving", status: "False" }] }, async () => {
        const { stdout, exitCode } = await cli("backup", "fleet", "--context", "dev", "-n", "default", "--no-stacks");
        assert.equal(exitCode, 1, stdout);
        assert.match(
          stdout,
          /^default\/orders +cloudnative-pg +PROBLEM .*cloudnative-pg-archiving-failing: the condition/m,
        );
      });
    },
  );

  faultTest(45, "sees an archive command that fails, and one that does nothing, and nothing after that", async () => {
    const set = async (command: string): Promise<void> => {
      await sql(command);
      await sql("select pg_reload_conf()");
    };
    try {
      await set("alter system set archive_command = 'echo pgbackrest; false'");
      await sql("create table archive_me (); select pg_switch_wal()");
      await waitUntil("the archiver to fail", 60, async () => {
        return (
          (await sql("select coalesce(last_failed_time > last_archived_time, false) from pg_stat_archiver")) === "t"
        );
      });
      const failing = await listed(sharedCluster);
      assert.deepEqual([flagsOf(failing.entry), failing.exitCode], [["archiver-failing"], 1]);
      assert.match(failing.entry.flags[0]?.detail ?? "", /^\d+ failures, the last 20.*Z; last archived 20.*Z$/);

      await set("alter system set archive_command = 'true'");
      const discarding = await listed(sharedCluster);
      assert.deepEqual([flagsOf(discarding.entry), discarding.exitCode], [["archiving-off"], 1]);
    } finally {
      await set("alter system reset archive_command");
      await sql("drop table archive_me; select pg_switch_wal()");
    }
    await waitUntil("the archiver to work again", 60, async () => {
      return flagsOf((await listed(sharedCluster)).entry).length === 0;
    });
  });

  faultTest(43, "sees a stanza without a backup, and prints a command that PGO's API accepts", async () => {
    await createDirectly(missing);
    try {
      // pgBackRest gives up a segment after 60 seconds, and only then Postgres tries again.
      await waitUntil("the first WAL to be archived", 180, async () => {
        return !flagsOf((await listed(missing)).entry).includes("archiver-failing");
      });
      const { entry, exitCode } = await listed(missing);
      assert.deepEqual([flagsOf(entry), exitCode], [["no-backup"], 1]);
      const allowed = await listed(missing, "--allow", "no-backup");
      assert.deepEqual([allowed.entry.verdict, allowed.exitCode], ["okay", 0]);
      const { namespace, name } = missing;
      const { exitCode: ended, stderr } = await runInSandbox(["sh", "-c", entry.flags[0]?.command ?? ""]);
      assert.equal(ended, 0, stderr);
      const annotated = z
        .object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) })
        .parse(await customObjects("dev").getNamespacedCustomObject({ ...resource, namespace, name }));
      assert.match(
        annotated.metadata.annotations["postgres-operator.crunchydata.com/pgbackrest-backup"] ?? "",
        /^20\d\d-\d\d-\d\dT/,
      );
    } finally {
      await patch(missing, { metadata: { annotations: null } });
      await loseStanza(missing);
    }
  });

  faultTest(44, "sees a repository that a paused PGO has not applied", async () => {
    const repos = [{ name: "repo1", schedules: { full: "0 1 * * 0" }, volume: {} }];
    const change = (paused: boolean, list: object[]): Promise<void> =>
      patch(sharedCluster, { spec: { paused, backups: { pgbackrest: { repos: list } } } });
    await change(true, [...repos, { name: "repo2", s3: { bucket: "b", endpoint: "e", region: "r" } }]);
    try {
      const { entry, exitCode } = await listed(sharedCluster);
      assert.deepEqual([flagsOf(entry), exitCode], [["repository-missing"], 1]);
      assert.match(entry.flags[0]?.detail ?? "", /^repo2 .* \(spec\.paused is true/);
      assert.equal(entry.repositoryPlace, "repo host or bucket");
    } finally {
      await change(false, repos);
    }
    assert.equal((await listed(sharedCluster)).entry.verdict, "okay");
  });

  faultTest(46, "does not call backups disabled when only spec.backups was removed", async () => {
    const repos = [{ name: "repo1", schedules: { full: "0 1 * * 0" }, volume: {} }];
    await patch(sharedCluster, { spec: { backups: null } });
    try {
      const { entry, exitCode } = await listed(sharedCluster);
      assert.deepEqual([entry.status.status, exitCode], ["backups-removed", 1]);
    } finally {
      await patch(sharedCluster, { spec: { backups: { pgbackrest: { repos, manual: { repoName: "repo1" } } } } });
    }
  });

  faultTest(47, "gives a PostgresCluster without a spec a row of its own", async () => {
    const { namespace } = sharedCluster;
    const name = "no-spec";
    const body = { apiVersion: `${resource.group}/${resource.version}`, kind: "PostgresCluster", metadata: { name } };
    await customObjects("lab").createNamespacedCustomObject({ ...resource, namespace, body });
    try {
      const { entry } = await listed({ ...sharedCluster, name });
      assert.deepEqual([entry.status.status, entry.verdict], ["unreadable", "undetermined"]);
      assert.equal((await listed(sharedCluster)).entry.verdict, "okay");
    } finally {
      await customObjects("lab").deleteNamespacedCustomObject({ ...resource, namespace, name });
    }
  });

  faultTest(6, "gives a silent repo host exactly the time of --timeout", async () => {
    const silent = findCluster("lab", "consent/spicedb-psql");
    const started = performance.now();
    const { entry, exitCode } = await listed(silent, "--timeout", "4s");
    const seconds = (performance.now() - started) / 1000;
    assert.deepEqual(entry.status, { status: "timeout", reason: "pgbackrest info did not end within 4 s" });
    assert.equal(exitCode, 3);
    assert(seconds >= 4, `${seconds} s`);
  });

  it("repeats the list with --watch, each as one line of JSON, until it is interrupted", async () => {
    const list = ["stanza", "list", "--context", "dev", "-n", "tsl", "--watch", "--interval", "1s", "-o", "json"];
    const watching = await startCli(list);
    await watching.until(/"version":1.*\n.*"version":1.*\n.*"version":1/);
    watching.signal("SIGINT");
    const { exitCode, stdout } = await watching.ended;
    assert.equal(exitCode, 130);
    const [last, ...lines] = stdout.trim().split("\n").reverse();
    assert.match(last ?? "", /"error":{"code":"interrupted"/);
    assert(lines.length >= 3, stdout);
    for (const line of lines) {
      const { clusters, context } = scanReportSchema.parse(JSON.parse(line));
      assert.equal(context, "dev");
      assert.deepEqual(
        clusters.map(({ cluster, verdict }) => [cluster, verdict]),
        [["tsl-db", "okay"]],
      );
    }
  });

  it("refuses a flag that does not exist, and names those that do", async () => {
    const { exitCode, stderr } = await cli("stanza", "list", "--context", "lab", "--allow", "no-backup,no-schedul");
    assert.equal(exitCode, 2);
    assert.match(stderr, /no such flag: no-schedul\. The flags are no-backup, /);
  });
});
