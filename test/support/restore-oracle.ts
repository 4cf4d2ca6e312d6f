import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { judgeEveryBackup } from "../../domain/backups/recoverability.ts";
import { segmentName } from "../../domain/walg/segment-name.ts";
import { gatherPrefix } from "../../operations/restore/every-source.ts";
import { readEveryBackup } from "../../operations/restore/read.ts";
import { backupFetch } from "../../sandbox/walg/backup-fetch.ts";
import { readConfiguration } from "../../sandbox/walg/configuration.ts";
import { Storage, type StoredObject } from "../../sandbox/walg/storage.ts";
import { walFetch } from "../../sandbox/walg/wal.ts";
import { capturedListing, capturedObjects } from "./captured-bucket.ts";
import { FakeS3 } from "./fake-s3.ts";
import { FakeSurroundings } from "./fake-cluster.ts";
import { walgPrefix } from "./walg.ts";

/** One object of a prefix, and what happened to it. */
export interface Damage {
  readonly name: string;
  readonly kind: (typeof damageKinds)[number];
  /** Bytes that are left of an object that is cut. */
  readonly bytes: number;
  /** Whose content a swapped object has. */
  readonly other: string;
}

export const damageKinds = ["deleted", "cut", "swapped", "archived"] as const;

/** How far a restore gets: undefined when WAL-G or PostgreSQL gets no whole database from the backup. */
export type Reached = string | undefined;

interface PrefixObject {
  readonly content: Buffer;
  readonly modified: number;
  readonly archived: boolean;
}

/** A prefix in memory. */
type Prefix = ReadonlyMap<string, PrefixObject>;

/** The prefix that the real WAL-G 3.0.3 wrote. Names are relative to the place of the backups. */
export async function goodPrefix(): Promise<Prefix> {
  const contents = await capturedObjects();
  const entry = ({ key, modified }: { key: string; modified: number }) =>
    [
      key.slice(walgPrefix.length + 1),
      { content: contents.get(key) ?? Buffer.alloc(0), modified, archived: false },
    ] as const;
  return new Map(capturedListing().map(entry));
}

/**
 * Damages in an order that a seed decides. All objects are equally likely, also those that no restore needs.
 *
 * @param seed a whole number.
 */
export function* drawnDamages(prefix: Prefix, seed: number): Generator<Damage> {
  const names = [...prefix.keys()].toSorted();
  const below = drawing(seed);
  const sameKind = (name: string): string[] => {
    const kind = (one: string): string => one.replaceAll(/[0-9A-F]{8,}|\d{3}/g, "#");
    const same = names.filter((one) => one !== name && kind(one) === kind(name));
    return same.length > 0 ? same : names.filter((one) => one !== name);
  };
  for (;;) {
    const name = names[below(names.length)] ?? "";
    const others = sameKind(name);
    yield {
      name,
      kind: damageKinds[below(damageKinds.length)] ?? "deleted",
      bytes: below(prefix.get(name)?.content.length ?? 1),
      other: others[below(others.length)] ?? "",
    };
  }
}

/** Whole numbers from 0 to below a limit, always the same ones for a seed (mulberry32). */
function drawing(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/**
 * Whether the check refuses a backup although its restore may come out right: its sentinel or a list of files was replaced
 * by that of another backup, or a part of a backup on which it is based, whose files it may all replace.
 */
export function isOfAnotherBackup({ kind, name }: Damage, backup: string): boolean {
  if (kind !== "swapped" || !name.startsWith("basebackups_005/")) return false;
  return /(?:_sentinel|files_metadata)\.json$/.test(name) || !name.startsWith(`basebackups_005/${backup}/`);
}

export function damaged(prefix: Prefix, { name, kind, bytes, other }: Damage): Prefix {
  const changed = new Map(prefix);
  const object = prefix.get(name);
  if (object === undefined) throw new Error(`no object ${name}`);
  if (kind === "deleted") changed.delete(name);
  if (kind === "cut") changed.set(name, { ...object, content: object.content.subarray(0, bytes) });
  if (kind === "swapped") changed.set(name, { ...object, content: prefix.get(other)?.content ?? Buffer.alloc(0) });
  if (kind === "archived") changed.set(name, { ...object, archived: true });
  return changed;
}

/** What `backup verify` says of each backup of the prefix, by its name; with `read` it also reads the contents. */
export async function verdicts(prefix: Prefix, read: boolean): Promise<ReadonlyMap<string, Reached>> {
  const listed = [...prefix].map(([name, { archived, content, modified }]) => ({
    key: `${walgPrefix}/${name}`,
    size: content.length,
    modified,
    storageClass: archived ? "GLACIER" : undefined,
  }));
  const readable = [...prefix].filter(([, { archived }]) => !archived);
  const texts = readable.filter(([name]) => name.endsWith(".json"));
  const s3 = new FakeS3(
    "bkt",
    listed,
    Object.fromEntries(texts.map(([name, { content }]) => [`${walgPrefix}/${name}`, content.toString()])),
  );
  for (const [name, { content }] of readable) s3.contents.set(`${walgPrefix}/${name}`, content);
  const { signal } = new AbortController();
  const ends = { bound: signal, stop: signal };
  const place = await gatherPrefix(s3, { bucket: "bkt", prefix: walgPrefix }, Date.now(), ends);
  const contents = read ? (await readEveryBackup(s3, place, ends, new FakeSurroundings())).contents : undefined;
  const judged = judgeEveryBackup({ ...place, contents });
  return new Map(
    judged.map(({ backup, restorable, window }) => [
      backup.name,
      restorable === "yes" ? window?.lastSegment : undefined,
    ]),
  );
}

/** What a restore of a backup does: WAL-G's stand-in fetches it and its WAL. */
export async function restored(good: Prefix, prefix: Prefix, backup: string): Promise<Reached> {
  const storage = new MemoryStorage(prefix);
  const folder = await mkdtemp(join(tmpdir(), "restore-oracle-"));
  try {
    const isFetched =
      hasGoodBackups(good, prefix) || (await isFetchedWhole(storage, good, backup, join(folder, "data")));
    return isFetched ? await walReached(storage, good, backup, join(folder, "wal")) : undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether nothing that a fetch reads was changed: then its result is known. */
function hasGoodBackups(good: Prefix, prefix: Prefix): boolean {
  return [...good].every(([name, object]) => !name.startsWith("basebackups_005/") || prefix.get(name) === object);
}

async function isFetchedWhole(storage: Storage, good: Prefix, backup: string, directory: string): Promise<boolean> {
  try {
    await backupFetch(storage, { directory, retrySeconds: 0 }, backup);
  } catch {
    return false;
  }
  return (await treeDigest(directory)) === (await goodDigest(good, backup));
}

const digests = new Map<string, Promise<string>>();

/** The restored files of the undamaged prefix. */
function goodDigest(good: Prefix, backup: string): Promise<string> {
  const known = digests.get(backup) ?? fetchedDigest(good, backup);
  digests.set(backup, known);
  return known;
}

async function fetchedDigest(good: Prefix, backup: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "restore-oracle-"));
  try {
    await backupFetch(new MemoryStorage(good), { directory: join(folder, "data"), retrySeconds: 0 }, backup);
    return await treeDigest(join(folder, "data"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function treeDigest(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.toSorted()) hash.update(file.slice(folder.length)).update(await readFile(file));
  return hash.digest("hex");
}

const segmentBytes = 16 * 1024 * 1024;

/**
 * The last segment that PostgreSQL would take from the archive: whole, and with the header of its own first page
 * (xlogreader.c). Undefined when it does not reach the backup's end.
 */
async function walReached(storage: Storage, good: Prefix, backup: string, file: string): Promise<Reached> {
  const { timeline, start, finish } = extentIn(good, backup);
  let reached: number | undefined;
  for (let segment = start; ; segment += 1) {
    try {
      await walFetch(storage, segmentName(timeline, segment), file);
    } catch {
      break;
    }
    const content = await readFile(file);
    const isWhole = content.length === segmentBytes && content.readUInt32LE(4) === timeline;
    if (!isWhole || content.readBigUInt64LE(8) !== BigInt(segment) * BigInt(segmentBytes)) break;
    reached = segment;
  }
  return reached === undefined || reached < finish ? undefined : segmentName(timeline, reached);
}

/** Where the WAL of a backup begins and ends, by its undamaged sentinel. */
function extentIn(good: Prefix, backup: string): { timeline: number; start: number; finish: number } {
  const sentinel = good.get(`basebackups_005/${backup}_backup_stop_sentinel.json`)?.content.toString() ?? "{}";
  const { FinishLSN } = JSON.parse(sentinel) as { FinishLSN: number };
  const start = Number.parseInt(backup.slice(21, 29), 16);
  return {
    timeline: Number.parseInt(backup.slice(5, 13), 16),
    start,
    finish: Math.floor((FinishLSN - 1) / segmentBytes),
  };
}

const configuration = readConfiguration({ WALG_S3_PREFIX: "s3://memory/", AWS_REGION: "eu-west-2" });

/** The prefix as WAL-G sees it. */
export class MemoryStorage extends Storage {
  readonly #objects: Prefix;

  constructor(objects: Prefix) {
    super(configuration);
    this.#objects = objects;
  }

  override list(folder: string): Promise<StoredObject[]> {
    const below = [...this.#objects].filter(([name]) => name.startsWith(`${folder}/`));
    return Promise.resolve(
      below
        .map(([name, { content, modified }]) => ({
          name: name.slice(folder.length + 1),
          size: content.length,
          modified: new Date(modified),
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  override read(name: string): Promise<Buffer | undefined> {
    const object = this.#objects.get(name);
    if (object?.archived === true) return Promise.reject(new Error(`InvalidObjectState: ${name}`));
    return Promise.resolve(object?.content);
  }

  override exists(name: string): Promise<boolean> {
    return Promise.resolve(this.#objects.has(name));
  }
}
