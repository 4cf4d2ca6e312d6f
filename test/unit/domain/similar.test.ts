import assert from "node:assert/strict";
import { didYouMean, similar } from "../../../domain/similar.ts";

describe("similar", () => {
  const clusters = ["lab", "calendar/calendar-db", "calendar/scheduler-db", "brr/postgresql", "brr-b/postgresql"];
  const cases: readonly [word: string, found: string[]][] = [
    ["calender/calendar-db", ["calendar/calendar-db"]],
    ["brr-c/postgresql", ["brr-b/postgresql"]],
    ["brr-/postgresql", ["brr/postgresql", "brr-b/postgresql"]],
    ["harbor/registry", []],
    ["a/b", []],
    ["calendar/", ["calendar/calendar-db", "calendar/scheduler-db"]],
    ["br", []],
    // Three edits make a word of three letters out of any other.
    ["xyz", []],
    ["", []],
  ];
  for (const [word, found] of cases)
    it(`finds ${found.join(" and ") || "nothing"} for "${word}"`, () => {
      assert.deepEqual(similar(word, clusters), found);
    });

  it("asks about one candidate, and about several", () => {
    assert.equal(didYouMean("brr-c/postgresql", clusters), "did you mean brr-b/postgresql?");
    assert.equal(didYouMean("brr-/postgresql", clusters), "did you mean one of brr/postgresql, brr-b/postgresql?");
    assert.equal(didYouMean("x", clusters), undefined);
  });
});
