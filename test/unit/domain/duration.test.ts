import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { durationSchema } from "../../../domain/duration-schema.ts";
import { duration, formatDuration, parseDuration } from "../../../domain/duration.ts";

describe("parseDuration", () => {
  it("reads seconds, minutes, hours and days up to a week", () => {
    assert.equal(parseDuration("90s"), 90);
    assert.equal(parseDuration("10m"), 600);
    assert.equal(parseDuration("24h"), 86_400);
    assert.equal(parseDuration("36h"), 129_600);
    assert.equal(parseDuration("7d"), 604_800);
  });

  it("refuses everything else", () => {
    for (const wrong of ["", "10", "0s", "-1s", "1.5h", "1w", "8d", "169h", "10081m", "604801s", "1 h", "1e3s"]) {
      assert.equal(parseDuration(wrong), undefined, wrong);
    }
  });
});

describe("formatDuration", () => {
  it("uses the largest unit that leaves a whole number", () => {
    const texts = ["90s", "15m", "36h", "7d"] as const;
    assert.deepEqual(
      texts.map((text) => formatDuration(duration(text))),
      texts,
    );
    assert.equal(formatDuration(duration("86400s")), "1d");
    assert.equal(formatDuration(duration("60m")), "1h");
  });

  it("is read back as the same duration", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 604_800 }), (seconds) => {
        const parsed = parseDuration(`${seconds}s`);
        assert(parsed !== undefined);
        assert.equal(parseDuration(formatDuration(parsed)), seconds);
      }),
    );
  });
});

describe("durationSchema", () => {
  const request = z.strictObject({ timeLimit: durationSchema.prefault("15m") });

  it("is text in JSON, and seconds inside", () => {
    assert.deepEqual(request.parse({ timeLimit: "2h" }), { timeLimit: 7200 });
    assert.deepEqual(request.parse({}), { timeLimit: 900 });
    assert.deepEqual(z.encode(request, { timeLimit: duration("2h") }), { timeLimit: "2h" });
  });

  it("says what a duration is, also to one that is too long", () => {
    for (const wrong of ["36", "8d", 3600]) {
      const { error } = request.safeParse({ timeLimit: wrong });
      assert(error !== undefined);
      assert.match(z.prettifyError(error), /with s, m, h or d, such as 30s, 10m, 2h, at most 7d\n {2}→ at timeLimit$/);
    }
  });
});
