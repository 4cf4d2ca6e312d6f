import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createZstdDecompress } from "node:zlib";
import { DamagedContent } from "./lz4-block.ts";
import { Lz4Decoder } from "./lz4.ts";

/** More than a small object, such as a history file, ever has. */
const smallBytes = 1024 * 1024;

/** The first bytes of each compression that has any of its own. */
const beginnings: Readonly<Record<string, readonly number[]>> = {
  lz4: [0x04, 0x22, 0x4d, 0x18],
  zst: [0x28, 0xb5, 0x2f, 0xfd],
  gz: [0x1f, 0x8b],
};
const longestBeginning = 4;

/** An object does not begin as its name says: WAL-G has encrypted it, or it is damaged. */
export class UnrecognisedContent extends DamagedContent {}

/** Compressions that WAL-G has and Node has not. */
const notUnpacked = ["lzma", "lzo"];

/** Why an object cannot be unpacked here; undefined when it can. @example notUnpackedHere("x.lzma")  // → ".lzma is not read" */
export function notUnpackedHere(name: string): string | undefined {
  const ending = endingOf(name);
  return notUnpacked.includes(ending) ? `.${ending} is not read` : undefined;
}

/**
 * The content of a small object of WAL-G, by the ending of its name (wal-g internal/compression).
 *
 * @throws Error when the content is damaged, encrypted, too large, or of a compression that Node does not have (lzma, lzo).
 */
export async function unpackSmall(name: string, content: Uint8Array): Promise<Uint8Array> {
  if (content.length === 0) return content;
  const reason = notUnpackedHere(name);
  if (reason !== undefined) throw new Error(reason);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of unpacked(name, Readable.from([content]))) {
    bytes += piece.length;
    if (bytes > smallBytes) throw new DamagedContent("larger than such an object can be");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/**
 * The content of an object of any size, unpacked as it arrives.
 *
 * @throws UnrecognisedContent, DamagedContent or an error of zlib for the content, and whatever `packed` throws.
 */
export async function* unpacked(name: string, packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const ending = endingOf(name);
  const source = recognised(packed, beginnings[ending] ?? []);
  switch (ending) {
    case "lz4":
      yield* lz4Blocks(source);
      break;
    case "br":
      yield* throughZlib(source, createBrotliDecompress());
      break;
    case "zst":
      yield* throughZlib(source, createZstdDecompress());
      break;
    case "gz":
      yield* throughZlib(source, createGunzip());
      break;
    default:
      yield* source;
  }
}

/** The same bytes, once the first ones are those that they should be. */
async function* recognised(
  packed: AsyncIterable<Uint8Array>,
  beginning: readonly number[],
): AsyncGenerator<Uint8Array> {
  let first: Uint8Array | undefined = new Uint8Array(0);
  for await (const bytes of packed) {
    if (first === undefined) {
      yield bytes;
      continue;
    }
    first = first.length === 0 ? bytes : Buffer.concat([first, bytes]);
    if (first.length < longestBeginning) continue;
    recognise(first, beginning);
    yield first;
    first = undefined;
  }
  if (first === undefined) return;
  if (first.length === 0) throw new DamagedContent("it has no content");
  recognise(first, beginning);
  yield first;
}

function recognise(bytes: Uint8Array, beginning: readonly number[]): void {
  if (beginning.some((byte, index) => bytes[index] !== byte)) throw new UnrecognisedContent("not as its name says");
}

async function* lz4Blocks(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = new Lz4Decoder();
  for await (const bytes of packed) yield* decoder.push(bytes);
  decoder.end();
}

async function* throughZlib(
  packed: AsyncIterable<Uint8Array>,
  unpack: NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const fed = pipeline(packed, unpack);
  // The loop throws the same error.
  fed.catch(() => undefined);
  yield* unpack;
  await fed;
}

function endingOf(name: string): string {
  return /\.([a-z0-9]+)$/.exec(name)?.[1] ?? "";
}
