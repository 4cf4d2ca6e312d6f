import assert from "node:assert/strict";
import { cloneValues, endsUnproven } from "../../../../domain/restore/finish.ts";
import { stackOutputsSchema } from "../../../../domain/stack/outputs.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const clone = { CLONE_SCOPE: "db", CLONE_METHOD: "CLONE_WITH_WALE" };

faultSuite(108, "the end of a restore", () => {
  it("is refused before the last up has proven a restore with the same values", () => {
    assert.equal(endsUnproven(clone, { isProven: true, clone }), false);
    assert.equal(endsUnproven(clone, { isProven: false, clone }), true);
    assert.equal(endsUnproven(clone, undefined), true);
    assert.equal(endsUnproven({ ...clone, CLONE_TARGET_TIME: "t" }, { isProven: true, clone }), true);
    assert.equal(endsUnproven({ ...clone, CLONE_SCOPE: "other" }, { isProven: true, clone }), true);
    assert.equal(endsUnproven(clone, { isProven: true, clone: { ...clone, CLONE_TARGET_TIME: "t" } }), true);
  });

  it("needs no proof when pod-config has no value of a restore", () => {
    assert.equal(endsUnproven({}, undefined), false);
    assert.equal(endsUnproven({}, { isProven: false, clone }), false);
  });

  it("takes the CLONE_ values alone", () => {
    assert.deepEqual(cloneValues({ ...clone, AWS_REGION: "eu-west-2" }), clone);
  });

  it("reads the proof from the stack's outputs, and takes those of an older version for no proof", () => {
    const of = (harbor: unknown) => stackOutputsSchema.parse({ harbor }).harbor;
    const podConfig = { ...clone, AWS_REGION: "eu-west-2" };
    assert.deepEqual(of({ podConfig, proof: { verdict: "proven", checks: {} } }), { isProven: true, clone });
    assert.deepEqual(of({ podConfig, proof: "skipped: a rehearsal" }), { isProven: true, clone });
    assert.deepEqual(of({ podConfig, proof: { verdict: "unknown" } }), { isProven: false, clone });
    assert.deepEqual(of({ podConfig, proof: null }), { isProven: false, clone });
    assert.deepEqual(of({ podConfig }), { isProven: false, clone });
    assert.equal(of({ held: "until May" }), undefined);
    assert.equal(of(undefined), undefined);
  });
});
