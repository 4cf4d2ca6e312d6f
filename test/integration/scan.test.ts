import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { configTargetsReportSchema } from "../../domain/stack/config-edit.ts";
import { scanReportSchema } from "../../domain/stanza/list-report.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { leaders } from "../support/patroni.ts";
import { askDirectly, cli, cliIn, repositoryCodes, sandboxEnvironment } from "../support/sandbox.ts";
import { StackFolder } from "../support/stack-folder.ts";
import { faultTest } from "../support/fault-test.ts";

const twoMembers = findCluster("dev", "calendar/calendar-db");

/** The lines that the runbook prints for one of its two contexts, with the current leader's Pod. */
async function runbookLines(context: string): Promise<string[]> {
  const text = await readFile(new URL(`../fixtures/runbook-${context}.log`, import.meta.url), "utf8");
  const [leader = ""] = await leaders(twoMembers);
  return text
    .trimEnd()
    .replace(twoMembers.pods[0] ?? "", leader)
    .split("\n");
}

describe("stanza list", function () {
  this.timeout("3m");
  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });

  for (const context of ["lab", "dev"]) {
    it(`prints exactly the runbook's lines for ${context}, in the runbook's order`, async () => {
      const { exitCode, stdout } = await cli("stanza", "list", "--context", context, "-o", "log");
      assert.deepEqual(stdout.split("\n"), await runbookLines(context));
      // In lab one cluster could not be asked; in dev some have no stanza.
      assert.equal(exitCode, context === "lab" ? 3 : 1);
    });
  }

  it("exits with 1 for a namespace that has clusters without a stanza", async () => {
    const { stdout, exitCode } = await cli("stanza", "list", "--context", "dev", "-n", "calendar", "-o", "log");
    assert.equal(exitCode, 1);
    assert.equal(stdout.split("\n").length, 2);
  });

  it("exits with 0 for a namespace whose clusters are all okay", async () => {
    assert.equal((await cli("stanza", "list", "--context", "dev", "-n", "tsl")).exitCode, 0);
  });

  it("prints JSON that agrees with Postgres on the instance about the system identifier", async () => {
    const { stdout } = await cli("stanza", "list", "--context", "dev", "-n", "tsl", "-o", "json");
    const [listed] = scanReportSchema.parse(JSON.parse(stdout)).clusters;
    assert(listed?.status.status === "okay");
    const query = "select system_identifier from pg_control_system()";
    const own = await askDirectly("dev", listed.namespace, listed.pod ?? "", "psql", "-XAtqc", query);
    assert.match(own.trim(), /^\d{19}$/);
    assert.equal(listed.status.systemIdentifier, own.trim());
  });

  it("prints JSON that agrees with pgBackRest on the instance about missing stanzas", async () => {
    const { stdout } = await cli("stanza", "list", "--context", "dev", "-n", "calendar", "-o", "json");
    const { clusters, summary } = scanReportSchema.strict().parse(JSON.parse(stdout));
    assert.deepEqual(summary, { okay: 0, finding: 2, undetermined: 0, notExpected: 0 });
    for (const { namespace, pod = "", status } of clusters) {
      assert.equal(status.status, "no-stanza");
      assert.deepEqual(await repositoryCodes("dev", namespace, pod), [1]);
    }
  });

  faultTest(
    154,
    "config targets proposes what pgBackRest calls missing, and writes it into the stack file",
    async () => {
      const folder = new StackFolder();
      const file = "Pulumi.dev.yaml";
      folder.write(file, "config:\n  postgres-recovery:kubernetes: { context: dev }\n");
      const targets = ["config", "targets", "--stack", "dev", "-n", "calendar"];
      const { exitCode, stdout } = await cliIn(folder.directory, ...targets, "-o", "json");
      assert.equal(exitCode, 1);
      const { clusters, uncovered } = configTargetsReportSchema.strict().parse(JSON.parse(stdout));
      for (const { cluster, proposal } of clusters) {
        const { pods } = findCluster("dev", cluster);
        assert.deepEqual([proposal, await repositoryCodes("dev", "calendar", pods[0] ?? "")], ["proposed", [1]]);
      }
      assert.deepEqual(uncovered, ["calendar/calendar-db", "calendar/scheduler-db"]);
      assert.equal((await cliIn(folder.directory, ...targets, "--write", "--yes")).exitCode, 0);
      const again = await cliIn(folder.directory, ...targets);
      assert.match(again.stdout, /^calendar\/calendar-db +dev +covered/m);
      assert.match(again.stdout, /^in no stack: none$/m);
      assert.equal((await cliIn(folder.directory, "config", "check")).exitCode, 0);
      folder.remove();
    },
  );

  faultTest(7, "shows where PGO says that a missing stanza is created", async () => {
    const { stdout } = await cli("stanza", "list", "--context", "dev", "-n", "calendar");
    assert.match(stdout, /No stanza +created \(disagrees\)/);
  });

  it("exits with 2 and says what to do for an unknown context and an unknown option", async () => {
    const wrongContext = await cli("stanza", "list", "--context", "prod");
    assert.equal(wrongContext.exitCode, 2);
    assert.match(wrongContext.stderr, /no context prod; it has: lab, dev\nnext: choose one with --context/);
    assert.equal((await cli("stanza", "list", "--nope")).exitCode, 2);
  });

  faultTest(35, "refuses the wrong cluster by the UID of its kube-system namespace", async () => {
    const { exitCode, stderr } = await cli(
      "stanza",
      "list",
      "--context",
      "lab",
      "--kube-system-uid",
      "00000000-0000-4000-8000-000000000000",
    );
    assert.equal(exitCode, 2);
    assert.match(stderr, /leads to another cluster/);
  });
});
