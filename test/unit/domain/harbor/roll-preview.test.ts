import assert from "node:assert/strict";
import { plannedText, rollPreview } from "../../../../domain/harbor/roll-preview.ts";
import type { PlannedStep } from "../../../../domain/harbor/steps/roll-preview.ts";
import { databaseName, podOf } from "../../../support/fake-harbor.ts";
import { faultTest } from "../../../support/fault-test.ts";

type Role = "master" | "replica" | "";

function preview(
  members: readonly (readonly [role: Role, revision: string, ready?: boolean])[],
  { bootstrapped = true, replicas = members.length, idle = [] as string[], oldKeys = [] as number[] } = {},
): PlannedStep[] {
  const pods = members.map(([role, revision, ready = true], number) => podOf(number, { role, revision, ready }));
  const streaming = {
    pods: new Set(pods.filter((pod) => !idle.includes(pod.metadata.name)).map(({ metadata }) => metadata.name)),
  };
  const keys = new Map(oldKeys.map((number) => [`${databaseName}-${number}`, "old" as const]));
  return rollPreview({ pods, revision: "new", replicas, bootstrapped, streaming, keys });
}

/** `delete 1`, `switchover 0 → 1`, `wait`. */
function shortened(steps: readonly PlannedStep[]): string[] {
  const number = (pod: string): string => pod.slice(databaseName.length + 1);
  return steps.map((one) => {
    switch (one.step) {
      case "delete":
        return `delete ${number(one.pod)}`;
      case "switchover":
        return `switchover ${number(one.from)} → ${number(one.to)}`;
      case "wait":
        return "wait";
    }
  });
}

describe("the preview of a roll", () => {
  it("is empty when every Pod is current", () => {
    assert.deepEqual(
      preview([
        ["master", "new"],
        ["replica", "new"],
      ]),
      [],
    );
  });

  it("has replicas first, then the switchover, then the former leader", () => {
    assert.deepEqual(
      shortened(
        preview([
          ["replica", "old"],
          ["master", "old"],
          ["replica", "old"],
        ]),
      ),
      ["delete 0", "delete 2", "switchover 1 → 0", "delete 1"],
    );
  });

  faultTest(112, "has each Pod with old keys once", () => {
    const members = [
      ["master", "new"],
      ["replica", "new"],
    ] as const;
    assert.deepEqual(shortened(preview(members, { oldKeys: [0, 1] })), ["delete 1", "switchover 0 → 1", "delete 0"]);
  });

  faultTest(85, "begins with an old replica that does not stream, and ends at a current one that does not", () => {
    const members = [
      ["replica", "old"],
      ["master", "old"],
      ["replica", "old"],
    ] as const;
    assert.deepEqual(shortened(preview(members, { idle: [`${databaseName}-2`] })), [
      "delete 2",
      "delete 0",
      "switchover 1 → 0",
      "delete 1",
    ]);
    const current = [["replica", "new"], members[1], members[2]] as const;
    assert.deepEqual(shortened(preview(current, { idle: [`${databaseName}-0`] })), ["wait"]);
  });

  it("leaves current Pods out", () => {
    assert.deepEqual(
      shortened(
        preview([
          ["replica", "new"],
          ["master", "old"],
        ]),
      ),
      ["switchover 1 → 0", "delete 1"],
    );
    assert.deepEqual(
      shortened(
        preview([
          ["replica", "old"],
          ["master", "new"],
        ]),
      ),
      ["delete 0"],
    );
  });

  it("deletes the only Pod without a switchover", () => {
    assert.deepEqual(shortened(preview([["master", "old"]])), ["delete 0"]);
    // It has lost the lead, and gets it back as the only Pod.
    assert.deepEqual(shortened(preview([["replica", "old"]])), ["delete 0"]);
  });

  it("ends where the outcome is open: an unready Pod, a bootstrap", () => {
    assert.deepEqual(
      shortened(
        preview([
          ["replica", "old"],
          ["master", "old"],
          ["replica", "new", false],
        ]),
      ),
      ["wait"],
    );
    const [only, ...others] = preview([["", "old", false]], { bootstrapped: false, replicas: 1 });
    assert.deepEqual(others, []);
    assert.match(only === undefined ? "" : plannedText(only), /only if no bootstrap or recovery is running in it$/);
  });

  it("is readable", () => {
    const steps: readonly PlannedStep[] = [
      { step: "delete", pod: "db-0", because: "it is older" },
      { step: "switchover", from: "db-1", to: "db-0" },
      { step: "wait", for: "db-1 to be ready" },
    ];
    assert.deepEqual(steps.map(plannedText), [
      "delete db-0: it is older",
      "hand the lead from db-1 to db-0",
      "wait for db-1 to be ready, then look again",
    ]);
  });
});
