import assert from "node:assert/strict";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { duration } from "../../../../domain/duration.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { restoreCheckRequestSchema, type RestoreCheckReport } from "../../../../domain/restore/check.ts";
import { S3Error } from "../../../../clients/aws/s3-error.ts";
import { checkRestore } from "../../../../operations/restore/check.ts";
import { captured } from "../../../support/captured-bucket.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeHarbor } from "../../../support/fake-harbor.ts";
import { FakeProbe, type FakeS3 } from "../../../support/fake-s3.ts";
import { faultSuite } from "../../../support/fault-test.ts";
import { restoreRequest } from "../../../support/restore.ts";
import { lz4Frame } from "../../../support/lz4-frame.ts";
import { CapturedBucket, firstRecord, repacked, sealRecord, unpackedLz4 } from "../../../support/read-bucket.ts";

const request = { ...restoreRequest, read: true };

interface Asked {
  /** Time of day. */
  readonly target?: string;
  readonly read?: boolean;
  readonly s3?: FakeS3;
  readonly timeLimit?: "1s";
  readonly surroundings?: FakeSurroundings;
}

const evening = Date.parse("2026-11-24T20:00:00Z");

async function check(bucket: CapturedBucket, asked: Asked = {}): Promise<RestoreCheckReport> {
  const { read = true, s3 = bucket.s3(), surroundings = new FakeSurroundings(evening), target } = asked;
  const targetTime = target === undefined ? {} : { targetTime: `2026-11-24T${target}Z` };
  const parsed = restoreCheckRequestSchema.parse({ ...request, read, restore: { ...request.restore, ...targetTime } });
  const bounded = asked.timeLimit === undefined ? parsed : { ...parsed, readTimeLimit: duration(asked.timeLimit) };
  return checkRestore({ harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() }, bounded, surroundings);
}

/** What is wrong, with its code. */
function said({ findings }: RestoreCheckReport): string {
  return findings
    .filter(({ severity }) => severity !== "ok")
    .map(({ code, severity, what }) => `${severity} ${code}: ${what}`)
    .join("\n");
}

function codes({ findings }: RestoreCheckReport): string[] {
  return findings.map(({ code }) => code);
}

const newest = "basebackups_005/base_000000010000000000000008";
const full = "basebackups_005/base_000000010000000000000002";
const delta = "basebackups_005/base_000000010000000000000005_D_000000010000000000000002";
/** A target for which the delta is taken; the next backup begins at segment 8, after it. */
const afterDelta = { target: "18:15:25" };
const data = `${newest}/tar_partitions/part_001.tar.lz4`;
const label = `${newest}/tar_partitions/part_003.tar.lz4`;
const control = `${newest}/tar_partitions/pg_control.tar.lz4`;
const segment = (end: string, ending = ".lz4"): string => `wal_005/0000000100000000000000${end}${ending}`;
const walNames = /^wal_005\/[0-9A-F]{24}\.lz4$/;

/** Without the size in the sentinel, a missing or smaller part shows only when the parts are read. */
function sizeless(bucket: CapturedBucket): CapturedBucket {
  return bucket.editJson(`${newest}_backup_stop_sentinel.json`, (sentinel) => delete sentinel["CompressedSize"]);
}

const flip = (content: Buffer): void => {
  const middle = Math.floor(content.length / 2);
  content[middle] = (content[middle] ?? 0) ^ 1;
};

/** Bytes in which nothing can be recognised. */
function encrypted(content: Uint8Array): Buffer {
  return Buffer.from(content.map((byte, index) => byte ^ ((index * 151 + 77) % 255)));
}

describe("restore check --read", function () {
  // Each test unpacks a backup and its WAL.
  this.timeout("60s");
  let bucket: CapturedBucket;
  beforeEach(async () => {
    bucket = await CapturedBucket.load();
  });

  it("reads every part and every segment that the restore needs, and says so", async () => {
    const surroundings = new FakeSurroundings(evening);
    const report = await check(bucket, { surroundings });
    assert.equal(said(report), "");
    assert.equal(report.verdict, "ok");
    const read = { parts: 3, segments: 5, bytes: 4_302_829 + 331_144, seconds: 0 };
    assert.deepEqual(report.read, read);
    const text = report.findings.map(({ what }) => what).join("\n");
    assert.match(text, /its 3 parts were read to the end, and every file of its list is there/);
    assert.match(text, /5 segments from 000000010000000000000008 to 00000001000000000000000C were read/);
    assert.deepEqual(surroundings.lines, ["reading 4.6 MB of backup and WAL", "read 4.6 MB in 0 s"]);
  });

  it("reads nothing unless it is asked to", async () => {
    const s3 = bucket.s3();
    const report = await check(bucket, { s3, read: false });
    assert.deepEqual([report.verdict, report.read], ["ok", null]);
    assert.deepEqual(
      s3.requests.filter((line) => line.startsWith("read ")),
      [],
    );
  });

  it("reads nothing when the restore is refused anyway", async () => {
    const s3 = bucket.lose(segment("0A")).s3();
    const surroundings = new FakeSurroundings(evening);
    const report = await check(bucket, { s3, surroundings });
    assert.match(said(report), /^refuse wal-gap/);
    assert.equal(report.read, null);
    assert.deepEqual(
      s3.requests.filter((line) => line.startsWith("read ")),
      [],
    );
    assert.deepEqual(surroundings.lines, ["the contents were not read, because the check already refuses the restore"]);
  });

  it("reads the backup on which a delta builds, and no WAL behind the target", async () => {
    const s3 = bucket.edit(segment("09"), flip).edit(data, flip).s3();
    const report = await check(bucket, { s3, ...afterDelta });
    assert.equal(said(report), "");
    assert.deepEqual([report.read?.parts, report.read?.segments], [6, 4]);
    const read = s3.requests.filter((line) => line.startsWith("read ") && line.includes("wal_005"));
    assert.deepEqual(read.map((line) => line.slice(-6, -4)).toSorted(), ["05", "06", "07", "08"]);
  });

  it("accepts what restores whole although something is missing or doubled", async () => {
    const harmless: Record<string, readonly [change: () => unknown, asked: Asked, said: RegExp]> = {
      "an empty metadata.json": [() => bucket.put(`${newest}/metadata.json`, Buffer.alloc(0)), {}, /^$/],
      "a parent without pg_control": [
        () => bucket.lose(`${full}/tar_partitions/pg_control.tar.lz4`),
        afterDelta,
        /^warn backup-parent-control-file-missing: .*$/,
      ],
      "an earlier backup that is damaged": [
        () => bucket.edit(`${full}/tar_partitions/part_001.tar.lz4`, flip),
        {},
        /^$/,
      ],
      "WAL from before the backup that is damaged": [() => bucket.edit(segment("07"), flip), {}, /^$/],
      "a target for which the first backup is taken": [() => undefined, { target: "18:15:10" }, /^$/],
    };
    for (const [what, [change, asked, expected]] of Object.entries(harmless)) {
      bucket = await CapturedBucket.load();
      change();
      const report = await check(bucket, asked);
      assert.match(said(report), expected, what);
      assert(codes(report).includes("wal-content-read"), what);
    }
  });

  it("accepts backups and WAL of every compression that Node has", async () => {
    const forms = { "": (content: Buffer) => content, ".zst": zstdCompressSync, ".br": fast, ".gz": gzipSync };
    for (const [ending, compress] of Object.entries(forms)) {
      bucket = await CapturedBucket.load();
      for (const end of ["08", "09", "0A", "0B", "0C"])
        bucket.replace(segment(end), segment(end, ending), compress(unpackedLz4(bucket.get(segment(end)).content)));
      for (const part of [data, label, control])
        bucket.replace(part, part.replace(".lz4", ending), compress(unpackedLz4(bucket.get(part).content)));
      sizeless(bucket).editJson(`${newest}/files_metadata.json`, (list) => {
        list["TarFileSets"] = {};
      });
      assert.equal(said(await check(bucket)), "", ending);
    }
  });

  it("needs no size in the sentinel, and no metadata.json", async () => {
    sizeless(bucket).lose(`${newest}/metadata.json`);
    assert.match(said(await check(bucket, { read: false })), /^warn backup-size-unproven/);
    assert.equal(said(await check(bucket)), "");
  });

  it("proves the WAL of a bucket that was copied", async () => {
    bucket.delay(30 * 60_000);
    assert.match(said(await check(bucket, { read: false })), /^warn wal-origin-unproven/);
    assert.equal(said(await check(bucket)), "");
  });

  it("proves WAL that somebody has put back", async () => {
    bucket.put(segment("0A"), bucket.get(segment("0A")).content, evening - 60_000);
    assert.match(said(await check(bucket, { read: false })), /^refuse wal-overwritten/);
    const report = await check(bucket);
    assert.equal(said(report), "");
    assert(codes(report).includes("wal-content-read"));
  });

  it("names the database by pg_control when no sentinel does", async () => {
    const sentinels = bucket.names(/sentinel\.json$/);
    for (const name of sentinels) bucket.editJson(name, (sentinel) => delete sentinel["SystemIdentifier"]);
    assert.match(said(await check(bucket, { read: false })), /^warn backup-identifier-missing/);
    assert.equal(said(await check(bucket)), "");
    bucket.editPacked(segment("0A"), (wal) => wal.writeBigUInt64LE(1n, 24));
    assert.match(
      said(await check(bucket)),
      /^refuse wal-content-wrong: 00000001000000000000000A was written by another/,
    );
  });

  it("accepts a last segment that was archived before it was full", async () => {
    bucket.editPacked(segment("0C"), (wal) => {
      // The second page is of the segment's life before.
      wal.copy(wal, 8192, 0, 8192);
      wal.writeBigUInt64LE(0x4002000n, 8192 + 8);
      const end = wal.subarray(0, 8192).lastIndexOf(0x40);
      wal.fill(0, end - 16, 8192);
    });
    assert.equal(said(await check(bucket)), "");
  });

  it("follows the WAL to the next timeline, whose first segment begins with the timeline before", async () => {
    const history = Buffer.from("1\t0/A000100\tno recovery target specified\n");
    bucket.put("wal_005/00000002.history", history, evening - 60_000);
    for (const end of ["0A", "0B", "0C"]) {
      const wal = unpackedLz4(bucket.get(segment(end)).content);
      if (end !== "0A") wal.writeUInt32LE(2, 4);
      bucket.replace(segment(end), segment(end).replace("00000001", "00000002"), lz4Frame(wal));
    }
    assert.equal(said(await check(bucket)), "");
    const later = segment("0B").replace("00000001", "00000002");
    bucket.editPacked(later, (wal) => wal.writeUInt32LE(1, 4));
    assert.match(
      said(await check(bucket)),
      /^refuse wal-content-wrong: 00000002000000000000000B has WAL of timeline 1 at 0\/B000000/,
    );
  });

  it("says nothing of contents that it could not read in time, and names them", async () => {
    const s3 = bucket.s3();
    s3.read = async function* (_object, signal): AsyncGenerator<Uint8Array> {
      yield Buffer.from("04224d18", "hex");
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    };
    // Aborting ends no timer, so something must keep the test alive.
    const alive = setInterval(() => undefined, 1000);
    const report = await check(bucket, { s3, timeLimit: "1s" });
    clearInterval(alive);
    assert.equal(report.verdict, "unknown");
    assert.match(
      said(report),
      /unknown backup-content-unread: was not read whole: part_001.tar.lz4: not read within 1s/,
    );
    assert.match(said(report), /unknown wal-content-unread: has 5 segments that were not read: not read within 1s/);
    assert.deepEqual([report.read?.parts, report.read?.segments], [0, 0]);
  });

  it("ends when it is stopped", async () => {
    const surroundings = new FakeSurroundings(evening);
    const s3 = bucket.s3();
    const read = s3.read.bind(s3);
    s3.read = (object, signal) => {
      surroundings.stop(new RecoveryError("interrupted", "interrupted"));
      return read(object, signal);
    };
    await assert.rejects(check(bucket, { s3, surroundings }), /interrupted/);
  });

  faultSuite(88, "finds a backup that does not come back whole:", () => {
    const damages: Record<string, readonly [damage: () => unknown, finding: RegExp]> = {
      "a part with one wrong bit": [
        () => bucket.edit(data, flip),
        /^refuse backup-part-damaged: has 1 damaged part: part_001\.tar\.lz4 \(.+\): WAL-G ends with an error there$/,
      ],
      "a part whose end was lost": [
        () => bucket.edit(data, (content) => content.fill(0, content.length / 2)),
        /^refuse backup-part-damaged: has 1 damaged part: part_001/,
      ],
      "a part that is shorter than it was, where the sentinel says no size": [
        () => sizeless(bucket).put(data, bucket.get(data).content.subarray(0, 1_000_000)),
        /^refuse backup-part-damaged: .*the LZ4 frame is cut/,
      ],
      "a part of something else": [
        () => bucket.edit(data, (content) => content.write("something else")),
        /^refuse backup-part-damaged: .*part_001\.tar\.lz4 \(does not begin as its name says\)/,
      ],
      "a tar file that is cut inside of its frame": [
        () => bucket.editPacked(data, (tar) => tar.subarray(0, tar.length / 2)),
        /^refuse backup-part-damaged: .*part_001\.tar\.lz4 \(Unexpected end of data\)/,
      ],
      "a tar file with a wrong header": [
        () => bucket.editPacked(data, (tar) => tar.write("x", 512)),
        /^refuse backup-part-damaged: .*part_001\.tar\.lz4 \(Invalid tar header/,
      ],
      "a lost part, where the sentinel says no size": [
        () => sizeless(bucket).lose(label),
        /^refuse backup-parts-missing: lacks 1 part: part_003\.tar\.lz4 that its list of files names/,
      ],
      "a file that is in no part": [
        async () =>
          bucket.put(
            data,
            await repacked(bucket.get(data).content, ({ name }, content) =>
              name.endsWith("1247") ? undefined : content,
            ),
          ),
        /^refuse backup-files-missing: lacks 3 files: \/base\/1\/1247; .* of the database: no part has them/,
      ],
      "no backup_label": [
        async () => {
          const without = await repacked(bucket.get(label).content, ({ name }, content) =>
            name === "backup_label" ? undefined : content,
          );
          bucket.put(label, without);
        },
        /^refuse backup-files-missing: lacks 1 file: backup_label/,
      ],
      "pg_control of another database": [
        () => bucket.editPacked(control, (tar) => tar.writeBigUInt64LE(1n, 512)),
        /^refuse backup-control-file-wrong: its pg_control is of another database \(system identifier 1\)/,
      ],
      "pg_control of another version": [
        () => bucket.editPacked(control, (tar) => tar.writeUInt32LE(1300, 512 + 8)),
        /^refuse backup-control-file-wrong: its pg_control has the form 1300, and that of PostgreSQL 12 is 1201/,
      ],
      "the backup_label of another backup of the same database": [
        () => bucket.put(label, bucket.get(`${full}/tar_partitions/part_003.tar.lz4`).content),
        /^refuse backup-part-foreign: its backup_label begins at 0\/2000028, and its sentinel at 0\/8000028/,
      ],
      "the pg_control of another backup of the same database": [
        () => bucket.put(control, bucket.get(`${full}/tar_partitions/pg_control.tar.lz4`).content),
        /^refuse backup-control-file-wrong: its pg_control has the checkpoint of 0\/\S+, and the backup goes from 0\/8000028 to 0\/8000138/,
      ],
      "a part without pg_control": [
        async () => bucket.put(control, await repacked(bucket.get(control).content, () => undefined)),
        /^refuse backup-control-file-wrong: its pg_control\.tar has no pg_control/,
      ],
    };
    for (const [what, [damage, finding]] of Object.entries(damages)) {
      it(what, async () => {
        await damage();
        assert.notEqual(
          (await check(bucket, { read: false })).verdict,
          "refuse",
          "the listing shows it already, so this tests nothing",
        );
        const report = await check(bucket);
        assert.match(said(report), finding);
        assert.equal(report.verdict, "refuse");
      });
    }

    it("damage in the backup on which a delta builds", async () => {
      bucket.edit(`${full}/tar_partitions/part_001.tar.lz4`, flip);
      const report = await check(bucket, afterDelta);
      assert.match(said(report), /^refuse backup-part-damaged/);
      assert.match(
        report.findings.find(({ severity }) => severity === "refuse")?.where ?? "",
        /base_000000010000000000000002$/,
      );
      bucket = (await CapturedBucket.load()).edit(`${delta}/tar_partitions/part_001.tar.lz4`, flip);
      assert.match(said(await check(bucket, afterDelta)), /^refuse backup-part-damaged/);
    });

    it("a part of another backup of the same database, in the backup on which a delta builds", async () => {
      bucket.put(`${full}/tar_partitions/part_001.tar.lz4`, bucket.get(data).content);
      assert.notEqual((await check(bucket, { ...afterDelta, read: false })).verdict, "refuse");
      assert.match(
        said(await check(bucket, afterDelta)),
        /^refuse backup-part-foreign: has 1 part: part_001\.tar\.lz4 \(\/\S+\) with a file of another time than its list says/,
      );
    });

    it("a list of files that is cut, which leaves open whether files are missing", async () => {
      bucket.put(`${newest}/files_metadata.json`, Buffer.from('{"Files":{'));
      const report = await check(bucket);
      assert.match(said(report), /^unknown backup-content-unread: was not read whole: its list of files: /);
      assert.equal(report.verdict, "unknown");
    });

    it("parts that are encrypted or of a compression that is not read, which stay unknown", async () => {
      for (const part of [data, label, control]) bucket.put(part, encrypted(bucket.get(part).content));
      assert.match(
        said(await check(bucket)),
        /^unknown backup-content-unread: .* they are encrypted \(libsodium, OpenPGP\)/,
      );
      bucket = await CapturedBucket.load();
      bucket.replace(data, data.replace(".lz4", ".lzma"), bucket.get(data).content);
      bucket.editJson(`${newest}/files_metadata.json`, (list) => {
        list["TarFileSets"] = {};
      });
      assert.match(
        said(await check(bucket)),
        /^unknown backup-content-unread: .*part_001\.tar\.lzma: \.lzma is not read/,
      );
    });

    it("a part that S3 refuses, which stays unknown", async () => {
      const s3 = bucket.s3();
      const read = s3.read.bind(s3);
      s3.read = (object, signal) => {
        if (object.key.includes("part_001"))
          throw new S3Error("s3-forbidden", "access is denied", { next: "give the credentials s3:GetObject" });
        return read(object, signal);
      };
      const report = await check(bucket, { s3 });
      assert.match(
        said(report),
        /^unknown backup-content-unread: .*part_001\.tar\.lz4: access is denied; give the credentials/,
      );
      assert.equal(report.read?.parts, 2);
    });
  });

  faultSuite(89, "finds WAL at which PostgreSQL stops:", () => {
    const damages: Record<string, readonly [damage: () => unknown, finding: RegExp]> = {
      "one wrong bit": [
        () => bucket.edit(segment("0A"), flip),
        /^refuse wal-content-damaged: 00000001000000000000000A is damaged: .*: PostgreSQL would stop there/,
      ],
      "an end that was lost": [
        () => bucket.edit(segment("0A"), (content) => content.fill(0, content.length / 2)),
        /^refuse wal-content-damaged: 00000001000000000000000A is damaged/,
      ],
      "a segment that is too short inside of its frame": [
        () => bucket.editPacked(segment("0A"), (wal) => wal.subarray(0, 1_000_000)),
        /^refuse wal-content-damaged: .* it has 1000000 bytes instead of 16777216/,
      ],
      "a segment that is too long": [
        () => bucket.editPacked(segment("0A"), (wal) => Buffer.concat([wal, wal])),
        /^refuse wal-content-damaged: .* it is longer than 16777216 bytes/,
      ],
      "something else": [
        () => bucket.edit(segment("0A"), (content) => content.write("something else")),
        /^refuse wal-content-damaged: 00000001000000000000000A does not begin as its name says/,
      ],
      "another database's segment": [
        () => bucket.editPacked(segment("0A"), (wal) => wal.writeBigUInt64LE(1n, 24)),
        /^refuse wal-content-wrong: 00000001000000000000000A was written by another database \(system identifier 1\)/,
      ],
      "another database's segment at the start of the backup": [
        () => bucket.editPacked(segment("08"), (wal) => wal.writeBigUInt64LE(1n, 24)),
        /^refuse wal-content-wrong: 000000010000000000000008 was written by another database/,
      ],
      "another version's segment": [
        () => bucket.editPacked(segment("0A"), (wal) => wal.writeUInt16LE(0xd106, 0)),
        /^refuse wal-content-wrong: .* has a page that is no WAL of PostgreSQL 12/,
      ],
      "another segment under its name": [
        () => bucket.put(segment("0A"), bucket.get(segment("0B")).content),
        /^refuse wal-content-wrong: 00000001000000000000000A has the WAL of 0\/B000000 at 0\/A000000/,
      ],
      "a later timeline's segment under its name": [
        () => bucket.editPacked(segment("0A"), (wal) => wal.writeUInt32LE(2, 4)),
        /^refuse wal-content-wrong: 00000001000000000000000A has WAL of timeline 2 at 0\/A000000/,
      ],
      "a segment of zeros": [
        () => bucket.editPacked(segment("0A"), (wal) => wal.fill(0)),
        /^refuse wal-content-wrong: 00000001000000000000000A has a page without content/,
      ],
      "a record with a wrong checksum": [
        () =>
          bucket.editPacked(segment("0A"), (wal) =>
            wal.writeUInt8(wal.readUInt8(firstRecord + 24) ^ 1, firstRecord + 24),
          ),
        /^refuse wal-content-broken: 00000001000000000000000A ends at 0\/A000028: it has a record with a wrong checksum/,
      ],
      "a record that does not follow the one before it": [
        () =>
          bucket.editPacked(segment("0A"), (wal) => {
            wal.writeBigUInt64LE(1n, secondRecord(wal) + 8);
            sealRecord(wal, secondRecord(wal));
          }),
        /^refuse wal-content-broken: .* ends at 0\/A0000[0-9A-F]{2}: it has a record that does not follow the one before it/,
      ],
      "a segment whose end was never written": [
        () =>
          bucket.editPacked(segment("0A"), (wal) => {
            wal.fill(0, secondRecord(wal));
          }),
        /^refuse wal-content-broken: 00000001000000000000000A ends at 0\/A0000[0-9A-F]{2}: it has no record there/,
      ],
      "a segment of another server of the same database": [
        () =>
          bucket.editPacked(segment("0A"), (wal) => {
            wal.writeBigUInt64LE(wal.readBigUInt64LE(firstRecord + 8) - 8n, firstRecord + 8);
            sealRecord(wal, firstRecord);
          }),
        /^refuse wal-content-broken: 00000001000000000000000A does not go on where 000000010000000000000009 ends/,
      ],
      "a last segment that ends before the backup is complete": [
        () => {
          for (const end of ["09", "0A", "0B", "0C"]) bucket.lose(segment(end));
          bucket.editPacked(segment("08"), (wal) => wal.fill(0, secondRecord(wal)));
        },
        /^refuse wal-content-broken: 000000010000000000000008 ends at 0\/80000[0-9A-F]{2}/,
      ],
    };
    for (const [what, [damage, finding]] of Object.entries(damages)) {
      it(what, async () => {
        damage();
        assert.notEqual(
          (await check(bucket, { read: false })).verdict,
          "refuse",
          "the listing shows it already, so this tests nothing",
        );
        const report = await check(bucket);
        assert.match(said(report), finding);
        assert.equal(report.verdict, "refuse");
      });
    }

    it("a segment of any length, and downloads no more than a whole one of it", async () => {
      bucket.editPacked(segment("0A"), (wal) => Buffer.concat([wal, wal, wal, wal]));
      const report = await check(bucket);
      assert.match(said(report), /^refuse wal-content-damaged: .* it is longer than 16777216 bytes/);
      const most = 16 * 1024 * 1024 + 6_000_000 + 4 * 1024 * 1024;
      assert((report.read?.bytes ?? Infinity) < most, `${report.read?.bytes} bytes`);
    });

    it("counts segments with the same fault", async () => {
      for (const end of ["0A", "0B"]) bucket.edit(segment(end), flip);
      assert.match(
        said(await check(bucket)),
        /^refuse wal-content-damaged: 00000001000000000000000A .* \(and 1 more\): /,
      );
    });

    it("WAL that is encrypted, which stays unknown", async () => {
      for (const name of bucket.names(walNames)) bucket.put(name, encrypted(bucket.get(name).content));
      const report = await check(bucket);
      assert.match(said(report), /^unknown wal-content-unread: has 5 segments that were not read: they are encrypted/);
      assert.equal(report.verdict, "unknown");
    });

    it("segments of another size, which stay unknown", async () => {
      bucket.editPacked(segment("0A"), (wal) => wal.writeUInt32LE(64 * 1024 * 1024, 32));
      assert.match(
        said(await check(bucket)),
        /^unknown wal-content-unread: .*segments of 67108864 and pages of 8192 bytes/,
      );
    });
  });

  it("prints no key", async () => {
    const surroundings = new FakeSurroundings(evening);
    const report = await check(bucket, { surroundings });
    assert.doesNotMatch(JSON.stringify(report) + surroundings.lines.join(), /canary/);
    assert.equal(report.backup?.systemIdentifier, captured("system-identifier.txt").trim());
  });
});

/** Where the second record of a segment begins. */
function secondRecord(wal: Buffer): number {
  return Math.ceil((firstRecord + wal.readUInt32LE(firstRecord)) / 8) * 8;
}

function fast(content: Buffer): Buffer {
  return brotliCompressSync(content, { params: { 1: 1 } });
}
