import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { segmentName } from "../domain/walg/segment-name.ts";

const pageLength = 1000;
/** LastModified of every object: a minute ago, so that the backup is recent. */
const modified = new Date(Date.now() - 60_000).toISOString();
const backup = "base_000000010000000000000000";

/**
 * A store in S3's protocol with one backup and any number of WAL segments behind it. It computes each page of a listing,
 * so that a million objects need neither a disk nor memory, and that the time of a listing is mostly that of its reader.
 */
export class SimulatedStore {
  readonly #server: Server;
  readonly #names: readonly string[];
  readonly #segments: number;
  readonly #prefix: string;

  private constructor(prefix: string, segments: number) {
    this.#prefix = prefix;
    this.#segments = segments;
    this.#names = [...texts.keys()].map((name) => `basebackups_005/${name}`).toSorted();
    this.#server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://store");
      const text = texts.get(pathname.slice(pathname.indexOf("/basebackups_005/") + "/basebackups_005/".length));
      const isList = searchParams.has("list-type");
      response.statusCode = isList || text !== undefined ? 200 : 404;
      response.end(isList ? this.#page(searchParams) : text);
    });
  }

  /** @param prefix the place of the backups, without a slash at its end. */
  static async start(prefix: string, segments: number): Promise<SimulatedStore> {
    const store = new SimulatedStore(prefix, segments);
    await new Promise<void>((resolve) => store.#server.listen(0, "127.0.0.1", resolve));
    return store;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #count(): number {
    return this.#names.length + this.#segments;
  }

  /** The keys in their order. */
  #key(index: number): string {
    const name = this.#names[index] ?? `wal_005/${segmentName(1, index - this.#names.length)}.lz4`;
    return `${this.#prefix}/${name}`;
  }

  /** Index of the first key that fulfils a condition, which all later ones fulfil, too. */
  #first(fulfils: (key: string) => boolean): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fulfils(this.#key(middle))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #page(asked: URLSearchParams): string {
    const [prefix, after] = [asked.get("prefix") ?? "", asked.get("start-after") ?? ""];
    const token = asked.get("continuation-token");
    const from = token === null ? this.#first((key) => key >= prefix && key > after) : Number(token);
    const end = this.#first((key) => key > `${prefix}\u{10ffff}`);
    const to = Math.min(from + pageLength, end);
    const contents = Array.from({ length: Math.max(0, to - from) }, (_, index) => this.#object(from + index));
    const isTruncated = to < end;
    const next = isTruncated ? `<NextContinuationToken>${to}</NextContinuationToken>` : "";
    return `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
  }

  #object(index: number): string {
    const text = texts.get(this.#names[index]?.slice("basebackups_005/".length) ?? "");
    const size = text?.length ?? 66_000;
    return `<Contents><Key>${this.#key(index)}</Key><LastModified>${modified}</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
}

const texts = new Map([
  [`${backup}/files_metadata.json`, '{"Files":{},"TarFileSets":{}}'],
  [`${backup}/metadata.json`, `{"start_time":"${modified}","finish_time":"${modified}","pg_version":120022}`],
  [`${backup}/tar_partitions/part_001.tar.lz4`, "part"],
  [`${backup}/tar_partitions/pg_control.tar.lz4`, "control"],
  [
    `${backup}_backup_stop_sentinel.json`,
    '{"PgVersion":120022,"SystemIdentifier":7710366851552716423,"FinishLSN":16777500,"CompressedSize":11}',
  ],
]);
