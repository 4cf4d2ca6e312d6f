import assert from "node:assert/strict";
import { coverageOf } from "../../../../domain/fleet/coverage.ts";
import { daysAgo } from "../../../support/fleet-sample.ts";

const window = (from: number, until: number | null, endedBy: string | null = null) => ({
  from: daysAgo(from),
  until: until === null ? null : daysAgo(until),
  endedBy,
});
const gapsOf = (...windows: ReturnType<typeof window>[]) =>
  coverageOf(windows)?.gaps.map(({ from, until }) => [from, until].map((moment) => new Date(moment).toISOString()));

describe("coverageOf", () => {
  it("no window covers nothing", () => {
    assert.equal(coverageOf([]), undefined);
  });

  it("what lies between two windows is a gap, also when nothing is said to end the first", () => {
    assert.deepEqual(gapsOf(window(9, 7, "x"), window(5, 0)), [[daysAgo(7), daysAgo(5)]]);
    assert.deepEqual(gapsOf(window(9, 7), window(5, 0)), [[daysAgo(7), daysAgo(5)]]);
  });

  it("windows of two repositories that overlap have no gap between them", () => {
    assert.deepEqual(gapsOf(window(30, 0), window(7, 0)), []);
    assert.deepEqual(gapsOf(window(9, 4, "x"), window(8, 6, "x"), window(5, 0)), []);
  });

  it("a window that reaches the newest WAL has no gap behind it, although its end is not known", () => {
    assert.deepEqual(gapsOf(window(9, null), window(5, 0)), []);
    assert.deepEqual(gapsOf(window(9, null, "x"), window(5, 0)), [[daysAgo(9), daysAgo(5)]]);
  });

  it("the one that reaches the newest WAL is the furthest, else the latest", () => {
    const [open, ended] = [window(9, 1), window(5, 0, "x")];
    assert.equal(coverageOf([open, ended])?.furthest, open);
    assert.equal(coverageOf([ended, open])?.furthest, open);
    const late = window(5, 2, "x");
    assert.equal(coverageOf([window(9, 3, "x"), late])?.furthest, late);
    assert.equal(coverageOf([late, window(4, 3, "x")])?.furthest, late);
  });
});
