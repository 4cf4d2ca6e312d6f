import { segmentBytes } from "./segment-name.ts";
import { lsn } from "./timeline.ts";
import { WalRecords, type SegmentEnd } from "./wal-records.ts";

/** Size of a WAL page in every build of PostgreSQL that is distributed. */
export const pageBytes = 8192;
const shortHeaderBytes = 24;
const longHeaderBytes = 40;

/** `XLOG_PAGE_MAGIC` (xlog_internal.h) by major version. */
const pageMagic: Readonly<Record<number, number>> = {
  10: 0xd097,
  11: 0xd098,
  12: 0xd101,
  13: 0xd106,
  14: 0xd10d,
  15: 0xd110,
};

/** Bits of `xlp_info` in the header of a page. */
const flags = { continued: 1, longHeader: 2, overwrites: 8, all: 15 } as const;

/** What a segment must be. */
export interface ExpectedSegment {
  readonly number: number;
  /** The timeline in its name. */
  readonly timeline: number;
  /** Position at which that timeline began; undefined when it is not known. Earlier pages are copies from the timeline before. */
  readonly timelineStart: bigint | undefined;
  /** Undefined when it is not known: then it is not compared. */
  readonly postgresMajor: number | undefined;
  /** Likewise. */
  readonly systemIdentifier: string | undefined;
}

/** The WAL in a segment, as far as its neighbours depend on it. */
export interface WalContent {
  readonly systemIdentifier: string;
  /** Bytes with which it continues a record of the segment before. */
  readonly continues: number;
  /** Whether it replaces a record of the segment before that was never completed (PostgreSQL 12.9 and newer). */
  readonly overwrites: boolean;
  /** The start of the record before its first own one, as that one says; undefined when none begins in it. */
  readonly previous: bigint | undefined;
  /** The start of the last record that begins in it. */
  readonly last: bigint | undefined;
  readonly end: SegmentEnd;
}

/**
 * What is inside an object of the WAL. `wrong`: not the segment that its name says. `damaged`: no whole segment. `unread`:
 * of a form that is not read here.
 */
export type SegmentContent =
  | { readonly kind: "wal"; readonly wal: WalContent }
  | { readonly kind: "wrong" | "damaged" | "unread"; readonly why: string };

/** Reads the pages of one segment, which arrive piece by piece, as PostgreSQL does (xlogreader.c). */
export class WalPages {
  readonly #expected: ExpectedSegment;
  readonly #start: bigint;
  readonly #records: WalRecords;
  readonly #rest = new Uint8Array(pageBytes);
  #restBytes = 0;
  #bytes = 0;
  #timeline = 0;
  #systemIdentifier = "";
  #overwrites = false;
  #problem: SegmentContent | undefined;

  constructor(expected: ExpectedSegment) {
    this.#expected = expected;
    this.#start = BigInt(expected.number) * segmentBytes;
    this.#records = new WalRecords();
  }

  push(bytes: Uint8Array): void {
    let position = 0;
    if (this.#restBytes > 0) {
      position = Math.min(pageBytes - this.#restBytes, bytes.length);
      this.#rest.set(bytes.subarray(0, position), this.#restBytes);
      this.#restBytes += position;
      if (this.#restBytes < pageBytes) return;
      this.#page(this.#rest);
      this.#restBytes = 0;
    }
    for (; position + pageBytes <= bytes.length; position += pageBytes)
      this.#page(bytes.subarray(position, position + pageBytes));
    this.#rest.set(bytes.subarray(position));
    this.#restBytes = bytes.length - position;
  }

  /** Whether it is longer than a segment, so that the rest need not be read. */
  get isTooLong(): boolean {
    return this.#bytes > Number(segmentBytes);
  }

  /** What it was, after its last byte. */
  end(): SegmentContent {
    const bytes = this.#bytes + this.#restBytes;
    if (this.#problem?.kind === "unread") return this.#problem;
    if (this.isTooLong) return { kind: "damaged", why: `it is longer than ${segmentBytes} bytes` };
    if (bytes !== Number(segmentBytes))
      return { kind: "damaged", why: `it has ${bytes} bytes instead of ${segmentBytes}` };
    if (this.#problem !== undefined) return this.#problem;
    const { continues, end, last, previous } = this.#records.summary;
    return {
      kind: "wal",
      wal: { systemIdentifier: this.#systemIdentifier, continues, overwrites: this.#overwrites, previous, last, end },
    };
  }

  #page(page: Uint8Array): void {
    const address = this.#start + BigInt(this.#bytes);
    const isFirst = this.#bytes === 0;
    this.#bytes += page.length;
    if (this.#problem !== undefined || this.#records.isOver) return;
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const wrong = this.#wrongHeader(view, address, isFirst);
    if (wrong !== undefined) {
      if (isFirst) this.#problem = wrong;
      else this.#records.stop(address, wrong.why);
      return;
    }
    const info = view.getUint16(2, true);
    if (isFirst) {
      this.#systemIdentifier = view.getBigUint64(24, true).toString();
      this.#overwrites = (info & flags.overwrites) !== 0;
    }
    this.#records.page(view, {
      address,
      isFirst,
      headerBytes: (info & flags.longHeader) === 0 ? shortHeaderBytes : longHeaderBytes,
      continues: (info & flags.continued) === 0 ? undefined : view.getUint32(16, true),
      overwrites: (info & flags.overwrites) !== 0,
    });
  }

  /** What PostgreSQL would not accept in the header of a page (xlogreader.c, XLogReaderValidatePageHeader). */
  #wrongHeader(
    page: DataView,
    address: bigint,
    isFirst: boolean,
  ): Exclude<SegmentContent, { kind: "wal" }> | undefined {
    const wrong = (why: string) => ({ kind: "wrong", why }) as const;
    const { postgresMajor, systemIdentifier, timeline, timelineStart } = this.#expected;
    const [magic, info, pageTimeline] = [page.getUint16(0, true), page.getUint16(2, true), page.getUint32(4, true)];
    const known = postgresMajor === undefined ? undefined : pageMagic[postgresMajor];
    if (magic === 0) return wrong("has a page without content");
    if (known !== undefined && magic !== known)
      return wrong(`has a page that is no WAL of PostgreSQL ${postgresMajor}`);
    if ((info & ~flags.all) !== 0) return wrong("has a page that is no WAL");
    if (isFirst && (info & flags.longHeader) === 0) return wrong("does not begin like a segment");
    if ((info & flags.longHeader) !== 0) {
      const identifier = page.getBigUint64(24, true).toString();
      if (systemIdentifier !== undefined && identifier !== systemIdentifier)
        return wrong(`was written by another database (system identifier ${identifier})`);
      const sizes = [page.getUint32(32, true), page.getUint32(36, true)];
      if (sizes[0] !== Number(segmentBytes) || sizes[1] !== pageBytes)
        return {
          kind: "unread",
          why: `it is of a database with segments of ${sizes[0]} and pages of ${sizes[1]} bytes`,
        };
    }
    const pageAddress = page.getBigUint64(8, true);
    if (pageAddress !== address) return wrong(`has the WAL of ${lsn(pageAddress)} at ${lsn(address)}`);
    const isOwn = timelineStart !== undefined && address >= timelineStart;
    if (pageTimeline > timeline || pageTimeline < this.#timeline || (isOwn && pageTimeline !== timeline))
      return wrong(`has WAL of timeline ${pageTimeline} at ${lsn(address)}`);
    this.#timeline = pageTimeline;
    return undefined;
  }
}
