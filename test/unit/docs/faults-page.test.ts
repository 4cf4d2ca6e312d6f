import assert from "node:assert/strict";
import { faultsPage, unproven } from "../../faults-page.ts";

const refuses = { faults: [9], suite: "unit", title: "refuses two leaders" };
const waits = { faults: [9, 10], suite: "integration", title: "waits for a new leader" };

describe("the page of faults", () => {
  it("lists a test under each of its faults, and a fault without a test", () => {
    const page = faultsPage([refuses, waits]);
    assert.match(page, /^\| 9 \| Not the primary .* \| waits for a new leader \(integration\) \|$/m);
    assert.match(page, /^\| {2}\| {2}\| refuses two leaders \(unit\) \|$/m);
    assert.match(page, /^\| 10 \| .* \| waits for a new leader \(integration\) \|$/m);
    assert.match(page, /^\| 28 \| .* \| not tested yet \|$/m);
  });

  it("is proven when every listed test passed", () => {
    assert.deepEqual(
      unproven(
        [refuses, waits],
        [
          { ...waits, outcome: "passed" },
          { ...refuses, outcome: "passed" },
        ],
      ),
      [],
    );
  });

  it("is not proven by a test that failed, was skipped or did not run", () => {
    assert.deepEqual(unproven([refuses], [{ ...refuses, outcome: "failed" }]), ["failed: refuses two leaders (unit)"]);
    assert.deepEqual(unproven([refuses], [{ ...refuses, outcome: "skipped" }]), [
      "skipped: refuses two leaders (unit)",
    ]);
    assert.deepEqual(unproven([refuses], []), ["not run: refuses two leaders (unit)"]);
  });

  it("counts two tests with one title as two", () => {
    assert.deepEqual(unproven([refuses, refuses], [{ ...refuses, outcome: "passed" }]), [
      "not run: refuses two leaders (unit)",
    ]);
  });
});
