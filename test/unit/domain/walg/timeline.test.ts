import assert from "node:assert/strict";
import { lsn, newestTimeline, parseHistory, segmentOf, wayOn } from "../../../../domain/walg/timeline.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("history files", () => {
  it("are read as PostgreSQL reads them", () => {
    const text = "# comment\n\n1\t0/1A000000\tno recovery target specified\n\n 3\t2/B0000028\tbefore 2026-11-24\n";
    assert.deepEqual(parseHistory(4, text), {
      timeline: 4,
      switches: [
        { timeline: 1, at: 0x1a000000n },
        { timeline: 3, at: 0x2b0000028n },
      ],
    });
    assert.deepEqual(parseHistory(2, "").switches, []);
  });

  faultTest(38, "are refused where PostgreSQL stops", () => {
    for (const [text, why] of [
      ["x\t0/1\ty", /no switch/],
      ["1\tnothing", /no switch/],
      ["2\t0/1\n1\t0/2", /are not in ascending order/],
      ["1\t0/1\n1\t0/2", /are not in ascending order/],
      ["4\t0/1", /beyond timeline 4/],
    ] as const)
      assert.throws(() => parseHistory(4, text), why);
  });

  faultTest(38, "lead on to the last one that follows without a gap", () => {
    assert.equal(newestTimeline(1, []), 1);
    assert.equal(newestTimeline(1, [2, 3, 5]), 3);
    assert.equal(newestTimeline(1, [3]), 1);
    assert.equal(newestTimeline(4, [2, 3]), 4);
  });
});

describe("the way through the timelines", () => {
  const extent = { start: 0x5000028n, finish: 0x5000100n };
  const history = parseHistory(3, "1\t0/8000000\tx\n");

  it("passes over timelines that the newest one does not come from", () => {
    assert.deepEqual(wayOn(1, extent, history), [
      { timeline: 1, end: 0x8000000n },
      { timeline: 3, end: undefined },
    ]);
    assert.deepEqual(wayOn(3, extent, history), [{ timeline: 3, end: undefined }]);
    assert.deepEqual(wayOn(1, extent, undefined), [{ timeline: 1, end: undefined }]);
  });

  faultTest(38, "does not exist for a backup that is not on it, or not as a whole", () => {
    assert.equal(wayOn(2, extent, history), undefined);
    assert.equal(wayOn(1, { start: 0x8000028n, finish: 0x8000100n }, history), undefined);
    assert.equal(wayOn(1, { start: 0x7000028n, finish: 0x8000001n }, history), undefined);
    assert.equal(wayOn(2, extent, parseHistory(3, "1\t0/6000000\tx\n2\t0/8000000\tx")), undefined);
  });

  it("writes positions as PostgreSQL does", () => {
    assert.equal(lsn(0x11a000000n), "1/1A000000");
    assert.equal(segmentOf(0x1a000000n), 0x1a);
    assert.equal(segmentOf(0x19ffffffn), 0x19);
  });
});
