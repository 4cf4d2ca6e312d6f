import assert from "node:assert/strict";
import fc from "fast-check";
import { segmentBefore, segmentName, segmentNumber } from "../../../../domain/walg/segment-name.ts";
import { WalgListingReader } from "../../../../domain/walg/storage.ts";
import { at, backupObjects, listingOf, walgPrefix, walObjects } from "../../../support/walg.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("names of WAL segments", () => {
  it("continue after the end of a log of 4 GiB", () => {
    assert.equal(segmentName(1, segmentNumber("00000000", "000000FF")), "0000000100000000000000FF");
    assert.equal(segmentName(1, segmentNumber("00000000", "000000FF") + 1), "000000010000000100000000");
  });

  it("survive a round trip", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 0xffffffff }),
        fc.integer({ min: 0, max: 0xffffffff * 256 }),
        (timeline, segment) => {
          const name = segmentName(timeline, segment);
          assert.match(name, /^[0-9A-F]{24}$/);
          assert.equal(segmentNumber(name.slice(8, 16), name.slice(16)), segment);
        },
      ),
    );
  });

  it("need only the previous segment for a position at the very start of one", () => {
    assert.equal(segmentBefore(0x3000000n), 2);
    assert.equal(segmentBefore(0x3000001n), 3);
    assert.equal(segmentBefore(0xffff_ffff_ff00_0001n), 0xffff_ffff_ff);
  });
});

describe("WalgListingReader", () => {
  it("finds the backups with a sentinel, oldest first, with their parts", () => {
    const { backups, incomplete } = listingOf(backupObjects(9, at("02:00")), backupObjects(4, at("01:00")));
    assert.deepEqual(
      backups.map(({ name, modified, size, hasPgControl }) => ({ name, modified, size, hasPgControl })),
      [
        { name: "base_000000010000000000000004", modified: at("01:00"), size: 9400, hasPgControl: true },
        { name: "base_000000010000000000000009", modified: at("02:00"), size: 9400, hasPgControl: true },
      ],
    );
    assert.equal(backups[0]?.metadataKey, `${walgPrefix}/basebackups_005/base_000000010000000000000004/metadata.json`);
    assert.deepEqual(incomplete, []);
  });

  faultTest(24, "does not count a folder without its sentinel as a backup", () => {
    const { backups, incomplete } = listingOf(
      backupObjects(4, at("01:00")).filter(({ key }) => !key.endsWith("sentinel.json")),
    );
    assert.deepEqual(backups, []);
    assert.deepEqual(incomplete, [{ name: "base_000000010000000000000004", modified: at("01:00") }]);
  });

  it("stores segments as runs by timeline, and recognises history files", () => {
    const history = { key: `${walgPrefix}/wal_005/00000002.history.lz4`, size: 50, modified: at("04:00") };
    const { wal, histories } = listingOf(
      walObjects(4, 300, at("01:00")),
      walObjects(303, 305, at("03:00")),
      [history],
      walObjects(305, 306, at("05:00"), { timeline: 2 }),
    );
    assert.deepEqual(
      [...wal],
      [
        [
          1,
          [
            { first: 4, last: 300, lastModified: at("01:00") },
            { first: 303, last: 305, lastModified: at("03:00") },
          ],
        ],
        [2, [{ first: 305, last: 306, lastModified: at("05:00") }]],
      ],
    );
    assert.deepEqual(histories, [2]);
  });

  it("does not depend on the order of the keys", () => {
    const objects = walObjects(4, 40, at("01:00"));
    fc.assert(
      fc.property(fc.shuffledSubarray(objects, { minLength: objects.length }), (shuffled) => {
        assert.deepEqual([...listingOf(shuffled).wal], [[1, [{ first: 4, last: 40, lastModified: at("01:00") }]]]);
      }),
    );
  });

  it("reads every compression and skips labels, deltas, partial segments and unrelated files", () => {
    const names = [
      "000000010000000000000004.br",
      "000000010000000000000005.zst",
      "000000010000000000000006.lzma",
      "000000010000000000000007",
      "000000010000000000000004.00000028.backup.lz4",
      "000000010000000000000008_delta.lz4",
      "000000010000000000000008.partial.lz4",
      "readme.txt",
    ];
    const { wal } = listingOf(
      names.map((name) => ({ key: `${walgPrefix}/wal_005/${name}`, size: 1, modified: at("01:00") })),
    );
    assert.deepEqual(
      [...wal.values()].flat().map(({ first, last }) => [first, last]),
      [[4, 7]],
    );
  });

  it("counts only keys below its own prefix", () => {
    const neighbour = walgPrefix.replace(/12$/, "13");
    assert.deepEqual(
      listingOf(
        backupObjects(4, at("01:00"), { prefix: neighbour }),
        walObjects(4, 5, at("01:00"), { prefix: `${walgPrefix}0` }),
      ).backups,
      [],
    );
  });

  it("never fails, whatever keys a bucket holds", () => {
    const part = fc.constantFrom(
      "basebackups_005",
      "wal_005",
      "base_000000010000000000000004",
      "tar_partitions",
      "metadata.json",
      "",
      "x",
      "_backup_stop_sentinel.json",
    );
    fc.assert(
      fc.property(fc.array(fc.array(part).map((parts) => parts.join("/"))), (keys) => {
        const reader = new WalgListingReader("p");
        for (const key of keys) reader.add({ key: `p/${key}`, size: 1, modified: 0 });
        assert.deepEqual(reader.listing.backups, []);
      }),
    );
  });
});
