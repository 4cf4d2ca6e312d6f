import assert from "node:assert/strict";
import { RecoveryError } from "../../../../domain/errors.ts";
import { outputsIn, stackReport } from "../../../../domain/stack/report.ts";
import { faultTest } from "../../../support/fault-test.ts";

const at = "2026-11-21T01:00:00.000Z";
const common = { version: 1, context: "dev", startedAt: at, finishedAt: at };
const error = { code: "stanza-timeout", kind: "undetermined", message: "b/b: silent", next: "repair it" };
const outputs = {
  kubernetes: { context: "dev", kubeSystemUid: "11111111-1111-4111-8111-111111111111" },
  stanzas: {
    held: { "h/h": "not yet, see TICKET-1" },
    targets: {
      "a/a": {
        ...common,
        cluster: "a/a",
        outcome: "created",
        status: { status: "okay", backups: { count: 0 } },
        operator: "confirmed",
      },
      "b/b": { ...common, cluster: "b/b", outcome: "failed", error, run: { number: 2, attempt: 1 } },
      "c/c": { version: 7 },
    },
  },
  harbor: { leader: "x" },
};
const exported = (resources: unknown): unknown => ({ version: 3, deployment: { resources } });
const root = { type: "pulumi:pulumi:Stack", urn: "u", outputs };

describe("the report of a stack", () => {
  faultTest(58, "names each target's last run, the failed ones first, with what to do", () => {
    const { targets, kubernetes } = stackReport(outputsIn(outputs));
    assert.equal(kubernetes?.context, "dev");
    assert.deepEqual(targets, [
      { cluster: "b/b", outcome: "failed", finishedAt: at, what: "b/b: silent", error, next: "repair it" },
      { cluster: "a/a", outcome: "created", finishedAt: at, what: "Okay, no backup yet", next: null },
      {
        cluster: "c/c",
        outcome: "unreadable",
        finishedAt: null,
        what: "the report has another form; an older or newer version may have written it",
        next: "run `pulumi up` again",
      },
      { cluster: "h/h", outcome: "held", finishedAt: null, what: "not yet, see TICKET-1", next: null },
    ]);
  });

  it("reads an exported state as well", () => {
    assert.deepEqual(outputsIn(exported([{ type: "other", urn: "o" }, root])), outputsIn(outputs));
  });

  it("refuses what holds no outputs of this project", () => {
    for (const text of [{}, null, "text", exported([]), exported(undefined), exported([{ ...root, outputs: {} }])]) {
      assert.throws(
        () => outputsIn(text),
        (thrown) => thrown instanceof RecoveryError && thrown.code === "stack-outputs-missing",
      );
    }
  });

  it("survives outputs of another version", () => {
    assert.deepEqual(stackReport(outputsIn({ stanzas: { created: {} }, kubernetes: "dev" })).targets, []);
    assert.deepEqual(stackReport(outputsIn({ stanzas: 7 })).targets, []);
    assert.equal(
      outputsIn({ ...outputs, kubernetes: { context: "dev", kubeSystemUid: null } }).kubernetes?.context,
      "dev",
    );
  });
});
