import assert from "node:assert/strict";
import { lineDiff } from "../../../domain/line-diff.ts";

describe("the difference of two texts", () => {
  const cases: readonly [before: string, after: string, hunk: string][] = [
    ["a\nc\n", "a\nb\nc\n", "@@ -1,0 +2 @@\n+b"],
    ["a\nb\nc\nd\n", "a\nd\n", "@@ -2,2 +1,0 @@\n-b\n-c"],
    ["a\nb\n", "a\nx\ny\n", "@@ -2 +2,2 @@\n-b\n+x\n+y"],
    ["a\r\nb\r\n", "a\r\nb\r\nb\r\n", "@@ -2,0 +3 @@\n+b"],
  ];
  for (const [before, after, hunk] of cases)
    it(JSON.stringify([before, after]), () => {
      assert.equal(lineDiff(before, after, "f"), `--- f\n+++ f\n${hunk}`);
    });

  it("is empty for the same text", () => {
    assert.equal(lineDiff("a\n", "a\n", "f"), "");
  });
});
