import assert from "node:assert/strict";
import { restoreStepFindings } from "../../../../../domain/restore/proof/stack-rules.ts";

describe("the steps of a restore in a stack", () => {
  const codes = (steps: Parameters<typeof restoreStepFindings>[0]): string[][] =>
    restoreStepFindings(steps).map(({ code, where }) => [code, where]);
  const kept = (...after: string[]) => [{ where: "kept", after: new Set(after) }];

  it("a restore has a proof, and the Secrets are kept after one", () => {
    assert.deepEqual(codes({ restores: ["check"], proofs: [], keeps: kept() }), [["restore-without-proof", "check"]]);
    assert.deepEqual(codes({ restores: ["check"], proofs: ["proof"], keeps: kept("roll") }), [
      ["secrets-kept-before-proof", "kept"],
    ]);
    assert.deepEqual(codes({ restores: ["check"], proofs: ["proof", "other"], keeps: kept("roll", "other") }), []);
  });

  it("without a restore nothing has to be proven", () => {
    assert.deepEqual(codes({ restores: [], proofs: [], keeps: kept() }), []);
    assert.deepEqual(codes({ restores: [], proofs: ["proof"], keeps: kept() }), []);
  });
});
