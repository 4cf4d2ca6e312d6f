import assert from "node:assert/strict";
import fc from "fast-check";
import { isJudged } from "../../../../domain/check/is-judged.ts";
import type { KubernetesObject } from "../../../../domain/check/manifest.ts";
import { resourcesOfState } from "../../../../domain/check/state.ts";
import { policyExamples, type ExampleResource } from "../../../policy-examples.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { saidOf } from "../../../support/policies.ts";
import {
  codesIn,
  counted,
  declaredOf,
  reportOfCluster,
  reportOfManifests,
  reportOfState,
  situations,
  stateOf,
  type CodeCounts,
} from "../../../support/situations.ts";

/** What the policies of a preview say. */
async function countsInPreview(resources: readonly ExampleResource[]): Promise<CodeCounts> {
  const said = await saidOf(resources);
  return counted([...said].flatMap(([code, messages]) => messages.map(() => code)));
}

/** A stack's configuration is in no state, so these rules judge previews only. */
const ofConfiguration = ["cluster-not-guarded", "secret-copy-key-wrong"];

describe("one rule, and every gate: a preview, an exported state, manifests, a cluster", function () {
  this.timeout("1m");
  const sample = fc.sample(situations, { numRuns: 100, seed: 20261128 });

  it("a hundred generated situations get the same verdicts at all of them", async () => {
    for (const objects of sample) {
      const declared = objects.map(declaredOf);
      const expected = await countsInPreview(declared);
      const situation = JSON.stringify(objects);
      assert.deepEqual(codesIn(reportOfState(declared)), expected, situation);
      assert.deepEqual(codesIn(await reportOfManifests(objects)), expected, situation);
      assert.deepEqual(codesIn(await reportOfCluster(objects)), expected, situation);
    }
  });

  it("these situations are of all kinds: sound, wrong, and not to be determined", async () => {
    const all = await Promise.all(sample.map((objects) => countsInPreview(objects.map(declaredOf))));
    const codes = new Set(all.flatMap((counts) => Object.keys(counts)));
    assert(codes.size > 30, [...codes].join(" "));
    assert(codes.has("image-unknown") && codes.has("postgres-cluster-without-schedule"));
    assert(all.filter((counts) => Object.keys(counts).length === 0).length >= 3);
  });

  for (const [code, { bad, good }] of Object.entries(policyExamples).filter(
    ([name]) => !ofConfiguration.includes(name),
  ))
    it(`${code}: an exported state is judged as the preview was`, async () => {
      for (const resources of [bad, good])
        assert.deepEqual(
          codesIn(reportOfState(resources)),
          await countsInPreview(resources),
          JSON.stringify(resources),
        );
      assert((codesIn(reportOfState(bad))[code] ?? 0) > 0);
      assert(resourcesOfState(stateOf(bad)).some(isJudged));
    });

  faultTest(145, "no verdict of any gate quotes a credential", async () => {
    const seen = sample.filter((objects) => JSON.stringify(objects).includes("CANARY"));
    assert(seen.length > 20);
    for (const objects of seen) assert(!(await everyText(objects)).includes("CANARY"), JSON.stringify(objects));
  });

  async function everyText(objects: readonly KubernetesObject[]): Promise<string> {
    const declared = objects.map(declaredOf);
    const reports = [reportOfState(declared), await reportOfManifests(objects), await reportOfCluster(objects)];
    return JSON.stringify([[...(await saidOf(declared)).values()], reports]);
  }
});
