import assert from "node:assert/strict";
import fc from "fast-check";
import { gravest } from "../../../../domain/finding.ts";
import { judgeWal } from "../../../../domain/walg/wal-continuity.ts";
import type { ListedObject, WalgListing } from "../../../../domain/walg/storage.ts";
import { parseHistory } from "../../../../domain/walg/timeline.ts";
import { at, backupObjects, described, listingOf, walgPrefix, walObjects } from "../../../support/walg.ts";
import { faultTest } from "../../../support/fault-test.ts";

const early = { from: at("00:50") };
const backup = backupObjects(4, at("01:00"));
/** It proves that the WAL up to the segment at which it begins reaches its own start. */
const later = (segment: number, time: string): ListedObject[] => backupObjects(segment, at(time));

interface Situation {
  readonly target?: number;
  readonly lastNeededSegment?: number;
  /** Text of the history file of timeline 2. */
  readonly history?: string;
}

/** The findings about the backup that begins at segment 4, as text. */
function judged(listing: WalgListing, { target, lastNeededSegment, history }: Situation = {}): string[] {
  const chosen = listing.backups.find(({ startSegment }) => startSegment === 4);
  assert(chosen !== undefined);
  const descriptions = new Map(listing.backups.map((one) => [one.name, described(one)]));
  if (lastNeededSegment !== undefined) descriptions.set(chosen.name, described(chosen, { lastNeededSegment }));
  return judgeWal(
    listing,
    { backup: chosen, target, descriptions, history: history === undefined ? undefined : parseHistory(2, history) },
    `s3://bkt/${walgPrefix}`,
  ).map(({ severity, what }) => `${severity}: ${what}`);
}

describe("judgeWal", () => {
  it("accepts WAL that continues from the backup", () => {
    const listing = listingOf(backup, walObjects(2, 400, at("09:00"), { from: at("00:40") }), later(390, "08:50"));
    assert.deepEqual(judged(listing, { target: at("08:00"), lastNeededSegment: 5 }), []);
  });

  faultTest(24, "refuses when the backup's first segment is missing", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(5, 9, at("09:00"), early))), [
      "refuse: lacks the WAL segment 000000010000000000000004, at which the backup begins",
    ]);
    assert.equal(judged(listingOf(backup)).length, 1);
  });

  faultTest(24, "refuses WAL that ends before the backup is consistent", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(4, 5, at("01:00"))), { lastNeededSegment: 6 }), [
      "refuse: ends with 000000010000000000000005, and the backup is consistent only after 000000010000000000000006",
    ]);
  });

  faultTest(24, "refuses a gap, because PostgreSQL would silently stop there", () => {
    const listing = listingOf(backup, walObjects(4, 255, at("02:00"), early), walObjects(258, 260, at("09:00")));
    assert.deepEqual(judged(listing), [
      "refuse: lacks 2 segments from 000000010000000100000000 on: PostgreSQL would stop there, and later changes would be lost",
    ]);
  });

  const gap = [walObjects(4, 20, at("05:00"), early), walObjects(22, 30, at("09:00"))];

  faultTest(22, "warns of a gap after the target time", () => {
    assert.deepEqual(judged(listingOf(backup, ...gap, later(18, "04:45")), { target: at("04:00") }), [
      "warn: lacks 1 segment from 000000010000000000000015 on, after the target time",
    ]);
  });

  faultTest(39, "refuses a gap before the target time, however late its WAL was archived", () => {
    const late = [walObjects(4, 4, at("00:59")), walObjects(5, 20, at("08:00")), walObjects(22, 30, at("08:01"))];
    const refused = /^refuse: lacks 1 segment from 000000010000000000000015 on/;
    const proven = later(25, "02:00").map((object) => ({ ...object, modified: at("08:02") }));
    const listing = listingOf(backup, ...late, proven);
    const descriptions = new Map(listing.backups.map((one) => [one.name, described(one, { finished: at("02:00") })]));
    const [chosen] = listing.backups;
    assert(chosen !== undefined);
    const recovery = { backup: chosen, target: at("03:00"), descriptions, history: undefined };
    const [finding] = judgeWal(listing, recovery, "s3://b/p");
    assert.match(`${finding?.severity ?? ""}: ${finding?.what ?? ""}`, refused);
  });

  faultTest(39, "does not accept a gap when only LastModified says that the target time is before it", () => {
    const late = [walObjects(4, 4, at("00:59")), walObjects(5, 20, at("05:04"), { from: at("05:00") })];
    const listing = listingOf(backup, ...late, walObjects(22, 30, at("09:00")));
    const [said = "", ...others] = judged(listing, { target: at("04:00") });
    assert.match(said, /^unknown: lacks 1 segment from 000000010000000000000015 on; it may be before the target time/);
    assert.match(others.join(), /^warn: ends with .* it may end before the target time/);
  });

  faultTest(39, "warns of a gap after the target time when the WAL before it was archived steadily", () => {
    const [said] = judged(listingOf(backup, ...gap), { target: at("04:00") });
    assert.match(
      said ?? "",
      /^warn: lacks 1 segment .*, after the target time, if the WAL was archived when it was written/,
    );
  });

  faultTest(39, "warns when only LastModified says that the WAL reaches the target time", () => {
    const listing = listingOf(backup, walObjects(4, 20, at("05:00"), early));
    assert.match(judged(listing, { target: at("04:00") }).join(), /^warn: ends with .* may end before the target time/);
    assert.deepEqual(judged(listing), []);
  });

  faultTest(22, "refuses when no WAL reaches the target time", () => {
    assert.deepEqual(judged(listingOf(backup, walObjects(4, 20, at("05:00"), early)), { target: at("06:00") }), [
      "refuse: ends at 2026-11-21T05:00:00.000Z, before the target time: PostgreSQL 12 would stop there and report no error",
    ]);
  });

  it("ignores a gap before the backup", () => {
    const listing = listingOf(backup, walObjects(1, 2, at("00:10")), walObjects(4, 9, at("09:00"), early));
    assert.deepEqual(judged(listing), []);
  });

  const history = "1\t0/A000500\tno recovery target specified\n";
  const followed = "ok: follows the timelines 1, 2, as the history files say";
  const file = { key: `${walgPrefix}/wal_005/00000002.history.lz4`, size: 50, modified: at("02:30") };
  const second = walObjects(10, 20, at("09:00"), { timeline: 2, from: at("02:31") });

  faultTest(38, "follows a later timeline from the segment where it left the old one", () => {
    const newer = backupObjects(18, at("08:30"), { timeline: 2 });
    const listing = listingOf(backup, walObjects(4, 9, at("02:00"), early), [file], second, newer);
    assert.deepEqual(judged(listing, { target: at("08:00"), history }), [followed]);
  });

  faultTest(38, "does not count segments of the later timeline that come before the switch", () => {
    const unread = walObjects(4, 8, at("09:00"), { timeline: 2 }).map((object) => ({ ...object, size: 0 }));
    const listing = listingOf(backup, walObjects(4, 9, at("02:00"), early), [file], unread, second);
    assert.deepEqual(judged(listing, { history }), [followed]);
  });

  faultTest(38, "ignores a gap on the old timeline after the switch, and warns of the rows that are left there", () => {
    const listing = listingOf(
      backup,
      walObjects(4, 10, at("02:00"), early),
      walObjects(13, 14, at("02:00")),
      [file],
      second,
    );
    assert.deepEqual(judged(listing, { history }), [
      "warn: has 3 segments of timeline 1 from 00000001000000000000000A on, and PostgreSQL leaves that timeline at 0/A000500: rows written to it afterwards are not restored",
      followed,
    ]);
  });

  faultTest(38, "does not warn of a branch when the target time is before it", () => {
    const left = backupObjects(8, at("01:40"));
    const listing = listingOf(backup, left, walObjects(4, 14, at("02:00"), early), [file], second);
    assert.deepEqual(judged(listing, { history, target: at("01:30") }), [followed]);
  });

  faultTest(24, "refuses a gap between two timelines, and names the segments on their own timelines", () => {
    const listing = listingOf(
      backup,
      walObjects(4, 8, at("02:00"), early),
      [file],
      walObjects(11, 20, at("09:00"), { timeline: 2, from: at("02:31") }),
    );
    assert.deepEqual(judged(listing, { history }), [
      "refuse: lacks 1 segment from 000000010000000000000009 on and 1 segment from 00000002000000000000000A on: PostgreSQL would stop there, and later changes would be lost",
      followed,
    ]);
  });

  faultTest(
    24,
    "refuses a timeline that branched off before the backup began, because its WAL does not fit the backup",
    () => {
      const listing = listingOf(
        backup,
        walObjects(2, 10, at("02:00"), early),
        [file],
        walObjects(3, 20, at("09:00"), { timeline: 2, from: at("00:51") }),
      );
      assert.match(
        judged(listing, { history: "1\t0/3000500\tx\n" }).join(),
        /refuse: has timeline 2, which branched off timeline 1 before this backup began/,
      );
    },
  );

  faultTest(38, "refuses a timeline that branched off while the backup was taken", () => {
    const listing = listingOf(backup, walObjects(4, 10, at("02:00"), early), [file], second);
    const situation = { lastNeededSegment: 4, history: "1\t0/4000080\tx\n" };
    assert.match(judged(listing, situation).join(), /refuse: has timeline 2.*online backup was canceled/);
  });

  faultTest(38, "refuses WAL of a timeline whose history file is gone", () => {
    const listing = listingOf(backup, walObjects(4, 9, at("02:00"), early), second);
    const refused = /^refuse: has WAL of timeline 2, but no 00000002.history/;
    assert.match(judged(listing).join(), refused);
    assert.match(judged(listing, { target: at("08:00") }).join("\n"), refused);
  });

  faultTest(38, "counts WAL that cannot be reached from the end of what can be", () => {
    const far = walObjects(50, 60, at("10:00"), { timeline: 2 });
    const listing = listingOf(backup, walObjects(4, 9, at("02:00"), early), far);
    assert.match(judged(listing, { target: at("04:00") }).join("\n"), /^refuse: has WAL of timeline 2, but no/);
  });

  faultTest(
    40,
    "refuses WAL that the backup itself needs, even if another backup proves that the target is before it",
    () => {
      const broken = walObjects(4, 20, at("09:00"), early).map((object) =>
        object.key.endsWith("06.lz4") ? { ...object, size: 0 } : object,
      );
      const listing = listingOf(backup, broken, later(5, "03:00"));
      const refused = /refuse: has 1 segment without content, from 0+10+6 on/;
      assert.match(judged(listing, { target: at("02:00"), lastNeededSegment: 6 }).join("\n"), refused);
      assert.doesNotMatch(judged(listing, { target: at("02:00"), lastNeededSegment: 5 }).join("\n"), refused);
    },
  );

  faultTest(38, "warns of a history file without WAL of its timeline", () => {
    const listing = listingOf(backup, walObjects(4, 9, at("09:00"), early), [file]);
    assert.deepEqual(judged(listing, { history }), [
      "warn: has the history of timeline 2 but none of its WAL: whatever was written to it is not restored",
      followed,
    ]);
  });

  const whole = walObjects(4, 40, at("09:00"), early);
  const instead = (segment: number, change: Partial<ListedObject>): WalgListing =>
    listingOf(
      backup,
      whole.toSpliced(segment - 4, 1, ...whole.slice(segment - 4, segment - 3).map((one) => ({ ...one, ...change }))),
    );

  faultTest(40, "refuses WAL objects that are empty or cut", () => {
    assert.match(
      judged(instead(9, { size: 0 })).join(),
      /^refuse: has 1 segment without content, from 0+10+9 on: PostgreSQL stops with "archive file has wrong size"/,
    );
    assert.match(judged(instead(9, { size: 65_000 })).join(), /^refuse: has 1 segment with fewer bytes/);
    assert.deepEqual(judged(instead(9, { size: 65_794 })), []);
  });

  faultTest(36, "refuses WAL that was written again after later WAL", () => {
    assert.match(
      judged(instead(20, { modified: at("10:00") })).join(),
      /^refuse: has 1 segment from 0+10+14 on that was written after later ones or after a later backup/,
    );
    assert.deepEqual(judged(instead(20, { modified: (whole[17]?.modified ?? 0) + 60_000 })), []);
  });

  faultTest(36, "refuses WAL of the backup itself that is newer than the backup", () => {
    const listing = listingOf(backup, walObjects(4, 9, at("05:00"), { from: at("04:00") }));
    assert.match(judged(listing).join(), /^refuse: has 1 segment from 0+10+4 on/);
  });

  faultTest(36, "refuses WAL up to the end of the archive that is newer than a later backup", () => {
    const written = walObjects(20, 40, at("11:00"), { from: at("10:00") });
    const listing = listingOf(backup, walObjects(4, 19, at("02:00"), early), written, later(30, "03:00"));
    assert.match(judged(listing).join(), /^refuse: has 11 segments from 0+10+14 on/);
  });

  faultTest(36, "accepts the last WAL of an old timeline that was archived after the switch", () => {
    const late = walObjects(8, 9, at("06:00"), { from: at("05:59") });
    const listing = listingOf(backup, walObjects(4, 7, at("02:00"), early), late, [file], second);
    assert.deepEqual(judged(listing, { history }), [followed]);
  });

  faultTest(36, "says that nothing is proven in a copied place", () => {
    const copied = [...backup, ...whole].map((object) => ({ ...object, modified: at("12:00") }));
    const listing = listingOf(copied);
    const [chosen] = listing.backups;
    assert(chosen !== undefined);
    const descriptions = new Map([[chosen.name, described(chosen, { started: at("00:59"), finished: at("01:00") })]]);
    const [finding] = judgeWal(listing, { backup: chosen, target: undefined, descriptions, history: undefined }, "p");
    assert.equal(finding?.code, "wal-origin-unproven");
  });

  faultTest(41, "refuses WAL that S3 has archived, and does not accept WAL that may be", () => {
    assert.match(
      judged(instead(9, { storageClass: "DEEP_ARCHIVE" })).join(),
      /^refuse: has 1 segment from 0+10+9 on in an archive/,
    );
    assert.deepEqual(judged(instead(9, { storageClass: "GLACIER", restored: true })), []);
    assert.deepEqual(judged(instead(9, { storageClass: "GLACIER_IR" })), []);
    assert.match(judged(instead(9, { storageClass: "INTELLIGENT_TIERING" })).join(), /^unknown: has 1 segment/);
  });

  faultTest(24, "never accepts a run with any one segment missing", () => {
    const segments = walObjects(4, 40, at("09:00"), early);
    const chosen = backupOf();
    const descriptions = new Map([[chosen.name, described(chosen)]]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 35 }), (missing) => {
        assert.equal(
          gravest(
            judgeWal(
              listingOf(segments.toSpliced(missing, 1)),
              { backup: chosen, target: undefined, descriptions, history: undefined },
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
