import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Policies } from "@pulumi/policy";
import { findingSeverities } from "../../../domain/catalogue/finding-codes.ts";
import { policiesByArea } from "../../../policy/all.ts";
import type { PolicyCode } from "../../../policy/policy.ts";
import { policyExamples, type Example, type ExampleResource } from "../../policy-examples.ts";
import { faultTest } from "../../support/fault-test.ts";
import { judged, unknownText } from "../../support/policies.ts";

const policies = Object.values(policiesByArea).flat();
const notJudgedYet = "policy-not-judged-yet";
const judging = policies.filter(({ name }) => name !== notJudgedYet);

function exampleOf(name: string): Example {
  return policyExamples[name as PolicyCode] ?? assert.fail(`${name} has no example`);
}

function policyNamed(name: string): Policies[number] {
  return policies.find((policy) => policy.name === name) ?? assert.fail(name);
}

/** The same resources, in which every text at any depth is what a function makes of it. */
function withTexts(
  resources: readonly ExampleResource[],
  change: (text: string, key: string) => unknown,
): ExampleResource[] {
  const changed = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return change(value, key);
    if (Array.isArray(value)) return value.map((each) => changed(each, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, changed(each, name)]));
  };
  return resources.map((resource) => ({ ...resource, props: changed(resource.props, "") as ExampleResource["props"] }));
}

describe("the policies", () => {
  it("have unique names, each the code of a finding, and say what to do and where to read on", () => {
    const names = policies.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { description, name, remediationSteps, severity, url } of policies) {
      assert(name in findingSeverities, name);
      assert.equal(url, `docs/findings.md#${name}`);
      assert(description.length > 10 && (remediationSteps ?? "").length > 5 && severity !== undefined, name);
    }
  });

  it("stop an update for what is wrong or not known, and only tell of a warning", () => {
    for (const { enforcementLevel, name } of judging) {
      const severity = findingSeverities[name as PolicyCode];
      assert.equal(enforcementLevel, severity === "warn" ? "advisory" : "mandatory", name);
    }
    assert.equal(policyNamed(notJudgedYet).enforcementLevel, "advisory");
  });

  for (const policy of judging) {
    it(`${policy.name} refuses its bad example, and not its good one`, async () => {
      const { bad, good } = exampleOf(policy.name);
      const { messages } = await judged(policy, bad);
      assert(messages.length > 0);
      assert.deepEqual(await judged(policy, good), { messages: [], notApplicable: false });
    });
  }

  it("say nothing of the good examples at all, except what they are there for", async () => {
    for (const [name, { good }] of Object.entries(policyExamples))
      for (const policy of policies.filter(({ enforcementLevel }) => enforcementLevel === "mandatory")) {
        const { messages } = await judged(policy, good);
        // That bucket has no settings.
        if (messages.length > 0) assert.deepEqual([name, policy.name], ["credential-in-tag", policy.name]);
      }
  });

  it("report nothing but what they are named after", async () => {
    const { bad } = exampleOf("clone-method-wrong");
    for (const policy of judging) {
      const { messages } = await judged(policy, bad);
      assert.equal(messages.length, policy.name === "clone-method-wrong" ? 1 : 0, policy.name);
    }
  });

  it("are what the files of configuration name, with a level that Pulumi knows", () => {
    const folder = join(import.meta.dirname, "../../../policy");
    const levels = z.record(z.string(), z.enum(["advisory", "mandatory", "disabled"]));
    for (const file of globSync("config.*.json", { cwd: folder })) {
      const config = levels.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
      const known = ["all", ...policies.map(({ name }) => name)];
      assert.deepEqual(
        Object.keys(config).filter((name) => !known.includes(name)),
        [],
        file,
      );
    }
  });

  it("have no example without a policy", () => {
    const names = new Set(policies.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(policyExamples).filter((name) => !names.has(name)),
      [],
    );
  });
});

describe("the policies, and values that are not known in a preview", () => {
  faultTest(34, `no policy says anything; ${notJudgedYet} names the values once for each resource`, async () => {
    // The configuration of a stack is always known.
    for (const policy of judging.filter(({ name }) => name !== "cluster-not-guarded")) {
      const unknown = withTexts(exampleOf(policy.name).bad, () => unknownText);
      const { messages, notApplicable } = await judged(policy, unknown);
      assert.deepEqual({ messages, notApplicable }, { messages: [], notApplicable: true }, policy.name);
      const told = (await judged(policyNamed(notJudgedYet), unknown)).messages;
      assert(told.length > 0, policy.name);
      for (const message of told)
        assert.match(message, /^not judged yet: [\w./, -]+; the (end of the )?update judges it$/);
    }
  });

  it("a value that nobody judges may be unknown", async () => {
    const [map] = exampleOf("clone-method-wrong").bad;
    assert(map !== undefined);
    const other = { ...map, props: { ...map.props, metadata: { name: unknownText }, binaryData: unknownText } };
    assert.equal((await judged(policyNamed("clone-method-wrong"), [other])).messages.length, 1);
    assert.deepEqual((await judged(policyNamed(notJudgedYet), [other])).messages, []);
  });
});

describe("the policies, and secrets", () => {
  const canary = "CANARYsecret";

  /** A bad example with keys and passwords in every place that may hold one. */
  function withCanaries({ props, ...resource }: ExampleResource): ExampleResource {
    const { data, stdin } = props;
    return {
      ...resource,
      props: {
        ...props,
        tags: { password: canary },
        environment: { PGPASSWORD: canary, URL: `postgres://a:${canary}@db` },
        ...(typeof stdin === "string" && { stdin: withKeys(stdin) }),
        ...(data !== undefined && { data: { ...data, CLONE_AWS_SECRET_ACCESS_KEY: canary, AWS_ENDPOINT: canary } }),
      },
    };
  }

  faultTest(34, "no violation quotes a value that may be a secret", async () => {
    for (const { name } of judging) {
      const { bad } = exampleOf(name);
      // What is not JSON: the error of a parser would quote it.
      const cut = withTexts(bad, (text, key) => (key === "stdin" || key === "policy" ? `{${canary}` : text));
      for (const resources of [bad.map(withCanaries), cut]) {
        const said = await Promise.all(policies.map(async (policy) => (await judged(policy, resources)).messages));
        assert(!said.flat().join("\n").includes(canary), name);
      }
    }
  });

  function withKeys(stdin: string): string {
    const pair = { accessKeyId: canary, secretAccessKey: canary };
    return JSON.stringify({ ...(JSON.parse(stdin) as object), keys: { backup: pair }, password: canary, uid: canary });
  }
});
