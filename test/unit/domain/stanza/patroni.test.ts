import assert from "node:assert/strict";
import { leaderInList } from "../../../../domain/stanza/patroni.ts";
import { sampleOutput } from "../../../support/fixtures.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("leaderInList on captured outputs", () => {
  const cases: [sample: string, leader: string | undefined][] = [
    ["patroni-list-json", "n1"],
    ["patroni-list-json-ts", "n1"],
    ["patroni-list-sync-json", "n1"],
    ["patroni-k8s-list-json", "hippo-instance1-abcd-0"],
    ["v40-patroni-list-json", "n1"],
    ["v41-patroni-list-json", "n1"],
    ["patroni-k8s-list-noleader-json", undefined],
    ["patroni-list-standby-leader-json", undefined],
    ["patroni-list-json-noscope", undefined],
  ];
  for (const [sample, leader] of cases) {
    it(`${sample}: ${leader ?? "no leader"}`, () => {
      assert.equal(leaderInList(sampleOutput(sample)), leader);
    });
  }

  faultTest(9, "refuses two leaders", () => {
    const row = { Member: "a", Role: "Leader", State: "running" };
    assert.equal(leaderInList(JSON.stringify([row, { ...row, Member: "b" }])), undefined);
  });

  faultTest(9, "names no leader that does not run", () => {
    for (const State of ["stopped", "starting", "crashed", "start failed"])
      assert.equal(leaderInList(JSON.stringify([{ Member: "a", Role: "Leader", State }])), undefined, State);
  });

  for (const sample of ["patroni-list-no-config", "patroni-list-dcs-down-json"]) {
    it(`fails on ${sample} instead of reading "no leader"`, () => {
      assert.throws(() => leaderInList(sampleOutput(sample)), SyntaxError);
    });
  }
});
