import { Readable } from "node:stream";
import { pack } from "tar-stream";
import { compress, extensionOf, type Compression } from "./compression.ts";
import { log } from "./log.ts";
import type { Storage } from "./storage.ts";

/** A file or folder of a tar file. */
export interface Member {
  readonly name: string;
  readonly type: "file" | "directory";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
  readonly uname?: string;
  readonly gname?: string;
}

/** What was written so far. */
interface Written {
  /** Bytes of the files in the parts. */
  uncompressed: number;
  /** Bytes of the parts in S3. */
  compressed: number;
}

/** Writes the tar files of a backup. */
export class Parts {
  readonly #storage: Storage;
  readonly #folder: string;
  readonly #compression: Compression;
  readonly #partBytes: number;
  readonly #members: { header: Member; content: Buffer }[] = [];
  #number = 1;
  /** Of the files in the open part. */
  #bytes = 0;
  readonly written: Written = { uncompressed: 0, compressed: 0 };
  /** The names in each part. The part of pg_control is not listed. */
  readonly files: Record<string, string[]> = {};

  constructor(storage: Storage, folder: string, compression: Compression, partBytes: number) {
    this.#storage = storage;
    this.#folder = folder;
    this.#compression = compression;
    this.#partBytes = partBytes;
  }

  /** Adds a file, and closes the part when it is full. */
  async add(header: Member, content: Buffer): Promise<void> {
    if (this.#members.length === 0) log("INFO", `Starting part ${this.#number} ...`);
    this.#members.push({ header, content });
    this.#bytes += content.length;
    if (this.#bytes >= this.#partBytes) await this.close();
  }

  /** Uploads the part under its number, or under another name. */
  async close(name?: string): Promise<void> {
    if (this.#members.length === 0) return;
    const tar = pack();
    for (const { header, content } of this.#members) tar.entry({ ...header, size: content.length }, content);
    tar.finalize();
    const object = `${name ?? `part_${String(this.#number).padStart(3, "0")}`}.tar.${extensionOf(this.#compression)}`;
    const stored = await compress(Readable.from(tar), this.#compression);
    await this.#storage.write(`${this.#folder}/${object}`, stored);
    log("INFO", `Finished writing part ${this.#number}.`);
    if (name === undefined) this.files[object] = this.#members.map(({ header }) => header.name);
    this.written.compressed += stored.length;
    this.written.uncompressed += this.#bytes;
    this.#members.length = 0;
    this.#bytes = 0;
    this.#number++;
  }
}
