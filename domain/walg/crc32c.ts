/** Reversed polynomial of Castagnoli. */
const polynomial = 0x82f63b78;
/** Bytes that are looked up in one step. */
const stride = 8;

/** `tables[n]`: what a byte does to the checksum when n bytes follow it. */
const tables = [Int32Array.from({ length: 256 }, (_, byte) => divided(byte))];
for (let table = 1; table < stride; table += 1) {
  const before = tables[table - 1] ?? new Int32Array(256);
  tables.push(before.map((sum) => (sum >>> 8) ^ entry(0, sum & 0xff)));
}

function divided(byte: number): number {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 1 ? (sum >>> 1) ^ polynomial : sum >>> 1;
  return sum;
}

function entry(table: number, byte: number): number {
  return tables[table]?.[byte] ?? 0;
}

/**
 * CRC-32C, with which PostgreSQL protects WAL records (Node's `zlib.crc32` has another polynomial).
 *
 * @param before the checksum of the bytes before these. Default: there are none.
 * @example crc32c(Buffer.from("123456789"))  // → 0xe3069283
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = ~before;
  let position = 0;
  for (; position + stride <= bytes.length; position += stride) {
    const low = sum ^ view.getUint32(position, true);
    const high = view.getUint32(position + 4, true);
    sum =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24);
  }
  for (; position < bytes.length; position += 1) sum = (sum >>> 8) ^ entry(0, (sum ^ view.getUint8(position)) & 0xff);
  return ~sum >>> 0;
}
