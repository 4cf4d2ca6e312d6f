import assert from "node:assert/strict";
import { guardFindings } from "../../../../domain/stack/guard.ts";

describe("the guard of a stack's Kubernetes cluster", () => {
  const where = (config: Record<string, unknown>): string[] => guardFindings(config).map((finding) => finding.where);
  const uid = "11111111-1111-4111-8111-111111111111";

  it("is missing where a context is named without the cluster's UID", () => {
    const text = JSON.stringify({ context: "dev" });
    assert.deepEqual(where({ "postgres-recovery:kubernetes": text }), ["setting postgres-recovery:kubernetes"]);
    assert.deepEqual(where({ "own:config:kubernetes": text }), ["setting own:config:kubernetes"]);
    assert.deepEqual(where({ "own:kubernetes": JSON.stringify({ context: "dev", kubeSystemUid: uid }) }), []);
  });

  it("is no matter of other settings, and nothing is thrown at what is no JSON", () => {
    assert.deepEqual(where({ "kubernetes:context": "dev", "aws:region": "eu-west-2", "own:kubernetes": "{" }), []);
    assert.deepEqual(where({ "own:kubernetes": '{"colour":"blue"}', "own:kubernetesx": '{"context":"dev"}' }), []);
  });
});
