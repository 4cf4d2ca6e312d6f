/** Segments without a hole between them. */
export interface WalRun {
  readonly first: number;
  readonly last: number;
  /** LastModified of the last one: the run holds everything up to this moment, unless the objects were copied. */
  readonly lastModified: number;
}

/** What a listing says about a WAL object: whether PostgreSQL can get a complete segment from it. */
export const segmentStates = ["whole", "empty", "cut", "archived", "tiered"] as const;
/**
 * `empty`: no bytes. `cut`: fewer bytes than a whole segment can have. `archived`: in a storage class from which it has
 * to be restored first. `tiered`: in S3 Intelligent-Tiering, so only a request for the object itself tells.
 */
export type SegmentState = (typeof segmentStates)[number];

/** A WAL object. */
export interface Segment {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly state: SegmentState;
  /** Bytes of the object. */
  readonly size: number;
  readonly ending: WalEnding;
}

/** Endings of the names of WAL objects, by their compression. */
export const walEndings = ["", ".lz4", ".lzma", ".br", ".zst", ".lzo", ".gz"] as const;
export type WalEnding = (typeof walEndings)[number];

/** Segments of one block, side by side: an archive of 100,000 segments takes about two megabytes. */
const blockLength = 256;

interface Block {
  readonly modified: Float64Array;
  /** 0: not there; else the index of its state, plus 1. */
  readonly states: Uint8Array;
  readonly sizes: Uint32Array;
  /** Index of the ending. */
  readonly endings: Uint8Array;
}

/** The segments of one timeline, added in any order. */
export class SegmentTable {
  readonly #blocks = new Map<number, Block>();

  /** The first object of a segment counts; WAL-G may have left a second one, with another compression. */
  add({ number, modified, state, size, ending }: Segment): void {
    const index = Math.floor(number / blockLength);
    const block = this.#blocks.get(index) ?? {
      modified: new Float64Array(blockLength),
      states: new Uint8Array(blockLength),
      sizes: new Uint32Array(blockLength),
      endings: new Uint8Array(blockLength),
    };
    this.#blocks.set(index, block);
    const slot = number % blockLength;
    if (block.states[slot] !== 0) return;
    block.modified[slot] = modified;
    block.states[slot] = segmentStates.indexOf(state) + 1;
    block.sizes[slot] = size;
    block.endings[slot] = walEndings.indexOf(ending);
  }

  /** Corrects the state of a segment that is there. */
  settle(number: number, state: SegmentState): void {
    const block = this.#blocks.get(Math.floor(number / blockLength));
    const slot = number % blockLength;
    if (block !== undefined && block.states[slot] !== 0) block.states[slot] = segmentStates.indexOf(state) + 1;
  }

  has(number: number): boolean {
    return (this.#blocks.get(Math.floor(number / blockLength))?.states[number % blockLength] ?? 0) !== 0;
  }

  /** The segments between two numbers, both included, in rising order. */
  *between(first: number, last: number): Generator<Segment> {
    for (const [index, block] of this.#inOrder()) {
      const start = index * blockLength;
      if (start > last || start + blockLength <= first) continue;
      for (let slot = Math.max(0, first - start); slot < blockLength && start + slot <= last; slot += 1) {
        const segment = segmentIn(block, start, slot);
        if (segment !== undefined) yield segment;
      }
    }
  }

  /** The same in falling order. */
  *backward(first: number, last: number): Generator<Segment> {
    for (const [index, block] of this.#inOrder().reverse()) {
      const start = index * blockLength;
      if (start > last || start + blockLength <= first) continue;
      for (let slot = Math.min(blockLength - 1, last - start); slot >= 0 && start + slot >= first; slot -= 1) {
        const segment = segmentIn(block, start, slot);
        if (segment !== undefined) yield segment;
      }
    }
  }

  /** The segments as runs without a hole, in rising order. */
  runs(): WalRun[] {
    const runs: WalRun[] = [];
    for (const { number, modified } of this.between(0, Number.MAX_SAFE_INTEGER)) {
      const newest = runs.at(-1);
      if (newest?.last === number - 1)
        runs[runs.length - 1] = { first: newest.first, last: number, lastModified: modified };
      else runs.push({ first: number, last: number, lastModified: modified });
    }
    return runs;
  }

  #inOrder(): [number, Block][] {
    return [...this.#blocks].toSorted(([a], [b]) => a - b);
  }
}

/** The segment at a place of a block; undefined when there is none. */
function segmentIn({ modified, states, sizes, endings }: Block, start: number, slot: number): Segment | undefined {
  const state = segmentStates[(states[slot] ?? 0) - 1];
  if (state === undefined) return undefined;
  const ending = walEndings[endings[slot] ?? 0] ?? "";
  return { number: start + slot, modified: modified[slot] ?? 0, state, size: sizes[slot] ?? 0, ending };
}
