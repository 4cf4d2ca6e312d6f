import assert from "node:assert/strict";
import { resourcesOfState } from "../../../../domain/check/state.ts";
import { verdicts } from "../../../../domain/check/verdicts.ts";

const mark = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };

/** The codes that are found in the outputs of an exported stack. */
function codesIn(outputs: object): string[] {
  const urn = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev";
  const state = { deployment: { resources: [{ urn, type: "pulumi:pulumi:Stack", outputs }] } };
  return verdicts(resourcesOfState(state)).map(({ finding }) => `${finding.where}: ${finding.code}`);
}

describe("the outputs of an exported state", () => {
  it("are told of when they look like credentials, by their name or their look, without their value", () => {
    const found = codesIn({ app: { dbPassword: "CANARY", users: ["postgres://a:CANARY@db"], port: 5432 }, note: "" });
    assert.deepEqual(found, [
      "Stack p-dev output app.dbPassword: credential-in-output",
      "Stack p-dev output app.users.0: credential-in-output",
    ]);
  });

  it("are not told of for the names of Secrets in a report of what became of each", () => {
    assert.deepEqual(codesIn({ harbor: { keptSecrets: { "registry-secret": "unchanged" } } }), []);
  });

  it("are not told of when the state marks them as secret, encrypted or not", () => {
    assert.deepEqual(codesIn({ password: { ...mark, ciphertext: "v1:x" }, url: "https://db" }), []);
    assert.deepEqual(codesIn({ password: { ...mark, plaintext: '"CANARY"' } }), []);
  });
});
