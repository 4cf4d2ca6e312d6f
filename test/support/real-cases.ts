import { readFileSync } from "node:fs";
import type { ListedObject } from "../../domain/walg/storage.ts";
import { walgPrefix } from "./walg.ts";

/** What became of a prefix that was restored for real. */
export interface RealCase {
  readonly case: string;
  readonly walg: string | null;
  /** Name of the backup that was taken, or LATEST. */
  readonly backupTaken: string | null;
  readonly latestWas: string | null;
  readonly promoted: boolean | null;
  readonly eventsFound: string | null;
}

type Listing = readonly (readonly [name: string, size: number, modified: string])[];

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/walg/${name}.json`, import.meta.url), "utf8"));
}

export const realCases = (fixture("cases") as { cases: readonly RealCase[] }).cases;
const listings = fixture("listings") as Record<string, Listing>;
const sentinels = fixture("sentinels") as Record<string, string>;
const metadata = fixture("metadata") as Record<string, string>;
const histories = fixture("histories") as Record<"two-timelines" | "split", string>;

const end = "_backup_stop_sentinel.json";

/** A moment of the day on which the prefixes were made. */
export function on24(time: string): number {
  return Date.parse(`2026-11-24T${time}Z`);
}

/** A prefix of real objects, to be changed in one thing. */
export class RealPrefix {
  readonly #objects = new Map<string, ListedObject>();
  readonly #contents = new Map<string, string | Uint8Array>();

  /** @param listing a captured listing. */
  static of(listing: "main" | "two-timelines" | "split-brain" | "lag" | "overwritten" | "retained"): RealPrefix {
    const names = {
      lag: "backup-with-wal-during-it-and-archive-lag",
      overwritten: "wal-overwritten-by-another-database",
      retained: "after-delete-retain-2",
    } as const;
    const name = listing in names ? names[listing as keyof typeof names] : listing;
    const prefix = new RealPrefix();
    for (const [key, size, modified] of listings[name] ?? []) {
      prefix.put(key, { size, modified: Date.parse(modified) });
      if (!key.endsWith(end)) continue;
      const backup = key.slice("basebackups_005/".length, -end.length);
      const isSlow = listing === "lag" && backup.endsWith("1B");
      prefix.#contents.set(key, sentinels[isSlow ? `${backup}-slow` : backup] ?? "");
    }
    if (listing === "split-brain") prefix.history(2, Buffer.from(histories.split, "base64"));
    if (listing === "two-timelines" || listing === "retained")
      prefix.history(2, Buffer.from(histories["two-timelines"], "base64"));
    return prefix;
  }

  put(name: string, { size, modified, ...rest }: Omit<ListedObject, "key">, content?: string | Uint8Array): this {
    this.#objects.set(name, { key: name, size, modified, ...rest });
    if (content !== undefined) this.#contents.set(name, content);
    return this;
  }

  /** Changes the objects whose names match; undefined takes them away. */
  change(pattern: RegExp, changed: (object: ListedObject) => Partial<ListedObject> | undefined): this {
    for (const [name, object] of [...this.#objects]) {
      if (!pattern.test(name)) continue;
      const change = changed(object);
      if (change === undefined) this.#objects.delete(name);
      else this.#objects.set(name, { ...object, ...change });
    }
    return this;
  }

  lose(pattern: RegExp): this {
    return this.change(pattern, () => undefined);
  }

  text(name: string, content: string): this {
    this.#contents.set(name, content);
    return this;
  }

  /** The content of a timeline's history file, packed or as text. */
  history(timeline: number, content: string | Uint8Array): this {
    const name = timeline.toString(16).toUpperCase().padStart(8, "0");
    const packed = typeof content !== "string";
    this.lose(new RegExp(`^wal_005/${name}\\.history`));
    return this.put(
      `wal_005/${name}.history${packed ? ".lz4" : ""}`,
      { size: content.length, modified: on24("17:41:44") },
      content,
    );
  }

  /** WAL of one timeline, from one segment to another, one each two seconds from a moment on. */
  wal(timeline: number, first: number, last: number, from: string): this {
    for (let segment = first; segment <= last; segment += 1) {
      const name = [timeline, 0, segment].map((part) => part.toString(16).toUpperCase().padStart(8, "0")).join("");
      this.put(`wal_005/${name}.lz4`, { size: 66_200, modified: on24(from) + (segment - first) * 2000 });
    }
    return this;
  }

  /** A backup of another WAL-G, with as many bytes as its sentinel says. */
  backup(name: string, sentinel: string, parts: readonly (readonly [string, number])[], modified: string): this {
    const at = on24(modified);
    for (const [part, size] of parts)
      this.put(`basebackups_005/${name}/tar_partitions/${part}`, { size, modified: at - 2000 });
    this.put(`basebackups_005/${name}/metadata.json`, { size: 367, modified: at }, metadata[sentinel] ?? "");
    if (sentinel.startsWith("v2") || sentinel.startsWith("base"))
      this.put(`basebackups_005/${name}/files_metadata.json`, { size: 150_000, modified: at });
    const content = sentinels[sentinel] ?? "";
    return this.put(`basebackups_005/${name}${end}`, { size: content.length, modified: at }, content);
  }

  /** The content of a captured sentinel. */
  static sentinel(name: string): string {
    return sentinels[name] ?? "";
  }

  objects(prefix = walgPrefix): ListedObject[] {
    return [...this.#objects.values()].map((object) => ({ ...object, key: `${prefix}/${object.key}` }));
  }

  contents(prefix = walgPrefix): Map<string, string | Uint8Array> {
    return new Map([...this.#contents].map(([name, content]) => [`${prefix}/${name}`, content]));
  }
}
