import assert from "node:assert/strict";
import { scanReportSchema, type ScanEntry } from "../../domain/stanza/list-report.ts";
import { stanzaCreateReportSchema } from "../../domain/stanza/create.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { findCluster, type PostgresCluster } from "../../sandbox/pgo/inventory.ts";
import { runProcedure } from "../support/procedure.ts";
import { createCluster, deleteCluster } from "../support/recreate.ts";
import { createDirectly, loseStanza, repositoryFiles } from "../support/repository.ts";
import { cli, repositoryCodes, sandboxEnvironment, type Ended } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const former = findCluster("dev", "woven-passport/payment-hub-db");
const { context, namespace, name } = former;
const [formerPod = ""] = former.pods;
const pod = "payment-hub-db-payment-hub-db-1-zz99-0";
const renewed: PostgresCluster = { ...former, pods: [pod] };

describe("a cluster is deleted and recreated under the same name", function () {
  this.timeout("2m");

  let formerUid: string;

  before("the sandbox, with a stanza that the former cluster leaves behind", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
    await createDirectly(former);
    assert.equal((await listed()).status.status, "okay");
    assert.equal((await listed()).pod, formerPod);
    formerUid = (await listed()).uid;
    await deleteCluster(former);
    await createCluster(renewed);
  });
  after(async () => {
    await loseStanza(renewed);
    await deleteCluster(renewed);
    await createCluster(former);
  });

  async function listed(): Promise<ScanEntry> {
    const { stdout } = await cli("stanza", "list", "--context", context, "-n", namespace, "-o", "json");
    const entry = scanReportSchema.parse(JSON.parse(stdout)).clusters.find(({ cluster }) => cluster === name);
    assert(entry);
    return entry;
  }

  const create = (...options: string[]): Promise<Ended> =>
    cli(
      "stanza",
      "create",
      `${namespace}/${name}`,
      "--context",
      context,
      "--skip-dump",
      "nothing worth a dump",
      "-o",
      "json",
      ...options,
    );

  faultTest(
    [11, 12],
    "shows broken and refuses while the repository still holds the former cluster's stanza",
    async () => {
      const { status, pod: asked } = await listed();
      assert.equal(asked, pod);
      assert.match(JSON.stringify(status), /"broken".*belongs to another database/);
      const before = await repositoryFiles(renewed);
      const { exitCode, stderr } = await create();
      assert.equal(exitCode, 4, stderr);
      assert.deepEqual(await repositoryFiles(renewed), before);
    },
  );

  faultTest(11, "refuses the former cluster's uid and creates nothing, and accepts the new cluster's uid", async () => {
    await loseStanza(renewed);
    const { exitCode, stderr } = await create("--uid", formerUid);
    assert.equal(exitCode, 2, stderr);
    const { uid } = await listed();
    assert.match(
      stderr,
      new RegExp(
        `error\\[cluster-recreated\\]: ${namespace}/${name} was deleted and recreated: its metadata.uid is ${uid}, expected ${formerUid}\nnext: `,
      ),
    );
    assert.deepEqual(await repositoryFiles(renewed), {});
    const created = await create("--uid", uid);
    assert.equal(created.exitCode, 0, created.stderr);
    assert.equal(stanzaCreateReportSchema.parse(JSON.parse(created.stdout)).uid, uid);
  });

  faultTest([10, 11], "finds the leader and creates the stanza there although the Pods have new names", async () => {
    await loseStanza(renewed);
    const { exitCode, stdout, stderr } = await create();
    assert.equal(exitCode, 0, stderr);
    assert.equal(stanzaCreateReportSchema.parse(JSON.parse(stdout)).leader, pod);
    assert.deepEqual(await repositoryCodes(context, namespace, pod), [2]);
    assert.equal((await listed()).status.status, "okay");
  });

  faultTest(
    10,
    "fails clearly and creates nothing when the cluster is deleted between the check and the search for the leader",
    async () => {
      await loseStanza(renewed);
      try {
        const { report, error } = await runProcedure(
          renewed,
          {},
          { before: /patronictl list/, happens: () => deleteCluster(renewed) },
        );
        assert.equal(report, undefined);
        assert(error instanceof RecoveryError, String(error));
        // The Pods are gone; or Patroni still answers in one that is about to go, and the next read finds no cluster.
        assert(
          ["instance-missing", "postgres-cluster-not-found", "leader-missing"].includes(error.code),
          String(error),
        );
        assert.deepEqual(await repositoryFiles(renewed), {});
      } finally {
        await createCluster(renewed);
      }
    },
  );
});
