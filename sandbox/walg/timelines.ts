import { decompress, extensions } from "./compression.ts";
import { parseLsn, parseSegment, segmentAt, walFolder, type Segment } from "./names.ts";
import type { Storage, StoredObject } from "./storage.ts";

/** Where a timeline left another one. */
export interface Switch {
  /** The timeline that ends there. */
  readonly timeline: number;
  readonly lsn: bigint;
}

/** The ancestors of a timeline, oldest first. A timeline without a history file has none. */
export async function history(storage: Storage, timeline: number): Promise<Switch[]> {
  const name = `${walFolder}/${timeline.toString(16).toUpperCase().padStart(8, "0")}.history`;
  for (const extension of extensions) {
    const stored = await storage.read(`${name}${extension}`);
    if (stored !== undefined) return parseHistory((await decompress(stored, extension)).toString("utf8"));
  }
  return [];
}

/** @example parseHistory("1\t0/1A000000\tno recovery target specified\n") // [{ timeline: 1, lsn: 436207616n }] */
function parseHistory(text: string): Switch[] {
  const lines = text.split("\n").filter((line) => /^\s*\d/.test(line));
  return lines.map((line) => {
    const [timeline = "", lsn = ""] = line.trim().split(/\s+/);
    return { timeline: Number(timeline), lsn: parseLsn(lsn) };
  });
}

/** The timeline to which a segment belongs, on the way to a timeline with these ancestors. */
export function timelineOf(number: number, timeline: number, ancestors: readonly Switch[]): number {
  return ancestors.find(({ lsn }) => number < segmentAt(lsn))?.timeline ?? timeline;
}

/** The segments among the objects of the WAL's folder, by timeline and number. A .backup file is none. */
export function storedSegments(objects: readonly StoredObject[]): Segment[] {
  const segments = objects
    .map(({ name }) => parseSegment(name.replace(/\.(lz4|zst|lzma)$/, "")))
    .filter((segment) => segment !== undefined);
  return segments.toSorted((one, other) => one.timeline - other.timeline || one.number - other.number);
}
