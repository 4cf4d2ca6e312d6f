import assert from "node:assert/strict";
import { engineRun, policyPack, runProblems } from "../../../domain/stack/engine-run.ts";
import { summary } from "../../../ci/summary.ts";
import { faultTest } from "../../support/fault-test.ts";

const urn = (name: string): string => `urn:pulumi:dev::postgres-recovery::command:local:Command::${name}`;
const step = (op: string, name: string, detailedDiff?: object): object => ({
  resourcePreEvent: {
    metadata: { op, urn: urn(name), type: "command:local:Command", detailedDiff: detailedDiff ?? null },
  },
});
const judged = (name: string, more: object = {}): object => ({
  policyAnalyzeSummaryEvent: {
    resourceUrn: urn(name),
    policyPackName: policyPack,
    passed: ["credential-in-command"],
    ...more,
  },
});
const end = (result: string): object => ({ summaryEvent: { result } });
const runOf = (...events: object[]) => engineRun(events.map((event) => JSON.stringify(event)));
const problemsOf = (exitCode: number, ...events: object[]): string[] => runProblems(runOf(...events), exitCode);

describe("a run of Pulumi's engine, by its events", () => {
  it("is fine when everything was judged and nothing is violated", () => {
    assert.deepEqual(
      problemsOf(0, step("create", "a"), judged("a"), step("same", "b"), judged("b"), end("succeeded")),
      [],
    );
  });

  it("knows what changes, with the paths of properties and no value", () => {
    const { changes } = runOf(
      step("same", "a"),
      step("update", "b", { "environment.A": { diffKind: "update" } }),
      step("delete", "c"),
      { noise: true },
    );
    assert.deepEqual(changes, [
      { operation: "update", resource: "local:Command b", properties: ["environment.A"] },
      { operation: "delete", resource: "local:Command c", properties: [] },
    ]);
  });

  faultTest(149, "a pack that judged nothing, not everything, or is another one is red, even with exit code 0", () => {
    const create = [step("create", "a"), step("create", "b"), end("succeeded")];
    const nothing = ["the policy pack postgres-recovery judged nothing"];
    assert.deepEqual(problemsOf(0, ...create), nothing);
    assert.deepEqual(problemsOf(0, ...create, judged("a", { policyPackName: "other" })), nothing);
    assert.deepEqual(problemsOf(0, ...create, judged("a", { passed: [], failed: null })), nothing);
    assert.match(problemsOf(0, ...create, judged("a")).join(), /did not judge 1 of 2 resources: .*::b$/);
    assert.deepEqual(problemsOf(0, ...create, judged("a"), judged("b", { passed: null, failed: ["x"] })), []);
  });

  it("what is deleted and providers are not judged", () => {
    const provider = { op: "create", urn: "urn:p", type: "pulumi:providers:command" };
    const events = [
      step("delete", "gone"),
      { resourcePreEvent: { metadata: provider } },
      judged("a"),
      step("same", "a"),
    ];
    assert.deepEqual(problemsOf(0, ...events, end("succeeded")), []);
  });

  faultTest(149, "an error, a mandatory violation, an exit code and a missing end are red, each by itself", () => {
    const fine = [step("create", "a"), judged("a")];
    const violation = (enforcementLevel: string): object => ({
      policyEvent: { resourceUrn: urn("a"), policyName: "stanza-target-twice", enforcementLevel, message: "twice" },
    });
    const error = { diagnosticEvent: { severity: "error", message: "it failed\n" } };
    assert.deepEqual(problemsOf(0, ...fine), ["the engine did not say that it succeeded"]);
    assert.deepEqual(problemsOf(0, ...fine, end("failed")), ["the engine did not say that it succeeded"]);
    assert.deepEqual(problemsOf(255, ...fine, end("succeeded")), ["pulumi ended with exit code 255"]);
    assert.deepEqual(problemsOf(0, ...fine, error, end("succeeded")), ["1 error"]);
    assert.deepEqual(problemsOf(0, ...fine, violation("mandatory"), end("succeeded")), [
      "1 mandatory policy is violated",
    ]);
    assert.deepEqual(problemsOf(0, ...fine, violation("advisory"), end("succeeded")), []);
    assert.equal(problemsOf(1).length, 3);
  });
});

describe("the summary of a preview", () => {
  const run = runOf(step("create", "a"), step("update", "b", { create: {} }), {
    policyEvent: { policyName: "clone-method-wrong", enforcementLevel: "mandatory", message: "x\n```\n# injected" },
  });

  it("counts the changes and names the properties and the policies", () => {
    const text = summary("dev", run, ["1 mandatory policy is violated"]);
    assert.match(text, /^### Preview of the stack dev \*\*failed:\*\* 1 mandatory policy is violated\n/);
    assert.match(text, /It changes 2 resources: 1 to create, 1 to update\./);
    assert.match(text, /\nupdate local:Command b \(create\)\n/);
    assert.match(
      summary("dev", runOf(), []),
      /Preview of the stack dev is fine\n\nIt changes nothing\.\n\nNo policy is violated\./,
    );
  });

  it("no message ends the block that it is in", () => {
    const text = summary("dev", run, []);
    assert.match(text, /````\nmandatory clone-method-wrong: x\n {2}```\n {2}# injected\n````/);
  });

  it("is cut where GitHub would refuse it", () => {
    const many = runOf(
      ...Array.from({ length: 3000 }, (_, index) => step("create", `resource ${index} ${"x".repeat(40)}`)),
    );
    const text = summary("dev", many, []);
    assert(text.length < 32_000);
    assert.match(text, /\nand \d+ more: see the log of this job\n```\n/);
  });
});
