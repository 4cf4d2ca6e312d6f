import assert from "node:assert/strict";
import { postgresClusterDefinition } from "../../../sandbox/pgo/postgresclusters-crd.ts";

/** Every schema below an `items`, at any depth. */
function itemsIn(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [
    ...(key === "items" ? [inner] : []),
    ...itemsIn(inner),
  ]);
}

describe("the sandbox's PostgresCluster definition", () => {
  it("lets unknown fields pass in the items of every list, so that nothing of a cluster is pruned", () => {
    const items = itemsIn(postgresClusterDefinition);
    assert(items.length >= 5);
    for (const schema of items) {
      const text = JSON.stringify(schema);
      assert.match(text, /^{"type":"object","x-kubernetes-preserve-unknown-fields":true/);
      assert.doesNotMatch(text, /x_kubernetes/);
    }
  });
});
