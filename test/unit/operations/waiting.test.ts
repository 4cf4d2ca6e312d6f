import assert from "node:assert/strict";
import fc from "fast-check";
import { realSurroundings } from "../../../operations/surroundings.ts";
import { Wait, type WaitLimits } from "../../../operations/waiting.ts";
import { FakeSurroundings } from "../../support/fake-cluster.ts";

/** Seconds at which something was looked at that never came, each look taking `lookSeconds`. */
async function looks(limits: WaitLimits, lookSeconds = 0, surroundings = new FakeSurroundings()): Promise<number[]> {
  const wait = new Wait(limits, surroundings);
  const moments: number[] = [];
  do {
    moments.push(surroundings.elapsed);
    await surroundings.sleep(lookSeconds);
  } while (await wait.pause("waiting for it"));
  return moments;
}

const limits = fc.record({
  limit: fc.integer({ min: 0, max: 1000 }),
  pauses: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
});

describe("Wait", () => {
  it("looks at least once, also when there is no time at all", async () => {
    assert.deepEqual(await looks({ limit: 0, pauses: [2] }), [0]);
    assert.deepEqual(await looks({ limit: 5, pauses: [2] }, 10), [0]);
  });

  it("looks once more at the very end: the last pause is as long as what is left", async () => {
    assert.deepEqual(await looks({ limit: 5, pauses: [2] }), [0, 2, 4, 5]);
    assert.deepEqual(await looks({ limit: 4, pauses: [2] }), [0, 2, 4]);
    assert.deepEqual(await looks({ limit: 30, pauses: [1, 2, 4, 8, 15] }), [0, 1, 3, 7, 15, 30]);
    assert.deepEqual(await looks({ limit: 60, pauses: [1, 2, 4, 8, 15] }), [0, 1, 3, 7, 15, 30, 45, 60]);
  });

  it("never looks later than its limit, and always at its end", async () => {
    await fc.assert(
      fc.asyncProperty(limits, async (given) => {
        const moments = await looks(given);
        assert.equal(moments.at(-1), given.limit);
        assert.equal(new Set(moments).size, moments.length);
      }),
    );
  });

  it("never begins a look later than its limit, however long a look takes", async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.integer({ min: 0, max: 200 }), async (given, lookSeconds) => {
        const moments = await looks(given, lookSeconds);
        assert(moments.every((moment) => moment <= given.limit));
        // Either the last look is made at the end, or the end came during it.
        assert((moments.at(-1) ?? 0) + lookSeconds >= given.limit);
      }),
    );
  });

  it("does not look twice at the end when a timer rings early", async () => {
    const surroundings = new FakeSurroundings();
    const { sleep } = surroundings;
    const early = Object.assign(surroundings, { sleep: (seconds: number) => sleep(seconds - 0.001) });
    const wait = new Wait({ limit: 2, pauses: [2] }, early);
    assert.deepEqual([await wait.pause(), await wait.pause()], [true, false]);
  });

  it("tells each line of progress once, and none when the time is over", async () => {
    const surroundings = new FakeSurroundings();
    const wait = new Wait({ limit: 10, pauses: [2] }, surroundings);
    for (const what of ["a Pod", "a Pod", undefined, "its leader", "a Pod", "nothing any more"])
      await wait.pause(what && `waiting for ${what}`);
    assert.deepEqual(surroundings.lines, ["waiting for a Pod", "waiting for its leader"]);
  });

  it("ends at once with the signal's reason, before a pause and during one", async () => {
    const reason = new Error("interrupted");
    const stopped = new FakeSurroundings();
    stopped.stop(reason);
    await assert.rejects(new Wait({ limit: 60, pauses: [30] }, stopped).pause("waiting for a Pod"), reason);
    assert.deepEqual([stopped.elapsed, stopped.lines], [0, []]);

    const stop = new AbortController();
    const real = realSurroundings(() => undefined, stop.signal);
    const started = performance.now();
    const paused = new Wait({ limit: 60, pauses: [30] }, real).pause();
    stop.abort(reason);
    await assert.rejects(paused, reason);
    assert(performance.now() - started < 1000);
  });
});
