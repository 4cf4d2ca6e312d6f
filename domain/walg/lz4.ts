import { DamagedContent, unpackBlock } from "./lz4-block.ts";
import { xxh32, Xxh32 } from "./xxh32.ts";

const frameMagic = 0x184d2204;
/** Set in the size of a block that is stored as it is. */
const storedFlag = 0x8000_0000;
/** The largest block by its code in the frame's descriptor (lz4_Frame_format.md). */
const blockBytes: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };
/** How far back a copy may reach. */
const windowBytes = 65_536;

/** What the descriptor of a frame says. */
interface Frame {
  readonly blockBytes: number;
  /** Whether a block may copy from the one before. */
  readonly linked: boolean;
  readonly blockChecksums: boolean;
  readonly contentChecksum: boolean;
  /** Bytes of the whole content; undefined when the frame does not say. */
  readonly contentBytes: bigint | undefined;
}

/** What comes next in the input. */
type Step = "frame" | "block" | "end";

/**
 * Unpacks LZ4 frames whose bytes arrive piece by piece, and compares every checksum that they have. It holds one packed
 * and one unpacked block, of at most 4 MiB each. WAL-G's frames have independent blocks and a checksum of the content.
 *
 * @throws DamagedContent from every method.
 */
export class Lz4Decoder {
  readonly #input = new Pieces();
  #step: Step = "frame";
  #frame: Frame | undefined;
  #hash = new Xxh32();
  #unpacked = 0n;
  /** The end of the block before, for linked blocks. */
  #window = new Uint8Array(0);
  #frames = 0;

  /** The blocks that are complete with these bytes. Each is a piece of memory of its own. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    this.#input.add(bytes);
    for (;;) {
      switch (this.#step) {
        case "frame":
          if (!this.#readFrame()) return;
          break;
        case "block": {
          const block = this.#readBlock();
          if (block === undefined) return;
          if (block.length > 0) yield block;
          break;
        }
        case "end":
          if (!this.#readEnd()) return;
          break;
      }
    }
  }

  /** To be called after the last bytes. */
  end(): void {
    if (this.#step !== "frame" || this.#input.length > 0 || this.#frames === 0)
      throw new DamagedContent("the LZ4 frame is cut");
  }

  #readFrame(): boolean {
    const start = this.#input.peek(6);
    if (start === undefined) return false;
    if (start.getUint32(0, true) !== frameMagic) throw new DamagedContent("not an LZ4 frame");
    const [flags, sizes] = [start.getUint8(4), start.getUint8(5)];
    const hasContentSize = (flags & 0x08) !== 0;
    const length = 7 + (hasContentSize ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0);
    const header = this.#input.peek(length);
    if (header === undefined) return false;
    const descriptor = new Uint8Array(header.buffer, header.byteOffset + 4, length - 5);
    if (flags >> 6 !== 1 || ((xxh32(descriptor) >>> 8) & 0xff) !== header.getUint8(length - 1))
      throw new DamagedContent("the header of the LZ4 frame is damaged");
    const largest = blockBytes[(sizes >> 4) & 7];
    if (largest === undefined) throw new DamagedContent("the header of the LZ4 frame is damaged");
    this.#frame = {
      blockBytes: largest,
      linked: (flags & 0x20) === 0,
      blockChecksums: (flags & 0x10) !== 0,
      contentChecksum: (flags & 0x04) !== 0,
      contentBytes: hasContentSize ? header.getBigUint64(6, true) : undefined,
    };
    this.#input.take(length);
    this.#hash = new Xxh32();
    this.#unpacked = 0n;
    this.#window = new Uint8Array(0);
    this.#frames += 1;
    this.#step = "block";
    return true;
  }

  /** The next block; without content at the end of the frame; undefined when it is not complete yet. */
  #readBlock(): Uint8Array | undefined {
    const frame = this.#frame;
    const head = this.#input.peek(4);
    if (frame === undefined || head === undefined) return undefined;
    const size = head.getUint32(0, true);
    if (size === 0) {
      this.#input.take(4);
      this.#step = "end";
      return new Uint8Array(0);
    }
    const length = size % storedFlag;
    if (length > frame.blockBytes) throw new DamagedContent("a block of the LZ4 frame is longer than allowed");
    const checksum = frame.blockChecksums ? 4 : 0;
    if (this.#input.length < 4 + length + checksum) return undefined;
    this.#input.take(4);
    const packed = this.#input.take(length);
    if (frame.blockChecksums && xxh32(packed) !== this.#takeNumber())
      throw new DamagedContent("a block of the LZ4 frame has a wrong checksum");
    const block = size >= storedFlag ? packed.slice() : this.#unpack(packed, frame);
    this.#unpacked += BigInt(block.length);
    if (frame.contentChecksum) this.#hash.update(block);
    if (frame.linked) this.#window = joined(this.#window, block).slice(-windowBytes);
    return block;
  }

  #unpack(packed: Uint8Array, frame: Frame): Uint8Array {
    const before = frame.linked ? this.#window.length : 0;
    const output = Buffer.allocUnsafeSlow(before + frame.blockBytes);
    output.set(this.#window.subarray(0, before));
    return output.subarray(before, unpackBlock(packed, output, before));
  }

  #readEnd(): boolean {
    const frame = this.#frame;
    if (frame === undefined || this.#input.length < (frame.contentChecksum ? 4 : 0)) return false;
    if (frame.contentChecksum && this.#hash.digest() !== this.#takeNumber())
      throw new DamagedContent("the content of the LZ4 frame has a wrong checksum");
    if (frame.contentBytes !== undefined && frame.contentBytes !== this.#unpacked)
      throw new DamagedContent("the content of the LZ4 frame has another size than its header says");
    this.#step = "frame";
    return true;
  }

  #takeNumber(): number {
    const bytes = this.#input.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }
}

/** Bytes that have arrived and were not used yet. */
class Pieces {
  #pieces: Uint8Array[] = [];
  length = 0;

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  /** The next bytes, which stay; undefined when there are not as many. */
  peek(count: number): DataView | undefined {
    if (this.length < count) return undefined;
    const bytes = this.#first(count);
    return new DataView(bytes.buffer, bytes.byteOffset, count);
  }

  /** The next bytes, of which there must be as many. */
  take(count: number): Uint8Array {
    const bytes = this.#first(count);
    const rest = this.#pieces[0]?.subarray(count) ?? new Uint8Array(0);
    if (rest.length > 0) this.#pieces[0] = rest;
    else this.#pieces.shift();
    this.length -= count;
    return bytes.subarray(0, count);
  }

  /** The first piece, after as many were joined as are needed for so many bytes. */
  #first(count: number): Uint8Array {
    const [first = new Uint8Array(0)] = this.#pieces;
    if (first.length >= count) return first;
    const joinedPieces = Buffer.concat(this.#pieces);
    this.#pieces = [joinedPieces];
    return joinedPieces;
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  return one.length === 0 ? other : Buffer.concat([one, other]);
}
