import assert from "node:assert/strict";
import { copyFindings, isCopy } from "../../../../domain/secrets/copy-rules.ts";
import { copyName } from "../../../../domain/secrets/copy-place.ts";

const kubernetes = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const harbor = { namespace: "harbor", name: "harbor" };
const name = copyName({ kubernetes, harbor }, "core-key");

describe("the declaration of a copy of a Secret", () => {
  const codes = (change: Partial<Parameters<typeof copyFindings>[0]>): string[] =>
    copyFindings({ name, recoveryDays: 30, policy: undefined, ...change }).map(({ code }) => code);

  it("is sound as this project declares it", () => {
    assert(isCopy(name));
    assert(!isCopy("another/secret"));
    assert.deepEqual(codes({}), []);
    assert.deepEqual(codes({ recoveryDays: undefined }), []);
    assert.deepEqual(codes({ recoveryDays: 7 }), []);
  });

  it("has a window for recovery, a name of its own cluster, and no public policy", () => {
    assert.deepEqual(codes({ recoveryDays: 6 }), ["secret-copy-window-short"]);
    assert.deepEqual(codes({ name: copyName({ kubernetes: undefined, harbor }, "core-key") }), ["secret-copy-shared"]);
    const policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "*" }] });
    assert.deepEqual(codes({ policy }), ["secret-copy-public"]);
  });
});
