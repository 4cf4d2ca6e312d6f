import assert from "node:assert/strict";
import fc from "fast-check";
import { endOfRecovery, promotionsIn, restorePromotion } from "../../../../../domain/restore/proof/promotion.ts";

/** As PostgreSQL 12 writes it: a target time is followed by an empty line. */
const history =
  "1\t0/1A000000\tno recovery target specified\n\n2\t1/2B0000A8\tbefore 2026-11-21 09:30:01.5+00\n\n\n3\t1/2C000000\tno recovery target specified\n";

describe("a history file after a restore", () => {
  it("has a line for each timeline, with the position and the reason", () => {
    assert.deepEqual(promotionsIn(history), [
      { timeline: 1, at: 0x1a00_0000n, reason: "no recovery target specified" },
      { timeline: 2, at: 0x1_2b00_00a8n, reason: "before 2026-11-21 09:30:01.5+00" },
      { timeline: 3, at: 0x1_2c00_0000n, reason: "no recovery target specified" },
    ]);
    assert.deepEqual(promotionsIn("\n# a comment\nnonsense\n"), []);
  });

  it("has the restore's line at the newest timeline of the backups, whatever was promoted later", () => {
    const promotions = promotionsIn(history);
    assert.equal(restorePromotion(promotions, 2)?.reason, "before 2026-11-21 09:30:01.5+00");
    assert.equal(restorePromotion(promotions, 1)?.timeline, 1);
    assert.equal(restorePromotion([], 1), undefined);
  });

  it("says whether the recovery stopped at its target, or at the end of the WAL", () => {
    assert.deepEqual(endOfRecovery("no recovery target specified"), { end: "end-of-wal" });
    // PostgreSQL 12 has stopped at no commit, and writes its zero time.
    assert.deepEqual(endOfRecovery("before 2000-01-01 00:00:00+00"), { end: "target-not-reached" });
    assert.deepEqual(endOfRecovery("before 2000-01-01 05:30:00+05:30"), { end: "target-not-reached" });
    for (const reason of ["after transaction 42", 'at restore point "x"', "before LSN 0/1A000000", "before noon", ""])
      assert.deepEqual(endOfRecovery(reason), { end: "other" }, reason);
  });

  it("names the commit at which the recovery stopped, in any time zone", () => {
    const commit = Date.parse("2026-11-21T09:30:01.500Z");
    for (const text of ["09:30:01.5+00", "10:30:01.500000+01", "04:00:01.5-05:30"])
      assert.deepEqual(endOfRecovery(`before 2026-11-21 ${text}`), { end: "before", commit }, text);
    const arbitrary = fc.date({ min: new Date("2001-01-01"), max: new Date("2099-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(arbitrary, (date) => {
        const text = date.toISOString().replace("T", " ").replace("Z", "+00");
        assert.deepEqual(endOfRecovery(`before ${text}`), { end: "before", commit: date.getTime() });
      }),
    );
  });
});
