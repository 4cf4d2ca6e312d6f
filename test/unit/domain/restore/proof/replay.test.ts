import assert from "node:assert/strict";
import { judgeReplay, type ReplayFacts } from "../../../../../domain/restore/proof/replay.ts";
import { faultTest } from "../../../../support/fault-test.ts";

const target = Date.parse("2026-11-21T09:30:00Z");
const end = { timeline: 1, segment: "00000001000000000000000A" };
const endOfWal = "no recovery target specified";
/** The end of segment 0A. */
const wholeSegment = 0x0b00_0000n;

function codeOf(changes: Partial<ReplayFacts> & { reason?: string; at?: bigint }): string {
  const { reason = endOfWal, at = wholeSegment, ...facts } = changes;
  const promotions = [{ timeline: 1, at, reason }];
  const { findings } = judgeReplay("Pod", { promotions, end, target: undefined, ...facts });
  assert.equal(findings.length, 1);
  return findings[0]?.code ?? "";
}

describe("how far a recovery went", () => {
  it("is proven by a position at the end of the last WAL segment", () => {
    assert.equal(codeOf({}), "restored-to-end");
  });

  it("is proven although the last record continues in a segment that was never archived", () => {
    assert.equal(codeOf({ at: wholeSegment - 4096n }), "restored-to-end");
  });

  faultTest(100, "is not proven by a position in the middle of the last segment, whose rest may be damaged", () => {
    assert.equal(codeOf({ at: wholeSegment - 300_000n }), "restored-wal-end-unproven");
    assert.equal(codeOf({ at: 0x0a00_0028n }), "restored-wal-end-unproven");
  });

  faultTest(100, "is refused when it ended before the last segment", () => {
    assert.equal(codeOf({ at: 0x0a00_0000n }), "restored-wal-left");
    assert.equal(codeOf({ at: 0x0500_0000n }), "restored-wal-left");
  });

  faultTest(101, "is proven by the first commit after the target time, which was left out", () => {
    assert.equal(codeOf({ target, reason: "before 2026-11-21 09:30:00.000001+00" }), "restored-to-target");
  });

  faultTest(101, "is refused when PostgreSQL 12 promoted at the end of the WAL, before the target time", () => {
    assert.equal(codeOf({ target, reason: "before 2000-01-01 00:00:00+00" }), "restored-target-missed");
  });

  faultTest(101, "is refused when the recovery had no target, so that the mistake was restored, too", () => {
    assert.equal(codeOf({ target, reason: endOfWal }), "restored-target-missed");
  });

  faultTest(101, "is refused when it stopped at a commit that belongs to the target time", () => {
    assert.equal(codeOf({ target, reason: "before 2026-11-21 09:30:00+00" }), "restored-target-missed");
  });

  it("is refused when a target was used that nobody declared", () => {
    assert.equal(codeOf({ reason: "before 2026-11-21 09:30:00+00" }), "restored-target-missed");
  });

  it("is unknown, and never okay, without the check's report, without a history, and for a strange reason", () => {
    assert.equal(codeOf({ end: undefined }), "restored-wal-unknown");
    assert.equal(codeOf({ end: { timeline: 1, segment: null } }), "restored-wal-unknown");
    assert.equal(codeOf({ promotions: [] }), "restored-wal-unknown");
    assert.equal(codeOf({ target, reason: "after transaction 42" }), "restored-wal-unknown");
  });

  it("is read from the line of the restore, not from that of a later switchover", () => {
    const promotions = [
      { timeline: 1, at: 0x0500_0000n, reason: endOfWal },
      { timeline: 2, at: wholeSegment, reason: endOfWal },
    ];
    assert.equal(codeOf({ promotions }), "restored-wal-left");
  });
});
