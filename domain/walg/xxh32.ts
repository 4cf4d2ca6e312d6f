const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const prime4 = 0x27d4eb2f;
const prime5 = 0x165667b1;

/** Bytes that are mixed in one step. */
const stripeBytes = 16;

/** The checksum of LZ4 frames: xxHash with 32 bits and the seed 0 (xxhash_spec.md), of bytes that arrive piece by piece. */
export class Xxh32 {
  #a = (prime1 + prime2) | 0;
  #b = prime2 | 0;
  #c = 0;
  #d = -prime1 | 0;
  #total = 0;
  /** The beginning of a stripe that is not complete yet. */
  readonly #rest = new Uint8Array(stripeBytes);
  #restBytes = 0;

  update(bytes: Uint8Array): void {
    this.#total += bytes.length;
    let position = 0;
    if (this.#restBytes > 0) {
      position = Math.min(stripeBytes - this.#restBytes, bytes.length);
      this.#rest.set(bytes.subarray(0, position), this.#restBytes);
      this.#restBytes += position;
      if (this.#restBytes < stripeBytes) return;
      this.#mix(this.#rest, 0, stripeBytes);
    }
    const end = position + Math.floor((bytes.length - position) / stripeBytes) * stripeBytes;
    this.#mix(bytes, position, end);
    this.#rest.set(bytes.subarray(end));
    this.#restBytes = bytes.length - end;
  }

  /** The checksum as an unsigned integer. Nothing may be added afterwards. */
  digest(): number {
    let hash = this.#total < stripeBytes ? prime5 : this.#joined();
    hash = (hash + this.#total) | 0;
    const view = new DataView(this.#rest.buffer);
    let position = 0;
    for (; position + 4 <= this.#restBytes; position += 4) {
      hash = (hash + Math.imul(view.getUint32(position, true), prime3)) | 0;
      hash = Math.imul(rotated(hash, 17), prime4);
    }
    for (; position < this.#restBytes; position += 1) {
      hash = (hash + Math.imul(view.getUint8(position), prime5)) | 0;
      hash = Math.imul(rotated(hash, 11), prime1);
    }
    hash = Math.imul(hash ^ (hash >>> 15), prime2);
    hash = Math.imul(hash ^ (hash >>> 13), prime3);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #joined(): number {
    return (rotated(this.#a, 1) + rotated(this.#b, 7) + rotated(this.#c, 12) + rotated(this.#d, 18)) | 0;
  }

  #mix(bytes: Uint8Array, from: number, end: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d];
    for (let position = from; position < end; position += stripeBytes) {
      a = round(a, view.getUint32(position, true));
      b = round(b, view.getUint32(position + 4, true));
      c = round(c, view.getUint32(position + 8, true));
      d = round(d, view.getUint32(position + 12, true));
    }
    [this.#a, this.#b, this.#c, this.#d] = [a, b, c, d];
  }
}

function round(accumulator: number, lane: number): number {
  return Math.imul(rotated((accumulator + Math.imul(lane, prime2)) | 0, 13), prime1);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** @example xxh32(Buffer.from("abc"))  // → 0x32d153ff */
export function xxh32(bytes: Uint8Array): number {
  const hash = new Xxh32();
  hash.update(bytes);
  return hash.digest();
}
