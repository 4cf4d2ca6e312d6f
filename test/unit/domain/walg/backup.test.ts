import assert from "node:assert/strict";
import { deltaChain, describeBackup } from "../../../../domain/walg/backup.ts";
import { at, backupObjects, listingOf } from "../../../support/walg.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("describeBackup", () => {
  const sentinel = `{"LSN":67108904,"PgVersion":120012,"FinishLSN":67109160,"SystemIdentifier":7710366851552716423,"CompressedSize":9400,"UncompressedSize":31000,"Spec":null,"UserData":null}`;
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
      uncompressedSize: 31_000,
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
      uncompressedSize: undefined,
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

  faultTest(37, "knows where the list of files is that WAL-G needs", () => {
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
