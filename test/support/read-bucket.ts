import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, pack, type Header } from "tar-stream";
import { crc32c } from "../../domain/walg/crc32c.ts";
import { Lz4Decoder } from "../../domain/walg/lz4.ts";
import type { ListedObject } from "../../domain/walg/storage.ts";
import { capturedListing, capturedObjects } from "./captured-bucket.ts";
import { FakeS3 } from "./fake-s3.ts";
import { lz4Frame } from "./lz4-frame.ts";
import { walgPrefix } from "./walg.ts";

type Object = Omit<ListedObject, "key"> & { readonly content: Uint8Array };

/** The bucket that the real WAL-G wrote, to be changed in one thing. Names are relative to the place of the backups. */
export class CapturedBucket {
  readonly #objects = new Map<string, Object>();

  static async load(): Promise<CapturedBucket> {
    const bucket = new CapturedBucket();
    const contents = await capturedObjects();
    for (const { key, ...listed } of capturedListing())
      bucket.#objects.set(key.slice(walgPrefix.length + 1), {
        ...listed,
        content: contents.get(key) ?? Buffer.alloc(0),
      });
    return bucket;
  }

  /** @throws Error when there is no such object. */
  get(name: string): Object {
    const object = this.#objects.get(name);
    if (object === undefined) throw new Error(`no object ${name}`);
    return object;
  }

  put(name: string, content: Uint8Array, modified = this.#objects.get(name)?.modified ?? 0): this {
    this.#objects.set(name, { content, size: content.length, modified });
    return this;
  }

  lose(name: string): this {
    this.get(name);
    this.#objects.delete(name);
    return this;
  }

  /** Gives an object another name and content. */
  replace(name: string, other: string, content: Uint8Array): this {
    const { modified } = this.get(name);
    return this.lose(name).put(other, content, modified);
  }

  names(pattern: RegExp): string[] {
    return [...this.#objects.keys()].filter((name) => pattern.test(name));
  }

  /** Says that every object was written so much later. */
  delay(milliseconds: number): this {
    for (const [name, object] of this.#objects)
      this.#objects.set(name, { ...object, modified: object.modified + milliseconds });
    return this;
  }

  /** Changes the content of an object, and leaves it as long as it is. */
  edit(name: string, change: (content: Buffer) => void): this {
    const content = Buffer.from(this.get(name).content);
    change(content);
    return this.put(name, content);
  }

  /** Changes what is packed in an object. It is longer then, because it is not packed again. */
  editPacked(name: string, change: (content: Buffer) => unknown): this {
    const content = unpackedLz4(this.get(name).content);
    const other = change(content);
    return this.put(name, lz4Frame(other instanceof Uint8Array ? other : content));
  }

  editJson(name: string, change: (content: Record<string, unknown>) => void): this {
    const value = JSON.parse(
      Buffer.from(this.get(name).content)
        .toString()
        // JSON numbers have fewer digits than a system identifier.
        .replace(/"SystemIdentifier":(\d+)/, '"SystemIdentifier":"$1"'),
    ) as Record<string, unknown>;
    change(value);
    const text = JSON.stringify(value).replace(/"SystemIdentifier":"(\d+)"/, '"SystemIdentifier":$1');
    return this.put(name, Buffer.from(text));
  }

  /** As S3. */
  s3(): FakeS3 {
    const key = (name: string): string => `${walgPrefix}/${name}`;
    const listed = [...this.#objects].map(([name, { modified, size }]) => ({ key: key(name), modified, size }));
    const isText = (name: string): boolean => name.endsWith(".json");
    const texts = [...this.#objects].filter(([name]) => isText(name));
    const s3 = new FakeS3(
      "bkt",
      listed,
      Object.fromEntries(texts.map(([name, { content }]) => [key(name), Buffer.from(content).toString()])),
    );
    for (const [name, { content }] of this.#objects) if (!isText(name)) s3.contents.set(key(name), content);
    return s3;
  }
}

export function unpackedLz4(packed: Uint8Array): Buffer {
  const decoder = new Lz4Decoder();
  const content = Buffer.concat([...decoder.push(packed)]);
  decoder.end();
  return content;
}

/** A tar file again, with other members. Undefined leaves a member out. */
export async function repacked(
  packed: Uint8Array,
  change: (header: Header, content: Buffer) => Buffer | undefined,
): Promise<Buffer> {
  const tar = pack();
  for await (const entry of Readable.from([unpackedLz4(packed)]).pipe(extract())) {
    const content = change(entry.header, await buffer(entry));
    if (content !== undefined) tar.entry({ ...entry.header, size: content.length }, content);
  }
  tar.finalize();
  return lz4Frame(await buffer(tar));
}

/** Position of the first record of a segment, behind the long header of its first page. */
export const firstRecord = 40;

/** Gives a record that lies on one page the checksum that its bytes have. */
export function sealRecord(segment: Buffer, position: number): void {
  const record = segment.subarray(position, position + segment.readUInt32LE(position));
  segment.writeUInt32LE(crc32c(record.subarray(0, 20), crc32c(record.subarray(24))), position + 20);
}
