import assert from "node:assert/strict";
import fc from "fast-check";
import { deltaChain, describeBackup } from "../../../../domain/walg/backup.ts";
import { segmentBefore, segmentName, segmentNumber, WalgListingReader } from "../../../../domain/walg/storage.ts";
import { at, backupObjects, listingOf, walgPrefix, walObjects } from "../../../support/walg.ts";

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

  it("fault 24: does not count a folder without its sentinel as a backup", () => {
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

describe("describeBackup", () => {
  const sentinel = `{"LSN":67108904,"PgVersion":120012,"FinishLSN":67109160,"SystemIdentifier":7710366851552716423,"CompressedSize":9400,"Spec":null,"UserData":null}`;
  const metadata = `{"start_time":"2026-11-21T01:00:00.1Z","finish_time":"2026-11-21T01:02:03.5Z","date_fmt":"%Y-%m-%dT%H:%M:%S.%fZ","hostname":"pod","data_dir":"/d","pg_version":120012,"start_lsn":67108904,"finish_lsn":67109160,"is_permanent":false,"system_identifier":7710366851552716423,"uncompressed_size":1,"compressed_size":1,"user_data":null}`;

  it("reads sentinel and metadata, and keeps all 64 bits of the system identifier", () => {
    assert.deepEqual(describeBackup(sentinel, metadata), {
      postgresMajor: 12,
      systemIdentifier: "7710366851552716423",
      started: Date.parse("2026-11-21T01:00:00.1Z"),
      finished: Date.parse("2026-11-21T01:02:03.5Z"),
      startLsn: 67108904n,
      finishLsn: 67109160n,
      lastNeededSegment: 4,
      compressedSize: 9400,
      deltaFrom: undefined,
      fileList: "not-needed",
    });
  });

  it("says what is unknown about a backup of an old WAL-G", () => {
    assert.deepEqual(describeBackup(`{"LSN":1,"PgVersion":90624}`, undefined), {
      postgresMajor: 9,
      systemIdentifier: undefined,
      started: undefined,
      finished: undefined,
      startLsn: 1n,
      finishLsn: undefined,
      lastNeededSegment: undefined,
      compressedSize: undefined,
      deltaFrom: undefined,
      fileList: "not-needed",
    });
  });

  it("refuses a truncated sentinel and unrelated content", () => {
    for (const wrong of [sentinel.slice(0, -3), "", "<Error/>", `{"PgVersion":"12"}`])
      assert.throws(() => describeBackup(wrong, undefined));
  });
});

describe("describeBackup of real backups", () => {
  const times = `,"StartTime":"2026-11-21T01:00:00Z","FinishTime":"2026-11-21T01:02:03Z"`;

  it("fault 37: knows where the list of files is that WAL-G needs", () => {
    const listOf = (fields: string): string => describeBackup(`{"LSN":1${fields}}`, undefined).fileList;
    assert.equal(listOf(`,"Version":2`), "files-metadata");
    assert.equal(listOf(`,"Version":2,"FilesMetadataDisabled":true`), "not-needed");
    assert.equal(listOf(`,"Files":{"/PG_VERSION":{"MTime":"x"}},"TarFileSets":null`), "sentinel");
    assert.equal(listOf(""), "not-needed");
  });

  it("takes the times from the sentinel, and says nothing where metadata.json cannot be read", () => {
    for (const metadata of [
      undefined,
      "",
      "{",
      `{"start_time":"yesterday","finish_time":"today","pg_version":120012}`,
    ]) {
      assert.equal(
        describeBackup(`{"LSN":1,"Version":2${times}}`, metadata).finished,
        Date.parse("2026-11-21T01:02:03Z"),
      );
      assert.equal(describeBackup(`{"LSN":1}`, metadata).finished, undefined);
    }
  });

  it("reads a sentinel with the files of a whole database, whatever their names are", () => {
    const files = Array.from({ length: 1000 }, (_, index) => [`/base/}"]{[${index}\\`, { MTime: "x", Sets: [[{}]] }]);
    const listed: unknown = Object.fromEntries(files);
    const text = JSON.stringify({ LSN: 1, Files: listed, CompressedSize: 5, Spec: { a: [] } });
    assert.deepEqual(
      [describeBackup(text, undefined).compressedSize, describeBackup(text, undefined).fileList],
      [5, "sentinel"],
    );
    assert.throws(() => describeBackup(text.slice(0, 3000), undefined));
  });
});

describe("deltaChain", () => {
  const base = backupObjects(4, at("01:00"));
  const first = backupObjects(9, at("02:00"), { parent: "000000010000000000000004" });
  const second = backupObjects(12, at("03:00"), { parent: "000000010000000000000009" });

  it("finds every backup that a delta is based on", () => {
    const { backups } = listingOf(base, first, second);
    const [, , newest] = backups;
    assert(newest !== undefined);
    const chain = deltaChain(newest, backups);
    assert.deepEqual(
      chain.parents.map(({ startSegment }) => startSegment),
      [9, 4],
    );
    assert.equal(chain.missing, undefined);
  });

  it("names the first missing backup", () => {
    const { backups } = listingOf(first, second);
    const newest = backups.at(-1);
    assert(newest !== undefined);
    assert.equal(deltaChain(newest, backups).missing, "base_000000010000000000000004");
  });

  it("takes the parent that the sentinel names", () => {
    const { backups } = listingOf(base, first, second);
    const newest = backups.at(-1);
    assert(newest !== undefined);
    const chain = deltaChain(newest, backups, ({ startSegment }) =>
      startSegment === 12 ? "base_000000010000000000000004" : undefined,
    );
    assert.deepEqual(
      chain.parents.map(({ startSegment }) => startSegment),
      [4],
    );
    assert.equal(deltaChain(newest, backups, () => "base_0").missing, "base_0");
  });

  it("ends for a delta that is based on itself", () => {
    const { backups } = listingOf(backupObjects(4, at("01:00"), { parent: "000000010000000000000004" }));
    const [only] = backups;
    assert(only !== undefined);
    assert.equal(deltaChain(only, backups).missing, "base_000000010000000000000004");
  });
});
