import assert from "node:assert/strict";
import { errorOf, reportOf, runCreation } from "../../../support/fake-creation.ts";
import { faultTest } from "../../../support/fault-test.ts";

const backups = { pgbackrest: { repos: [{ name: "repo1" }] } };
const uid = "0b1f8f2a-6a7e-4d0c-9a51-6f1f0a2b3c4d";
const otherUid = "5d2c7a10-93c4-4d55-8b1e-0c9d8e7f6a5b";

describe("what PGO says after the stanza was created", () => {
  it("is a confirmation only if its status changed after the create", async () => {
    // Read by the check, right before the create, by the check afterwards, and then by the wait.
    const run = await runCreation({ info: [1, 2], operator: [false, false, false, false, false, true] });
    assert.equal(reportOf(run).operator, "confirmed");
    assert.equal(run.surroundings.elapsed, 1 + 2, "it waited until the status changed");
  });

  faultTest([7, 51], "is no confirmation if PGO already said created before", async () => {
    const run = await runCreation({ info: [1, 2], operator: [true] });
    assert.equal(reportOf(run).outcome, "created");
    assert.equal(reportOf(run).operator, "already-created");
    assert.equal(run.surroundings.elapsed, 0);
    assert(!run.surroundings.lines.includes("PGO confirms the stanza"));
  });

  faultTest(51, "is no confirmation either if the stanza existed already", async () => {
    assert.equal(reportOf(await runCreation({ info: [2], operator: [true] })).operator, "already-created");
    assert.equal(reportOf(await runCreation({ info: [2], operator: [false, true] })).operator, "confirmed");
  });

  faultTest(51, "is a confirmation if PGO only said created while another program created the stanza", async () => {
    const run = await runCreation({ info: [1, 2], create: [50], operator: [false, false, true] });
    assert.equal(reportOf(run).operator, "confirmed");
  });

  faultTest(16, "is not waited for while PGO is paused for the cluster", async () => {
    for (const operator of [[true], [false]]) {
      const run = await runCreation({ info: [1, 2], operator, spec: { paused: true, backups } });
      assert.equal(reportOf(run).operator, "paused");
      assert.equal(run.surroundings.elapsed, 0);
      assert(run.surroundings.lines.some((line) => line.includes("spec.paused")));
    }
  });

  it("is waited for to the very end of the limit", async () => {
    const run = await runCreation({ info: [1, 2], operator: [false] }, { timeLimits: { operator: "2m" } });
    assert.equal(reportOf(run).operator, "pending");
    assert.equal(run.surroundings.elapsed, 120);
  });

  faultTest(11, "does not count when it comes from a recreated cluster", async () => {
    // The check, right before the create, and the check afterwards see the cluster; then it is recreated.
    const run = await runCreation({
      info: [1, 2],
      operator: [false, false, false, true],
      uids: [uid, uid, uid, otherUid],
    });
    assert.equal(errorOf(run).code, "cluster-recreated");
    assert(!run.surroundings.lines.includes("PGO confirms the stanza"));
  });
});
