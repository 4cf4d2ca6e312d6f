import assert from "node:assert/strict";
import { failureOfRun, lastRunSchema, reportToKeep, type FailedRun } from "../../../../domain/stanza/last-run.ts";

const at = "2026-11-21T01:00:00.000Z";
const common = { version: 1, context: "dev", cluster: "calendar/calendar-db", startedAt: at, finishedAt: at } as const;
const okay = { status: "okay", backups: { count: 0 } } as const;
const good = { ...common, outcome: "created", status: okay, operator: "confirmed" } as const;
const failed: FailedRun = {
  ...common,
  outcome: "failed",
  error: { code: "stanza-timeout", kind: "undetermined", message: "silent", next: null },
  run: { number: 2, attempt: 1 },
};

describe("the report of a stack's last run", () => {
  it("is kept for the same run, and carries the attempt of the settings", () => {
    const run = { number: 2, attempt: 5 };
    assert.deepEqual(reportToKeep(JSON.stringify({ ...good, run: { number: 2, attempt: 1 } }), run), { ...good, run });
    assert.deepEqual(reportToKeep(JSON.stringify(failed), failed.run), failed);
  });

  it("of an older version counts as run 1", () => {
    const run = { number: 1, attempt: 3 };
    assert.deepEqual(reportToKeep(JSON.stringify(good), run), { ...good, run });
    assert.equal(reportToKeep(JSON.stringify(good), { number: 2, attempt: 3 }), undefined);
  });

  it("is not kept for another run, without a report, or when it cannot be read", () => {
    const run = { number: 3, attempt: 1 };
    assert.equal(reportToKeep(JSON.stringify(failed), run), undefined);
    for (const printed of [undefined, "", "{", "{}", "null"])
      assert.equal(reportToKeep(printed, { number: 1, attempt: 1 }), undefined);
  });

  it("tells successful and failed runs apart", () => {
    assert.equal(lastRunSchema.parse(failed).outcome, "failed");
    assert.equal(lastRunSchema.parse(good).outcome, "created");
    assert.throws(() => lastRunSchema.parse({ ...failed, error: undefined }));
  });

  it("of a failure is shown with its code and the next step", () => {
    assert.equal(failureOfRun(failed), "[stanza-timeout] silent");
    const next = { ...failed, error: { ...failed.error, next: "repair it" } };
    assert.equal(failureOfRun(next), "[stanza-timeout] silent\nnext: repair it");
  });
});
