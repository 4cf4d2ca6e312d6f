import assert from "node:assert/strict";
import fc from "fast-check";
import {
  drillLease,
  drillNamespace,
  drillStates,
  drillState,
  leaseSchema,
  leaseSeconds,
  mayRemove,
  namespaceName,
  namespaceSchema,
  originOf,
  type FoundNamespace,
} from "../../../../domain/drill/namespace.ts";
import { faultTest } from "../../../support/fault-test.ts";

const now = Date.parse("2026-11-29T01:00:00Z");
const origin = {
  id: "20261129-005500-3fa9",
  cluster: "harbor-cluster/harbor-cluster",
  source: "s3://b/p",
  keep: false,
};

function found(changes: Partial<FoundNamespace> = {}, keep = false): FoundNamespace {
  const { metadata } = drillNamespace({ ...origin, keep });
  const creationTimestamp = new Date(now - 3_600_000).toISOString();
  return { ...namespaceSchema.parse({ metadata: { ...metadata, uid: "u", creationTimestamp } }), ...changes };
}

const lease = (holder: string, renewed: number) => leaseSchema.parse(drillLease(origin.id, holder, new Date(renewed)));

describe("the namespace of a drill", () => {
  it("says whose backup was restored, and is recognised by it", () => {
    assert.deepEqual(originOf(found()), origin);
    assert.deepEqual(originOf(found({}, true)), { ...origin, keep: true });
  });

  faultTest(174, "is nobody's by a label or a name alone, and then never removed", () => {
    const { labels } = found();
    for (const label of Object.keys(labels))
      assert.equal(originOf(found({ labels: { ...labels, [label]: "other" } })), undefined, label);
    assert.equal(originOf(found({ labels: {} })), undefined);
    fc.assert(
      fc.property(
        fc.string().filter((name) => name !== namespaceName(origin.id)),
        (name) => originOf(found({ name })) === undefined,
      ),
      { numRuns: 50 },
    );
  });

  faultTest(174, "is never abandoned while its Lease is fresh, held by whomever", () => {
    const age = fc.integer({ min: -3600, max: 2 * leaseSeconds });
    const holder = fc.constantFrom("host-1", "host-2");
    fc.assert(
      fc.property(age, holder, fc.boolean(), (seconds, name, keep) => {
        const state = drillState(found({}, keep), lease(name, now - seconds * 1000), now);
        return state === (seconds < leaseSeconds ? "running" : keep ? "kept" : "abandoned");
      }),
      { numRuns: 100 },
    );
  });

  it("counts as running right after its creation, before there is a Lease", () => {
    assert.equal(drillState(found({ created: now - 1000 * (leaseSeconds - 1) }), undefined, now), "running");
    assert.equal(drillState(found({ created: now - 1000 * leaseSeconds }), undefined, now), "abandoned");
  });

  it("is kept, ending, or unknown when its Lease cannot be read", () => {
    assert.equal(drillState(found({}, true), lease("", now), now), "kept");
    assert.equal(drillState(found(), lease("", now), now), "abandoned");
    assert.equal(drillState(found({ isEnding: true }), lease("host", now), now), "ending");
    assert.equal(drillState(found(), { failed: "403" }, now), "unknown");
  });

  faultTest(174, "may be removed only when its drill was killed, or by its name when it was kept", () => {
    const removable = (isNamed: boolean) => drillStates.filter((state) => mayRemove(state, isNamed));
    assert.deepEqual([removable(false), removable(true)], [["abandoned"], ["kept", "abandoned"]]);
  });
});
