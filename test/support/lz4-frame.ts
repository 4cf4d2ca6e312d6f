import { xxh32 } from "../../domain/walg/xxh32.ts";

const blockBytes = 4 * 1024 * 1024;

/** An LZ4 frame with the same header as WAL-G's, whose blocks are not packed. */
export function lz4Frame(content: Uint8Array): Buffer {
  const pieces: Uint8Array[] = [Buffer.from("04224d186470b9", "hex")];
  for (let start = 0; start < content.length; start += blockBytes) {
    const block = content.subarray(start, start + blockBytes);
    pieces.push(number(block.length + 0x8000_0000), block);
  }
  return Buffer.concat([...pieces, number(0), number(xxh32(content))]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
