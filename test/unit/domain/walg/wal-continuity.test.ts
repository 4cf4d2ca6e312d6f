import assert from "node:assert/strict";
import fc from "fast-check";
import { gravest } from "../../../../domain/finding.ts";
import { judgeWal } from "../../../../domain/walg/wal-continuity.ts";
import type { WalgListing } from "../../../../domain/walg/storage.ts";
import { at, backupObjects, listingOf, walgPrefix, walObjects } from "../../../support/walg.ts";

/** The findings about the newest backup on timeline 1, as text. */
function judged(listing: WalgListing, target?: number, lastNeededSegment?: number): string[] {
  const backup = listing.backups.findLast(({ timeline }) => timeline === 1);
  assert(backup !== undefined);
  return judgeWal(listing, { backup, target, lastNeededSegment }, `s3://bkt/${walgPrefix}`).map(
    ({ severity, what }) => `${severity}: ${what}`,
  );
}

const backup = backupObjects(4, at("01:00"));

describe("judgeWal", () => {
  it("accepts WAL that continues from the backup", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(2, 400, at("09:00"))), at("08:00"), 5), []);
  });

  it("fault 24: refuses when the backup's first segment is missing", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(5, 9, at("09:00")))), [
      "refuse: lacks the WAL segment 000000010000000000000004, at which the backup begins",
    ]);
    assert.equal(judged(listingOf(backup)).length, 1);
  });

  it("fault 24: refuses WAL that ends before the backup is consistent", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(4, 5, at("01:00"))), undefined, 6), [
      "refuse: ends with 000000010000000000000005, and the backup is consistent only after 000000010000000000000006",
    ]);
  });

  it("fault 24: refuses a gap, because PostgreSQL would silently stop there", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(4, 255, at("02:00")), walObjects(258, 260, at("09:00")))), [
      "refuse: lacks 2 segments from 000000010000000100000000 on: PostgreSQL would stop there, without what came after",
    ]);
  });

  it("fault 22: warns of a gap after the target time", () => {
    assert.deepEqual(
      judged(listingOf(backup, walObjects(4, 20, at("05:00")), walObjects(22, 30, at("09:00"))), at("04:00")),
      ["warn: lacks 1 segment from 000000010000000000000015 on, after the target time"],
    );
  });

  it("fault 22: refuses when no WAL reaches the target time", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(4, 20, at("05:00"))), at("06:00")), [
      "refuse: ends at 2026-11-21T05:00:00.000Z, before the target time: PostgreSQL 12 would stop there in silence",
    ]);
  });

  it("ignores a gap before the backup", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(1, 2, at("00:10")), walObjects(4, 9, at("09:00")))), []);
  });

  const warning = "warn: holds timelines beyond that of the backup (1): the restore follows the newest";

  it("follows a later timeline from the segment where it left the old one, and warns of it", () => {
    const listing = listingOf(backup, walObjects(4, 10, at("02:00")), walObjects(10, 20, at("09:00"), { timeline: 2 }));
    assert.deepEqual(judged(listing, at("08:00")), [warning]);
  });

  it("ignores a gap on the old timeline after the switch", () => {
    const listing = listingOf(
      backup,
      walObjects(4, 10, at("02:00")),
      walObjects(13, 14, at("02:00")),
      walObjects(10, 20, at("09:00"), { timeline: 2 }),
    );
    assert.deepEqual(judged(listing), [warning]);
  });

  it("fault 24: refuses a gap between two timelines", () => {
    const listing = listingOf(backup, walObjects(4, 8, at("02:00")), walObjects(10, 20, at("09:00"), { timeline: 2 }));
    assert.deepEqual(judged(listing), [
      "refuse: lacks 1 segment from 000000020000000000000009 on: PostgreSQL would stop there, without what came after",
      warning,
    ]);
  });

  it("fault 24: refuses a timeline that branched off before the backup began, because its WAL does not fit the backup", () => {
    const listing = listingOf(backup, walObjects(2, 10, at("02:00")), walObjects(3, 20, at("09:00"), { timeline: 2 }));
    assert.match(
      judged(listing).join(),
      /refuse: holds the timeline 2, which left timeline 1 before this backup began/,
    );
  });

  it("treats a history file alone as a later timeline", () => {
    const history = { key: `${walgPrefix}/wal_005/00000002.history.lz4`, size: 50, modified: at("04:00") };
    assert.deepEqual(judged(listingOf(backup, walObjects(4, 9, at("09:00")), [history])), [warning]);
  });

  it("fault 24: never accepts a run with any one segment missing", () => {
    const segments = walObjects(4, 40, at("09:00"));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 35 }), (missing) => {
        assert.equal(
          gravest(
            judgeWal(
              listingOf(segments.toSpliced(missing, 1)),
              { backup: backupOf(), target: undefined, lastNeededSegment: 4 },
              "s3://b/p",
            ),
          ),
          "refuse",
        );
      }),
    );
  });
});

function backupOf(): WalgListing["backups"][number] {
  const [only] = listingOf(backup).backups;
  assert(only !== undefined);
  return only;
}
