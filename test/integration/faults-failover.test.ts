import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectKubernetes } from "../../clients/kubernetes/postgres-clusters.ts";
import { tryStanzaCreate } from "../../clients/pod/pgbackrest.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { postgresBin } from "../../sandbox/host/packages.ts";
import { killMember, leaders, setPatroniPauses, startMember, switchover, untilCalm } from "../support/patroni.ts";
import { runProcedure, type ProcedureEnd } from "../support/procedure.ts";
import { withEnvironment } from "../support/replay.ts";
import { loseStanza, repositoryFiles } from "../support/repository.ts";
import { askDirectly, holdsStanza, repositoryCodes, sandboxEnvironment } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const cluster = findCluster("dev", "calendar/calendar-db");
const [first = "", second = ""] = cluster.pods;
const { context, namespace } = cluster;

describe("the leader changes (two members, real switchovers)", function () {
  this.timeout("3m");
  let directory: string;
  let leader: string;
  let other: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
    await setPatroniPauses(cluster, { ttl: 20, loop_wait: 1, retry_timeout: 9 });
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-failover-"));
    await untilCalm(cluster);
    [leader = ""] = await leaders(cluster);
    other = leader === first ? second : first;
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
    await loseStanza(cluster);
  });
  after(async () => {
    try {
      await untilCalm(cluster);
      if ((await leaders(cluster))[0] !== first) await switchover(cluster, first);
      await untilCalm(cluster);
    } finally {
      await setPatroniPauses(cluster, { ttl: 30, loop_wait: 5, retry_timeout: 10 });
    }
  });

  async function createdOn(pod: string, { report, error, progress }: ProcedureEnd): Promise<void> {
    assert.equal(error, undefined, progress.join("\n"));
    assert.equal(report?.outcome, "created");
    assert.equal(report.leader, pod);
    assert(await holdsStanza(context, namespace, pod));
    assert.equal(await askDirectly(context, namespace, pod, "psql", "-XAtqc", "select pg_is_in_recovery()"), "f");
  }

  faultTest(
    10,
    "creates on the new leader after a switchover between the check and the search for the leader",
    async () => {
      const end = await runProcedure(
        cluster,
        {},
        { before: /patronictl list/, happens: () => switchover(cluster, other) },
      );
      await createdOn(other, end);
    },
  );

  faultTest(10, "dumps again and creates on the new leader after a switchover between dump and create", async () => {
    const end = await runProcedure(
      cluster,
      { dump: { directory } },
      { before: /pg_dumpall/, happens: () => Promise.resolve() },
      { before: /patronictl list/, happens: () => switchover(cluster, other) },
    );
    await createdOn(other, end);
    assert.match(
      end.progress.join("\n"),
      new RegExp(`dumping all databases of ${leader}[^]*the leader changed[^]*dumping all databases of ${other}`),
    );
    assert.equal((await readdir(directory)).length, 2);
  });

  faultTest(
    [9, 10],
    "the former leader refuses and the new one creates after a switchover between search and create",
    async () => {
      const end = await runProcedure(
        cluster,
        {},
        { before: /stanza-create/, happens: () => switchover(cluster, other) },
      );
      await createdOn(other, end);
      assert.match(end.progress.join("\n"), new RegExp(`stanza-create on ${leader}\nthis instance is not the primary`));
    },
  );

  faultTest(
    [9, 10],
    "pgBackRest refuses on the former leader after a switchover between the proof and create in one command",
    async () => {
      // The leader changes after the proof has answered and before pgBackRest starts.
      const proof = join(directory, "psql");
      await writeFile(
        proof,
        `#!/bin/sh
case "$*" in *pg_is_in_recovery*) ;; *) exec ${postgresBin}/psql "$@" ;; esac
answer=$(${postgresBin}/psql "$@")
if [ "$answer" = f ] && mkdir ${directory}/once; then
  patronictl switchover --force --leader ${leader} --candidate ${other} >/dev/null 2>&1
fi
echo "$answer"
`,
      );
      await Promise.all([chmod(proof, 0o755), chmod(directory, 0o777)]);
      const end = await withEnvironment(
        { context, namespace, pod: leader },
        ({ PATH }) => ({ PATH: `${directory}:${PATH ?? ""}` }),
        () => runProcedure(cluster, {}),
      );
      await createdOn(other, end);
      assert.match(end.progress.join("\n"), /this instance is not the primary \(.*unable to find primary cluster/);
    },
  );

  faultTest(9, "writes nothing when create reaches a replica, which ends with exit code 56", async () => {
    const before = await repositoryFiles(cluster);
    // pgBackRest itself refuses there, and so does the step's own proof before it.
    await assert.rejects(askDirectly(context, namespace, other, "pgbackrest", "--stanza=db", "stanza-create"), {
      exitCode: 56,
    });
    const { KUBECONFIG = "" } = await sandboxEnvironment();
    const { exec } = await connectKubernetes({ context, kubeconfig: KUBECONFIG });
    const { decision, meaning } = await tryStanzaCreate(exec, { namespace, pod: other, container: "database" });
    assert.equal(decision, "find-leader");
    assert.match(meaning, /pg_is_in_recovery\(\) said 't'/);
    assert.deepEqual(await repositoryFiles(cluster), before);
  });

  faultTest(9, "waits while Patroni still lists a killed leader, then creates on its successor", async () => {
    try {
      const end = await runProcedure(
        cluster,
        {},
        {
          before: /patronictl list/,
          happens: async () => {
            await killMember(cluster, leader);
            assert.deepEqual(await leaders(cluster), [leader]);
          },
        },
      );
      await createdOn(other, end);
    } finally {
      await startMember(cluster, leader);
    }
  });

  faultTest([10, 13], "fails clearly and creates nothing when the leader is killed before the dump", async () => {
    try {
      const { error, report } = await runProcedure(
        cluster,
        { dump: { directory } },
        { before: /pg_dumpall/, happens: () => killMember(cluster, leader) },
      );
      assert.equal(report, undefined);
      assert.match(String(error), new RegExp(`the dump of ${leader} failed: pg_dumpall ended with exit code 1`));
      assert.deepEqual(await readdir(directory), []);
      assert.deepEqual(await repositoryCodes(context, namespace, other), [1]);
    } finally {
      await startMember(cluster, leader);
    }
  });
});
