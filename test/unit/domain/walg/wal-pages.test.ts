import assert from "node:assert/strict";
import fc from "fast-check";
import { crc32c } from "../../../../domain/walg/crc32c.ts";
import { pageBytes, WalPages, type ExpectedSegment, type SegmentContent } from "../../../../domain/walg/wal-pages.ts";
import { captured, capturedObjects } from "../../../support/captured-bucket.ts";
import { faultSuite } from "../../../support/fault-test.ts";
import { sealRecord, unpackedLz4 } from "../../../support/read-bucket.ts";
import { walgPrefix } from "../../../support/walg.ts";

const systemIdentifier = captured("system-identifier.txt").trim();

function expected(number: number): ExpectedSegment {
  return { number, timeline: 1, timelineStart: undefined, postgresMajor: 12, systemIdentifier };
}

function read(wal: Uint8Array, segment: ExpectedSegment, pieceBytes = wal.length): SegmentContent {
  const pages = new WalPages(segment);
  for (let start = 0; start < wal.length; start += pieceBytes) pages.push(wal.subarray(start, start + pieceBytes));
  return pages.end();
}

async function segmentOf(number: number): Promise<Buffer> {
  const name = `00000001000000000000000${number.toString(16).toUpperCase()}`;
  return unpackedLz4((await capturedObjects()).get(`${walgPrefix}/wal_005/${name}.lz4`) ?? Buffer.alloc(0));
}

describe("WAL segments that PostgreSQL 12 wrote", function () {
  this.timeout("60s");

  it("link to each other record by record, from the first one on", async () => {
    let previous = 0n;
    for (let number = 1; number <= 12; number += 1) {
      const content = read(await segmentOf(number), expected(number));
      assert(content.kind === "wal" && content.wal.last !== undefined);
      const { continues, end, last } = content.wal;
      assert.deepEqual([continues, content.wal.previous, end], [0, previous, { kind: "switch" }]);
      previous = last;
    }
  });

  it("may arrive in pieces of any size", async () => {
    const wal = await segmentOf(1);
    const whole = read(wal, expected(1));
    for (const pieceBytes of [1_000_003, 8191, 8192, 100_000])
      assert.deepEqual(read(wal, expected(1), pieceBytes), whole);
  });
});

const headerBytes = 24;

/** The header of a page with the rest of a record. */
function writePage(wal: Buffer, page: number, missing: number): void {
  wal.writeUInt16LE(0xd101, page);
  wal.writeUInt16LE(1, page + 2);
  wal.writeUInt32LE(1, page + 4);
  wal.writeBigUInt64LE(BigInt(0x100_0000 + page), page + 8);
  wal.writeUInt32LE(missing, page + 16);
}

/** Gives the record at a position of the first page, which goes on through every page, the checksum that it should have. */
function sealLongRecord(wal: Buffer, start: number): void {
  const pieces = [wal.subarray(start, pageBytes)];
  for (let page = pageBytes; page < wal.length; page += pageBytes)
    pieces.push(wal.subarray(page + headerBytes, page + pageBytes));
  const record = Buffer.concat(pieces).subarray(0, wal.readUInt32LE(start));
  wal.writeUInt32LE(crc32c(record.subarray(0, 20), crc32c(record.subarray(24))), start + 20);
}

describe("a WAL segment that is full", () => {
  const recordBytes = 20_000_000;

  it("ends in a record that goes on in the next one", async () => {
    const wal = await segmentOf(1);
    // One record from the first page to beyond the end. Each page says how much of it is left.
    wal.fill(0, 40);
    wal.writeUInt32LE(recordBytes, 40);
    let missing = recordBytes - (pageBytes - 40);
    for (let page = pageBytes; page < wal.length; page += pageBytes) {
      writePage(wal, page, missing);
      missing -= pageBytes - headerBytes;
    }
    const content = read(wal, expected(1));
    const end = { kind: "full", missing };
    const whole = { systemIdentifier, continues: 0, overwrites: false, previous: 0n, last: 0x100_0028n, end };
    assert.deepEqual(content, { kind: "wal", wal: whole });
    wal.writeUInt32LE(missing, pageBytes + 16);
    const cut = read(wal, expected(1));
    assert(cut.kind === "wal");
    const why = "has a page that does not continue the record before it";
    assert.deepEqual(cut.wal.end, { kind: "inside", at: 0x100_0028n, why });
  });
  it("ends in a record whose header goes on in the next one", async () => {
    const wal = await segmentOf(1);
    wal.fill(0, 40);
    // One record up to 16 bytes before the end, and one that begins there.
    const pages = wal.length / pageBytes;
    let missing = wal.length - 16 - 40 - (pages - 1) * headerBytes;
    wal.writeUInt32LE(missing, 40);
    missing -= pageBytes - 40;
    for (let page = pageBytes; page < wal.length; page += pageBytes) {
      writePage(wal, page, missing);
      missing -= pageBytes - headerBytes;
    }
    sealLongRecord(wal, 40);
    wal.writeUInt32LE(300, wal.length - 16);
    const content = read(wal, expected(1));
    assert(content.kind === "wal");
    assert.deepEqual(content.wal.end, { kind: "full", missing: 284 });
    assert.equal(content.wal.last, 0x200_0000n - 16n);
  });
});

describe("a record that was never completed", () => {
  it("is passed over where PostgreSQL replaced it after a crash", async () => {
    const wal = await segmentOf(1);
    wal.fill(0, 40);
    const record = (position: number, length: number, previous: number): void => {
      wal.writeUInt32LE(length, position);
      wal.writeBigUInt64LE(BigInt(previous), position + 8);
      if (position + length <= pageBytes || position > pageBytes) sealRecord(wal, position);
    };
    record(40, 64, 0);
    record(104, 10_000, 0x100_0028);
    writePage(wal, pageBytes, 0);
    wal.writeUInt16LE(8, pageBytes + 2);
    record(pageBytes + headerBytes, 40, 0x100_0028);
    const content = read(wal, expected(1));
    assert(content.kind === "wal");
    const at = BigInt(0x100_0000 + pageBytes + headerBytes + 40);
    assert.deepEqual(content.wal.end, { kind: "inside", at, why: "has no record there" });
    assert.equal(content.wal.last, BigInt(0x100_0000 + pageBytes + headerBytes));
  });
});

faultSuite(89, "a WAL segment that was changed", function () {
  this.timeout("60s");

  it("does not begin without the header that names the database", async () => {
    const wal = await segmentOf(1);
    wal.writeUInt16LE(wal.readUInt16LE(2) & ~2, 2);
    assert.deepEqual(read(wal, expected(1)), { kind: "wrong", why: "does not begin like a segment" });
  });

  it("ends where a page is of an earlier timeline than the page before", async () => {
    const wal = await segmentOf(1);
    const later = { ...expected(1), timeline: 2 };
    assert.equal(read(wal, later).kind, "wal", "all of it is a copy from timeline 1");
    wal.writeUInt32LE(2, 4);
    const content = read(wal, later);
    assert(content.kind === "wal");
    const why = "has WAL of timeline 1 at 0/1002000";
    assert.deepEqual(content.wal.end, { kind: "inside", at: 0x100_2000n, why });
  });

  it("is never taken for the same one, whichever bit of a page's header differs", async () => {
    const wal = await segmentOf(1);
    const whole = read(wal, expected(1));
    assert(whole.kind === "wal" && whole.wal.last !== undefined);
    // Up to the record that switches to the next segment; the bytes behind it are not read.
    const used = Number(whole.wal.last - 0x100_0000n);
    fc.assert(
      fc.property(
        fc.nat({ max: Math.floor(used / 8192) - 1 }),
        fc.nat({ max: 15 }),
        fc.nat({ max: 7 }),
        (page, byte, bit) => {
          const position = page * 8192 + byte;
          const before = wal[position] ?? 0;
          wal[position] = before ^ (1 << bit);
          const content = read(wal, expected(1));
          wal[position] = before;
          // Flags without a meaning here: blocks may be removed; a record was never completed, while none is open.
          if (byte === 2 && (bit === 2 || bit === 3)) return;
          if (content.kind === "wal") assert.equal(content.wal.end.kind, "inside", `${position} ${bit}`);
          else assert.equal(content.kind, "wrong");
        },
      ),
      { numRuns: 25 },
    );
  });
});
