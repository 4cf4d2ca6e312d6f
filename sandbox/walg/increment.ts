import { open } from "node:fs/promises";

/** Page size of PostgreSQL. */
const pageBytes = 8192;
/** Opens each increment: WAL-G's own form, version 1. */
const magic = Buffer.from("wi1U", "latin1");
const fixedBytes = magic.length + 8 + 4;

/**
 * Whether WAL-G stores only changed pages of the file.
 *
 * @param path below the data directory, such as /base/13396/16384.
 */
export function isPaged(path: string, size: number): boolean {
  const inDatabase = path.startsWith("/base/") || path.startsWith("/global/") || path.startsWith("/pg_tblspc/");
  return inDatabase && size > 0 && size % pageBytes === 0 && /\/\d+(\.\d+)?$/.test(path);
}

/**
 * The increment of a file: its size, the numbers of the pages that changed since a position in the WAL, and these pages.
 *
 * @throws Error if a page is neither valid nor empty.
 */
export function incrementOf(content: Buffer, since: bigint): Buffer {
  const changed: number[] = [];
  for (let block = 0; (block + 1) * pageBytes <= content.length; block++)
    if (pageChanged(content.subarray(block * pageBytes, (block + 1) * pageBytes), block, since)) changed.push(block);
  const header = Buffer.alloc(fixedBytes + 4 * changed.length);
  magic.copy(header);
  header.writeBigUInt64LE(BigInt(content.length), 4);
  header.writeUInt32LE(changed.length, 12);
  changed.forEach((block, index) => header.writeUInt32LE(block, fixedBytes + 4 * index));
  const pages = changed.map((block) => content.subarray(block * pageBytes, (block + 1) * pageBytes));
  return Buffer.concat([header, ...pages]);
}

/** A page that was never written counts as changed. */
function pageChanged(page: Buffer, block: number, since: bigint): boolean {
  const [lower, upper, special, sizeAndVersion] = [12, 14, 16, 18].map((offset) => page.readUInt16LE(offset));
  if (page.subarray(0, 24).every((byte) => byte === 0)) return true;
  const lsn = (BigInt(page.readUInt32LE(0)) << 32n) + BigInt(page.readUInt32LE(4));
  const [low = 0, high = 0, end = 0, size = 0] = [lower, upper, special, sizeAndVersion];
  const valid = lsn !== 0n && size === pageBytes + 4 && low >= 24 && low <= high && high <= end && end <= pageBytes;
  if (!valid) throw new Error(`invalid block ${block}`);
  return lsn >= since;
}

/**
 * Writes the changed pages into the file, and gives it the size it had.
 *
 * @throws Error if the content is no increment, or if the file does not exist.
 */
export async function applyIncrement(file: string, increment: Buffer): Promise<void> {
  if (!increment.subarray(0, magic.length).equals(magic)) throw new Error("Invalid increment file header");
  const size = Number(increment.readBigUInt64LE(4));
  const count = increment.readUInt32LE(12);
  const pages = fixedBytes + 4 * count;
  if (increment.length !== pages + count * pageBytes) throw new Error("Expected end of Tar");
  const handle = await open(file, "r+");
  try {
    await handle.truncate(size);
    for (let index = 0; index < count; index++) {
      const block = increment.readUInt32LE(fixedBytes + 4 * index);
      await handle.write(increment, pages + index * pageBytes, pageBytes, block * pageBytes);
    }
  } finally {
    await handle.close();
  }
}
