import assert from "node:assert/strict";
import { proposalVerdict, proposedTargets, uncovered } from "../../../../domain/stack/targets.ts";
import type { StanzaStatus } from "../../../../domain/stanza/status.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { scanEntry } from "../../../support/scan-entry.ts";

const noStanza: StanzaStatus = { status: "no-stanza", repositories: ["repo1"] };
const okay: StanzaStatus = { status: "okay", backups: { count: 1 } };
const dev = { stack: "dev", targets: new Map([["calendar/calendar-db", undefined]]) };

function only(status: StanzaStatus, more: Parameters<typeof scanEntry>[1] = {}) {
  const [proposal] = proposedTargets([scanEntry(status, more)], [], { isWhole: true });
  assert(proposal);
  return { ...proposal, verdict: proposalVerdict(proposal) };
}

describe("the targets that a stack should have", () => {
  faultTest(154, "a cluster without a stanza is proposed, with why PGO does not create it", () => {
    const { proposal, verdict, why } = only(noStanza, { operatorSaysCreated: true });
    assert.deepEqual([proposal, verdict], ["proposed", "finding"]);
    assert.match(why, /^No stanza configuration: missing in repo1; PGO believes that it exists/);
    assert.match(only(noStanza, { paused: true }).why, /PGO is paused/);
    assert.match(only(noStanza).why, /a running PGO 5\.7 or later creates it within a minute/);
  });

  const others: readonly [status: StanzaStatus, proposal: string, verdict: string, why: RegExp][] = [
    [okay, "left-out", "okay", /^has its stanza$/],
    [{ status: "broken", reason: "r" }, "left-out", "finding", /a broken stanza is never created over/],
    [{ status: "backups-removed", reason: "r" }, "left-out", "finding", /fill in spec\.backups again first/],
    [{ status: "not-applicable", because: "standby", reason: "r" }, "left-out", "okay", /no stanza is expected/],
    [{ status: "timeout", reason: "r" }, "unknown", "undetermined", /^Timeout occurred: r; list again/],
    [{ status: "unreachable", reason: "r" }, "unknown", "undetermined", /list again/],
    [{ status: "no-instance", reason: "r" }, "unknown", "undetermined", /list again/],
    [{ status: "unreadable", reason: "r" }, "unknown", "undetermined", /list again/],
  ];
  for (const [status, proposal, verdict, why] of others)
    it(`${status.status}: ${proposal}`, () => {
      const judged = only(status);
      assert.deepEqual([judged.proposal, judged.verdict], [proposal, verdict]);
      assert.match(judged.why, why);
    });

  it("a target of a stack is covered, and one on hold has its reason; neither is proposed again", () => {
    const held = { stack: "prod", targets: new Map([["calendar/calendar-db", "ask the owner first"]]) };
    const [both] = proposedTargets([scanEntry(noStanza)], [dev, held], { isWhole: true });
    assert.deepEqual([both?.proposal, both?.stacks], ["held", ["dev", "prod"]]);
    assert.match(both?.why ?? "", /on hold: ask the owner first$/);
    const [covered] = proposedTargets([scanEntry(noStanza)], [dev], { isWhole: true });
    assert.equal(covered?.proposal, "covered");
  });

  faultTest(154, "clusters in no stack are named, whatever their state, and so are targets that do not exist", () => {
    const other = scanEntry(okay, { cluster: "calender-db" });
    const all = proposedTargets([other], [dev], { isWhole: true });
    assert.deepEqual(uncovered(all), ["calendar/calender-db"]);
    const [, missing] = all;
    assert.equal(missing?.proposal, "missing");
    assert.match(missing.why, /there is no such cluster in this context; did you mean calendar\/calender-db\?/);
    assert.equal(proposalVerdict(missing), "finding");
  });

  it("in a list of one namespace no target is said to be missing", () => {
    assert.deepEqual(proposedTargets([], [dev], { isWhole: false }), []);
  });
});
