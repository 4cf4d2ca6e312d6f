import assert from "node:assert/strict";
import { checkReport } from "../../../../domain/check/check.ts";
import type { CheckReport } from "../../../../domain/check/report.ts";
import { resourcesOfState } from "../../../../domain/check/state.ts";
import { redacted } from "../../../../domain/check/unknown-value.ts";
import type { PolicyCode } from "../../../../policy/policy.ts";
import { policyExamples, type ExampleResource } from "../../../policy-examples.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { saidOf } from "../../../support/policies.ts";
import { codesIn, stateOf } from "../../../support/situations.ts";

const signature = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

function judged(exported: unknown): CheckReport {
  return checkReport({ source: "state", context: null, resources: resourcesOfState(exported) });
}

/** An example whose stdin is another value. */
function withStdin(name: PolicyCode, stdin: (text: unknown) => unknown): ExampleResource[] {
  const { bad } = policyExamples[name] ?? assert.fail(name);
  return bad.map((resource) => ({
    ...resource,
    props: { ...resource.props, stdin: stdin(resource.props["stdin"]) },
  }));
}

describe("the resources of an exported state", () => {
  it("a secret in plain text is judged", () => {
    const resources = withStdin("pg-hba-locks-out", (text) => ({
      [signature]: secretMark,
      plaintext: JSON.stringify(text),
    }));
    assert((codesIn(judged(stateOf(resources)))["pg-hba-locks-out"] ?? 0) > 0);
  });

  faultTest(146, "an encrypted value is unknown: not okay, and not wrong either", () => {
    for (const name of ["pg-hba-locks-out", "stanza-request-invalid", "image-keeps-every-backup"] as const) {
      const resources = withStdin(name, () => ({ [signature]: secretMark, ciphertext: "v1:CANARY" }));
      const report = judged(stateOf(resources));
      assert.deepEqual(
        report.findings.filter(({ code }) => code !== "value-encrypted"),
        [],
        name,
      );
      const [first] = report.findings;
      assert.equal(first?.severity, "unknown");
      assert.match(first.what, /stdin is encrypted/);
      assert.doesNotMatch(JSON.stringify(report), /CANARY/);
    }
  });

  faultTest(146, "the policies do not judge what Pulumi could not decrypt, and say so", async () => {
    const said = await saidOf(withStdin("stanza-request-invalid", () => redacted));
    assert.deepEqual([...said.keys()], ["policy-not-judged-yet"]);
    assert.match(said.get("policy-not-judged-yet")?.join("\n") ?? "", /stdin \(encrypted\)/);
  });

  it("an encrypted value that no rule reads does not matter", () => {
    const secret: ExampleResource = {
      type: "kubernetes:core/v1:Secret",
      name: "s",
      props: { data: { [signature]: secretMark, ciphertext: "v1:x" } },
    };
    const { good } = policyExamples["clone-method-wrong"] ?? assert.fail();
    assert.deepEqual(codesIn(judged(stateOf([secret, ...good]))), {});
  });

  it("what waits to be deleted is not judged", () => {
    const { bad } = policyExamples["clone-method-wrong"] ?? assert.fail();
    const text = JSON.stringify(stateOf(bad)).replace('"custom":true', '"custom":true,"delete":true');
    assert.throws(() => judged(JSON.parse(text)), { code: "nothing-judged" });
  });

  faultTest(147, "something else than an exported state is refused, and an empty one is no good news", () => {
    for (const other of [undefined, {}, { deployment: null }, { deployment: { resources: [{ urn: 1 }] } }])
      assert.throws(() => judged(other), { code: "stack-unreadable" });
    for (const empty of [{ deployment: {} }, { deployment: { resources: null } }])
      assert.throws(() => judged(empty), { code: "nothing-judged", kind: "undetermined" });
  });
});
