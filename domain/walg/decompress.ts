import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

/** Small texts only, such as history files. */
const outputLimit = 1024 * 1024;

/**
 * The content of a small object of WAL-G, by the ending of its name (wal-g internal/compression).
 *
 * @throws Error when the content is damaged, encrypted, or of a compression that Node does not have (lzma, lzo).
 */
export function decompress(name: string, content: Uint8Array): Uint8Array {
  if (content.length === 0) return content;
  const ending = /\.([a-z0-9]+)$/.exec(name)?.[1] ?? "";
  const limits = { maxOutputLength: outputLimit };
  switch (ending) {
    case "lz4":
      return lz4Frame(content);
    case "br":
      return brotliDecompressSync(content, limits);
    case "zst":
      return zstdDecompressSync(content, limits);
    case "gz":
      return gunzipSync(content, limits);
    case "lzma":
    case "lzo":
      throw new Error(`.${ending} cannot be unpacked here`);
    default:
      return content;
  }
}

const frameMagic = 0x184d2204;
const notCompressed = 0x8000_0000;

/** An LZ4 frame (lz4_Frame_format.md). Its checksums are not looked at. */
function lz4Frame(content: Uint8Array): Uint8Array {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < 7 || view.getUint32(0, true) !== frameMagic) throw new Error("not an LZ4 frame");
  const flags = content[4] ?? 0;
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0;
  let position = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0);
  const output: number[] = [];
  for (;;) {
    if (position + 4 > content.length) throw new Error("the LZ4 frame is truncated");
    const size = view.getUint32(position, true);
    position += 4;
    if (size === 0) return Uint8Array.from(output);
    const length = size & ~notCompressed;
    const block = content.subarray(position, position + length);
    if (block.length < length) throw new Error("the LZ4 frame is truncated");
    if (size >= notCompressed) output.push(...block);
    else lz4Block(block, output);
    if (output.length > outputLimit) throw new Error("larger than such an object can be");
    position += length + blockChecksum;
  }
}

/** An LZ4 block (lz4_Block_format.md): literals, and copies of what was put out before. */
function lz4Block(block: Uint8Array, output: number[]): void {
  let position = 0;
  const byte = (): number => {
    const value = block[position];
    if (value === undefined) throw new Error("the LZ4 block is truncated");
    position += 1;
    return value;
  };
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble === 15) {
      let more: number;
      do {
        more = byte();
        total += more;
      } while (more === 255);
    }
    return total;
  };
  while (position < block.length) {
    const token = byte();
    for (let left = length(token >> 4); left > 0; left -= 1) output.push(byte());
    // The last sequence of a block has literals alone.
    if (position === block.length) return;
    const offset = byte() | (byte() << 8);
    if (offset === 0 || offset > output.length) throw new Error("the LZ4 block is damaged");
    for (let left = length(token & 15) + 4; left > 0; left -= 1) {
      if (output.length > outputLimit) throw new Error("larger than such an object can be");
      output.push(output[output.length - offset] ?? 0);
    }
  }
}
