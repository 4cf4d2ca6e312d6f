import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { crc32c } from "../../../../domain/walg/crc32c.ts";
import { DamagedContent } from "../../../../domain/walg/lz4-block.ts";
import { Lz4Decoder } from "../../../../domain/walg/lz4.ts";
import { xxh32, Xxh32 } from "../../../../domain/walg/xxh32.ts";
import { capturedObjects } from "../../../support/captured-bucket.ts";
import { faultSuite } from "../../../support/fault-test.ts";
import { lz4Frame } from "../../../support/lz4-frame.ts";

const frames = JSON.parse(
  readFileSync(new URL("../../../fixtures/walg/lz4-frames.json", import.meta.url), "utf8"),
) as Record<"linked" | "separate", string>;
const linked = Buffer.from(frames.linked, "base64");
const separate = Buffer.from(frames.separate, "base64");
const rows = Array.from({ length: 6000 }, (_, i) => `row ${((i * i) % 97).toString().padStart(5, "0")} of the table; `);
const content = Buffer.from(rows.join(""));

function unpacked(...pieces: readonly Uint8Array[]): Buffer {
  const decoder = new Lz4Decoder();
  const blocks = pieces.flatMap((piece) => [...decoder.push(piece)]);
  decoder.end();
  return Buffer.concat(blocks);
}

function changed(frame: Uint8Array, position: number, bits: number): Buffer {
  const copy = Buffer.from(frame);
  copy[position] = (copy[position] ?? 0) ^ bits;
  return copy;
}

/** Whether a changed frame is accepted. A copy from another place may give the same content, which is no damage. */
function readAsSomethingElse(frame: Uint8Array): boolean {
  try {
    return !unpacked(frame).equals(content);
  } catch (error) {
    assert(error instanceof DamagedContent);
    return false;
  }
}

describe("LZ4 frames", function () {
  this.timeout("60s");

  it("of the lz4 program are unpacked, with blocks that depend on each other and that do not", () => {
    assert(unpacked(linked).equals(content));
    assert(unpacked(separate).equals(content));
  });

  it("of WAL-G are unpacked: their checksum covers every byte", async () => {
    const objects = await capturedObjects();
    let bytes = 0;
    for (const [key, object] of objects) if (/(tar|[0-9A-F]{24})\.lz4$/.test(key)) bytes += unpacked(object).length;
    // By `lz4 -dc`: 12 segments, and 9 tar files.
    assert.equal(bytes, 12 * 16 * 1024 * 1024 + 51_300_352);
  });

  it("may arrive in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: linked.length }), { maxLength: 20 }), (cuts) => {
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), linked.length];
        const pieces = bounds.slice(1).map((end, index) => linked.subarray(bounds[index], end));
        assert(unpacked(...pieces).equals(content));
      }),
    );
  });

  it("may follow each other", () => {
    assert(unpacked(linked, separate).equals(Buffer.concat([content, content])));
  });

  it("may hold blocks that are not packed, and nothing", () => {
    assert(unpacked(lz4Frame(content)).equals(content));
    assert.equal(unpacked(lz4Frame(Buffer.alloc(0))).length, 0);
  });

  it("repeat bytes that were just put out", () => {
    // Token: 3 literals and a copy of 9 bytes from 3 back; then 1 literal alone.
    const block = Buffer.from([0x35, 97, 98, 99, 3, 0, 0x10, 33]);
    const header = Buffer.from("04224d18604082", "hex");
    const frame = Buffer.concat([header, Buffer.from([block.length, 0, 0, 0]), block, Buffer.alloc(4)]);
    assert.equal(unpacked(frame).toString(), "abcabcabcabc!");
  });
});

faultSuite(88, "an LZ4 frame that is damaged", function () {
  this.timeout("60s");

  it("is refused, wherever it is cut", () => {
    for (const frame of [linked, separate, lz4Frame(Buffer.from("some text"))])
      for (let length = 0; length < frame.length; length += 1)
        assert.throws(() => unpacked(frame.subarray(0, length)), DamagedContent, `${length} of ${frame.length}`);
  });

  it("is refused, whichever bit is changed", () => {
    for (const frame of [linked, separate]) {
      fc.assert(
        fc.property(fc.nat({ max: frame.length - 1 }), fc.nat({ max: 7 }), (position, bit) => {
          assert.equal(readAsSomethingElse(changed(frame, position, 1 << bit)), false);
        }),
        { numRuns: 500 },
      );
    }
  });

  it("is refused when the size of its content is another than its header says", () => {
    // A content of one byte less, with the header's own checksum.
    const frame = Buffer.from(linked);
    frame.writeBigUInt64LE(BigInt(content.length - 1), 6);
    frame[14] = (xxh32(frame.subarray(4, 14)) >>> 8) & 0xff;
    assert.throws(() => unpacked(frame), /another size than its header says/);
  });

  /** A frame without a checksum of its content, whose header is right. */
  function frameOf(flags: number, ...blocks: Uint8Array[]): Buffer {
    const descriptor = Buffer.from([flags, 0x40]);
    const header = Buffer.from([0x04, 0x22, 0x4d, 0x18, ...descriptor, (xxh32(descriptor) >>> 8) & 0xff]);
    return Buffer.concat([header, ...blocks, Buffer.alloc(4)]);
  }

  function blockOf(bytes: Uint8Array, checksum?: number): Buffer {
    const block = Buffer.alloc(4 + bytes.length + (checksum === undefined ? 0 : 4));
    block.writeUInt32LE(bytes.length);
    block.set(bytes, 4);
    if (checksum !== undefined) block.writeUInt32LE(checksum, 4 + bytes.length);
    return block;
  }

  it("is refused when only a block has a checksum, and it is wrong", () => {
    const literals = Buffer.from([0x30, 97, 98, 99]);
    assert.equal(unpacked(frameOf(0x70, blockOf(literals, xxh32(literals)))).toString(), "abc");
    assert.throws(() => unpacked(frameOf(0x70, blockOf(literals, 1))), /a block of the LZ4 frame has a wrong checksum/);
  });

  it("is refused when it is of another version, or has a block that is too long", () => {
    const literals = blockOf(Buffer.from([0x30, 97, 98, 99]));
    assert.equal(unpacked(frameOf(0x60, literals)).toString(), "abc");
    assert.throws(() => unpacked(frameOf(0xa0, literals)), /the header of the LZ4 frame is damaged/);
    assert.throws(() => unpacked(frameOf(0x60, blockOf(Buffer.alloc(65_537)))), /longer than allowed/);
  });

  it("is refused when a copy leads out of the content, and no checksum shows it", () => {
    const copies = { "from nowhere": [0, 0], "from before the beginning": [4, 0] };
    for (const [what, offset] of Object.entries(copies)) {
      const block = blockOf(Buffer.from([0x30, 97, 98, 99, ...offset, 0x10, 33]));
      assert.throws(() => unpacked(frameOf(0x60, block)), /a block of the LZ4 frame is damaged/, what);
    }
    // One literal, and a copy of 66,000 bytes, where a block has 65,536.
    const long = Buffer.from([0x1f, 97, 1, 0, ...Array<number>(258).fill(255), 0, 0x10, 33]);
    assert.throws(() => unpacked(frameOf(0x60, blockOf(long))), /a block of the LZ4 frame is damaged/);
  });

  it("is refused for what follows it", () => {
    assert.throws(() => unpacked(separate, Buffer.from("x")), /is cut/);
    assert.throws(() => unpacked(separate, Buffer.from("something")), /not an LZ4 frame/);
  });
});

describe("checksums", () => {
  it("are those of the specifications", () => {
    assert.equal(xxh32(Buffer.alloc(0)), 0x02cc5d05);
    assert.equal(xxh32(Buffer.from("abc")), 0x32d153ff);
    assert.equal(xxh32(Buffer.from("Nobody inspects the spammish repetition")), 0xe2293b2f);
    assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
    assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  });

  it("do not depend on the pieces in which bytes arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        const hash = new Xxh32();
        for (const piece of pieces) hash.update(piece);
        assert.equal(hash.digest(), xxh32(Buffer.concat(pieces)));
        assert.equal(
          pieces.reduce((sum, piece) => crc32c(piece, sum), 0),
          crc32c(Buffer.concat(pieces)),
        );
      }),
    );
  });
});
