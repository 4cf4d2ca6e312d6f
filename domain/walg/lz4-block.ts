/** An object's content is not what its name says: cut, or changed. */
export class DamagedContent extends Error {}

/**
 * Unpacks one block (lz4_Block_format.md): literals, and copies of what was put out before.
 *
 * @param output has the bytes before `start` already, from which the block may copy.
 * @returns where the output ends.
 */
export function unpackBlock(packed: Uint8Array, output: Uint8Array, start: number): number {
  const input = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const end = packed.length;
  let [from, to] = [0, start];
  try {
    while (from < end) {
      const token = input.getUint8(from);
      from += 1;
      let literals = token >> 4;
      if (literals === 15) {
        let more = 255;
        for (; more === 255; from += 1, literals += more) more = input.getUint8(from);
      }
      if (literals > 0) {
        copyLiterals(packed, from, output, to, literals);
        from += literals;
        to += literals;
        // The last sequence of a block has literals alone.
        if (from >= end) break;
      }
      const offset = input.getUint16(from, true);
      from += 2;
      let length = token & 15;
      if (length === 15) {
        let more = 255;
        for (; more === 255; from += 1, length += more) more = input.getUint8(from);
      }
      length += 4;
      if (offset === 0 || offset > to || to + length > output.length)
        throw new DamagedContent("a block of the LZ4 frame is damaged");
      copyWithin(output, to, offset, length);
      to += length;
    }
  } catch (error) {
    // A length or position that leads out of the block.
    if (error instanceof RangeError) throw new DamagedContent("a block of the LZ4 frame is damaged");
    throw error;
  }
  if (from !== end) throw new DamagedContent("a block of the LZ4 frame is damaged");
  return to;
}

/** Below this, one byte after the other is faster than a call. */
const shortCopy = 48;

/** @throws RangeError when there are not as many, or no room for them. */
function copyLiterals(packed: Uint8Array, from: number, output: Uint8Array, to: number, count: number): void {
  if (from + count > packed.length || to + count > output.length) throw new RangeError("beyond the end");
  if (count > shortCopy) output.set(packed.subarray(from, from + count), to);
  else for (let index = 0; index < count; index += 1) output[to + index] = packed[from + index] ?? 0;
}

/** Copies bytes of the output to its end. They may overlap, which repeats them. */
function copyWithin(output: Uint8Array, to: number, offset: number, length: number): void {
  if (length <= shortCopy) {
    for (let position = to; position < to + length; position += 1) output[position] = output[position - offset] ?? 0;
    return;
  }
  // Each copy doubles what can be copied without an overlap.
  let copied = 0;
  for (let available = offset; copied < length; available = offset + copied) {
    const count = Math.min(available, length - copied);
    output.copyWithin(to + copied, to - offset, to - offset + count);
    copied += count;
  }
}
