import assert from "node:assert/strict";
import { stepLines } from "../../../../sandbox/demo/step-lines.ts";

const shown = [
  " +  command:local:Command preflight created (3s)",
  " +  command:local:Command roll creating (0s) waiting for the Zalando operator to copy pg_hba into the StatefulSet",
  " ++ command:local:Command roll creating replacement (2s) [diff: ~triggers]; deleting database-0: it is from an older template",
  " ++ command:local:Command preflight created replacement (0.48s) [diff: ~stdin,triggers]",
  " +  command:local:Command proof **creating failed** error: restore verify ended with 1",
];
const leftOut = [
  "@ updating.....",
  " +  aws:s3:Bucket artifacts created (0.42s)",
  " +  command:local:Command roll creating (0s) ",
  " ++ command:local:Command preflight creating replacement (0s) [diff: ~stdin,triggers]",
  " +- command:local:Command preflight replacing (0s) [diff: ~stdin,triggers]",
  " +  postgres-recovery:harbor:Roll roll creating (0s) ",
];
const end = ["Diagnostics:", "  command:local:Command (proof):", "    PROBLEM[restored-target-missed]", "Duration: 4s"];

describe("the lines of pulumi up that a demo shows", () => {
  it("are what the steps said and how they ended", () => {
    assert.deepEqual([...shown, ...leftOut].filter(stepLines()), shown);
  });

  it("are all of them from the diagnostics or the summary on", () => {
    assert.deepEqual([...leftOut, ...end].filter(stepLines()), end);
    assert.deepEqual(["@ updating", "Resources:", "    + 41 created"].filter(stepLines()), [
      "Resources:",
      "    + 41 created",
    ]);
  });
});
