import { crc32c } from "./crc32c.ts";

/** Size of the header of a record, and the part of it that its checksum covers (xlogrecord.h). */
const headerBytes = 24;
const coveredBytes = 20;
/** Records begin at multiples of it. */
const alignment = 8;
/** The record after which PostgreSQL goes on with the next segment: resource manager and `xl_info`. */
const switchRecord = { manager: 0, info: 0x40 } as const;

/** How the WAL leaves a segment. */
export type SegmentEnd =
  /** Its last record goes on in the next one, with so many bytes. */
  | { readonly kind: "full"; readonly missing: number }
  /** PostgreSQL left it early (`pg_switch_wal`, `archive_timeout`, a backup's end), and goes on with the next one. */
  | { readonly kind: "switch" }
  /** PostgreSQL finds no further record from a position on, and takes it for the end of the WAL. */
  | { readonly kind: "inside"; readonly at: bigint; readonly why: string };

/** A page, as its header describes it. */
export interface PageOfRecords {
  /** Position in the WAL. */
  readonly address: bigint;
  readonly isFirst: boolean;
  readonly headerBytes: number;
  /** Bytes that are left, from this page on, of a record that began before; undefined when it continues none. */
  readonly continues: number | undefined;
  /** Whether it replaces a record that was never completed. */
  readonly overwrites: boolean;
}

/** The record that is being read. */
interface OpenRecord {
  readonly start: bigint;
  /** False for the end of a record that began in the segment before: its checksum cannot be computed. */
  readonly isWhole: boolean;
  readonly header: Uint8Array;
  headerRead: number;
  /** Bytes that are still to come. */
  missing: number;
  /** Checksum of what follows the header. */
  sum: number;
}

/**
 * Follows the records through the pages of a segment: each names the one before and has a checksum. At the first that is
 * not right PostgreSQL ends its recovery, and reports nothing (xlogreader.c).
 */
export class WalRecords {
  #open: OpenRecord | undefined;
  #continues = 0;
  #previous: bigint | undefined;
  #last: bigint | undefined;
  #end: SegmentEnd | undefined;

  /** Whether nothing that follows in the segment is read. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  get summary(): { continues: number; previous: bigint | undefined; last: bigint | undefined; end: SegmentEnd } {
    return {
      continues: this.#continues,
      previous: this.#previous,
      // The header of the last record may end in the next segment.
      last: this.#open?.isWhole === true ? this.#open.start : this.#last,
      end: this.#end ?? { kind: "full", missing: this.#open?.missing ?? 0 },
    };
  }

  /** Ends the WAL at a position. */
  stop(at: bigint, why: string): void {
    this.#end ??= { kind: "inside", at, why };
  }

  page(page: DataView, { address, isFirst, headerBytes: from, continues, overwrites }: PageOfRecords): void {
    if (isFirst && continues !== undefined && continues > 0) {
      this.#continues = continues;
      this.#open = newRecord(address, continues, false);
    } else if (overwrites) {
      this.#abandon();
    } else if (continues !== this.#open?.missing) {
      this.stop(this.#open?.start ?? address, "has a page that does not continue the record before it");
      return;
    }
    let position = from;
    while (position < page.byteLength && this.#end === undefined) {
      this.#open ??= this.#begin(page, position, address);
      if (this.#open === undefined) return;
      const count = Math.min(this.#open.missing, page.byteLength - position);
      this.#read(this.#open, new Uint8Array(page.buffer, page.byteOffset + position, count));
      if (this.#open.missing > 0) return;
      this.#finish(this.#open);
      this.#open = undefined;
      position = Math.ceil((position + count) / alignment) * alignment;
    }
  }

  /** Forgets a record that was never completed. The next one names the one before it. */
  #abandon(): void {
    if (this.#open?.headerRead === headerBytes) this.#last = previousOf(this.#open);
    this.#open = undefined;
  }

  #begin(page: DataView, position: number, address: bigint): OpenRecord | undefined {
    const start = address + BigInt(position);
    const length = page.getUint32(position, true);
    if (length >= headerBytes) return newRecord(start, length, true);
    this.stop(start, "has no record there");
    return undefined;
  }

  #read(record: OpenRecord, bytes: Uint8Array): void {
    record.missing -= bytes.length;
    if (!record.isWhole) return;
    const ofHeader = Math.min(headerBytes - record.headerRead, bytes.length);
    record.header.set(bytes.subarray(0, ofHeader), record.headerRead);
    record.headerRead += ofHeader;
    if (bytes.length > ofHeader) record.sum = crc32c(bytes.subarray(ofHeader), record.sum);
    if (ofHeader > 0 && record.headerRead === headerBytes) this.#link(record);
  }

  /** Compares what a record says of the one before it. */
  #link(record: OpenRecord): void {
    const { start } = record;
    const previous = previousOf(record);
    if (this.#last === undefined) this.#previous = previous;
    else if (previous !== this.#last) {
      this.stop(start, "has a record that does not follow the one before it");
      return;
    }
    this.#last = start;
  }

  #finish({ header, isWhole, start, sum }: OpenRecord): void {
    if (!isWhole || this.#end !== undefined) return;
    const view = new DataView(header.buffer);
    if (crc32c(header.subarray(0, coveredBytes), sum) !== view.getUint32(coveredBytes, true))
      this.stop(start, "has a record with a wrong checksum");
    else if (view.getUint8(17) === switchRecord.manager && view.getUint8(16) === switchRecord.info)
      this.#end = { kind: "switch" };
  }
}

/** Where the record before it begins, as a record says whose header is complete. */
function previousOf({ header }: OpenRecord): bigint {
  return new DataView(header.buffer).getBigUint64(8, true);
}

function newRecord(start: bigint, missing: number, isWhole: boolean): OpenRecord {
  return { start, isWhole, header: new Uint8Array(headerBytes), headerRead: 0, missing, sum: 0 };
}
