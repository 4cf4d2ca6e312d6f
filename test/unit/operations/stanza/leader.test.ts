import assert from "node:assert/strict";
import { RecoveryError } from "../../../../domain/errors.ts";
import { findLeader } from "../../../../operations/stanza/leader.ts";
import { FakeCluster, FakeSurroundings, type Script } from "../../../support/fake-cluster.ts";
import { errorOf, runCreation } from "../../../support/fake-creation.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";

const calendar = { namespace: "calendar", name: "calendar-db" };
const status = (role: string): Record<string, string> => ({ status: JSON.stringify({ role, state: "running" }) });

async function leader(script: Script): Promise<string> {
  return findLeader(new FakeCluster(script), calendar, new FakeSurroundings());
}

function failsWith(script: Script, code: string, message: RegExp): Promise<void> {
  return assert.rejects(leader(script), (error) => {
    assert(error instanceof RecoveryError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

describe("findLeader", () => {
  it("waits for an election", async () => {
    const surroundings = new FakeSurroundings();
    const cluster = new FakeCluster({ leaders: [undefined, undefined, "calendar-db-1"] });
    assert.equal(await findLeader(cluster, calendar, surroundings), "calendar-db-1");
    assert.equal(surroundings.elapsed, 4);
  });

  it("gives up when there is no leader for 60 s", async () => {
    await failsWith({ leaders: [undefined] }, "leader-missing", /no running leader for 60 s/);
  });

  faultTest(54, "refuses a Pod of another cluster, and runs nothing in it", async () => {
    const foreign = "payments-db-instance1-abcd-0";
    await failsWith({ leaders: [foreign] }, "leader-foreign", new RegExp(`names ${foreign} .*not an instance Pod`));
    const run = await runCreation({ leaders: [foreign] });
    assert.equal(errorOf(run).kind, "failed");
    assert(run.cluster.commands.every((command) => !command.startsWith(foreign)));
    assert.deepEqual(run.cluster.ran("stanza-create"), []);
  });

  faultSuite(9, "when patronictl gives no answer, the Pods' annotation decides:", () => {
    const silent = { end: "exited", code: 1, stdout: "", stderr: "" } as const;
    const replica = status("replica");

    for (const role of ["master", "primary"]) {
      it(`the one Pod that is annotated as ${role}`, async () => {
        const podAnnotations = { "calendar-db-0": replica, "calendar-db-1": status(role) };
        assert.equal(await leader({ leaders: [silent], podAnnotations }), "calendar-db-1");
      });
    }

    it("a standby leader, a replica, a malformed and an old annotation do not count", async () => {
      for (const annotation of [status("standby_leader"), replica, { status: "{" }, { status: "[]" }, {}]) {
        const podAnnotations = { "calendar-db-0": annotation };
        await failsWith({ leaders: [silent], podAnnotations }, "leader-unknown", /0 Pods are annotated as primary/);
      }
    });

    it("an old label role=master does not count, because a standby leader keeps it", async () => {
      const podLabels = { "calendar-db-0": { "postgres-operator.crunchydata.com/role": "master" } };
      await failsWith({ leaders: [silent], podLabels }, "leader-unknown", /0 Pods are annotated as primary/);
      const podAnnotations = { "calendar-db-1": status("master") };
      assert.equal(await leader({ leaders: [silent], podLabels, podAnnotations }), "calendar-db-1");
    });

    it("two Pods that are annotated as primary are an error", async () => {
      const podAnnotations = { "calendar-db-0": status("master"), "calendar-db-1": status("primary") };
      await failsWith({ leaders: [silent], podAnnotations }, "leader-unknown", /2 Pods are annotated as primary/);
    });

    it("a Pod whose database container does not run does not count", async () => {
      const podAnnotations = { "calendar-db-0": status("master"), "calendar-db-1": replica };
      const stopped = ["calendar-db-0"];
      await failsWith({ leaders: [silent], podAnnotations, stopped }, "leader-unknown", /0 Pods are annotated/);
    });
  });
});
