import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { notUnpackedHere, unpacked, unpackSmall, UnrecognisedContent } from "../../../../domain/walg/decompress.ts";
import { DamagedContent } from "../../../../domain/walg/lz4-block.ts";

const text = "1\t0/1A000000\tno recovery target specified\n";
const packed = Buffer.from(
  "04224d186470b92a0000803109302f3141303030303030096e6f207265636f7665727920746172676574207370656369666965640a000000005a7f1cf8",
  "hex",
);

async function small(name: string, content: Uint8Array): Promise<string> {
  return Buffer.from(await unpackSmall(name, content)).toString();
}

function streamed(name: string, ...pieces: Uint8Array[]): Promise<Buffer> {
  return buffer(Readable.from(unpacked(name, Readable.from(pieces))));
}

describe("unpackSmall", () => {
  it("unpacks what WAL-G packs", async () => {
    assert.equal(await small("00000002.history.lz4", packed), text);
    assert.equal(await small("00000002.history.br", brotliCompressSync(text)), text);
    assert.equal(await small("00000002.history.zst", zstdCompressSync(text)), text);
    assert.equal(await small("00000002.history.gz", gzipSync(text)), text);
    assert.equal(await small("00000002.history", Buffer.from(text)), text);
    assert.equal(await small("00000002.history.lz4", new Uint8Array()), "");
    await assert.rejects(small("00000002.history.lzma", Buffer.from(text)), /\.lzma is not read/);
  });

  it("unpacks nothing that is larger than such an object can be", async () => {
    const large = gzipSync(Buffer.alloc(1024 * 1024 + 1));
    await assert.rejects(small("x.gz", large), /larger than such an object can be/);
  });
});

describe("unpacked", () => {
  it("gives the content of every compression that WAL-G and Node have, in pieces of any size", async () => {
    const forms = {
      "": Buffer.from(text),
      ".lz4": packed,
      ".br": brotliCompressSync(text),
      ".zst": zstdCompressSync(text),
      ".gz": gzipSync(text),
    };
    for (const [ending, content] of Object.entries(forms)) {
      const bytes = [...content].map((byte) => Uint8Array.of(byte));
      assert.equal((await streamed(`x${ending}`, ...bytes)).toString(), text, ending);
      assert.equal(notUnpackedHere(`x${ending}`), undefined);
    }
  });

  it("fails for content that is cut, of each compression", async () => {
    for (const [ending, content] of [
      ["lz4", packed],
      ["br", brotliCompressSync(text)],
      ["zst", zstdCompressSync(text)],
      ["gz", gzipSync(text)],
    ] as const)
      for (const length of [content.length - 1, Math.ceil(content.length / 2)])
        await assert.rejects(streamed(`x.${ending}`, content.subarray(0, length)), Error, `${ending} ${length}`);
  });

  it("tells content that does not begin as its name says from damaged content", async () => {
    for (const ending of ["lz4", "zst", "gz"])
      await assert.rejects(streamed(`x.${ending}`, Buffer.from("something else")), UnrecognisedContent);
    await assert.rejects(
      streamed("x.lz4", Buffer.alloc(0)),
      (error) => error instanceof DamagedContent && !(error instanceof UnrecognisedContent),
    );
    const changed = Buffer.from(packed);
    changed[20] = 0;
    await assert.rejects(
      streamed("x.lz4", changed),
      (error) => error instanceof DamagedContent && !(error instanceof UnrecognisedContent),
    );
  });

  it("passes on why nothing arrives", async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield packed.subarray(0, 10);
      await Promise.reject(new Error("the connection broke"));
    };
    for (const name of ["x.lz4", "x", "x.gz"]) {
      const source =
        name === "x.gz"
          ? Readable.from([gzipSync(text).subarray(0, 12)]).map(() => {
              throw new Error("the connection broke");
            })
          : broken();
      await assert.rejects(buffer(Readable.from(unpacked(name, source))), /the connection broke/, name);
    }
  });

  it("ends with an error or with the content, whatever follows a frame's header", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await streamed("x.lz4", Buffer.concat([packed.subarray(0, 7), bytes])).catch((error: unknown) => {
          assert(error instanceof DamagedContent);
        });
      }),
    );
  });
});
