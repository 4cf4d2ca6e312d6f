import assert from "node:assert/strict";
import { RecoveryError } from "../../../../domain/errors.ts";
import { stackTargets } from "../../../../domain/stack/config.ts";

const kubernetes = { value: "…", objectValue: { context: "dev", kubeconfig: "/k" }, secret: false };
const stanza = { value: "…", objectValue: { targets: [{ cluster: "a/a" }, { cluster: "b/b", hold: "x" }] } };

describe("the targets in a stack's configuration", () => {
  it("are read with the context, whatever the project is called", () => {
    assert.deepEqual(stackTargets("dev", { "mine:kubernetes": kubernetes, "mine:stanza": stanza }), {
      stack: "dev",
      context: "dev",
      kubeconfig: "/k",
      targets: ["a/a", "b/b"],
    });
  });

  it("are none in a stack without stanzas", () => {
    assert.deepEqual(stackTargets("dev", { "mine:kubernetes": kubernetes }).targets, []);
  });

  it("are refused when it is not the configuration of this project", () => {
    for (const config of [
      {},
      null,
      { "mine:kubernetes": { value: "dev" } },
      { "mine:kubernetes": kubernetes, "mine:stanza": {} },
    ])
      assert.throws(
        () => stackTargets("dev", config),
        (thrown) => thrown instanceof RecoveryError && thrown.code === "stack-unreadable",
      );
  });
});
