import { S3Error } from "../../clients/aws/s3-error.ts";
import type { S3Probe } from "../../clients/aws/s3-probe.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { ListedObject } from "../../domain/walg/storage.ts";

/** As much as arrives at once. */
const pieceBytes = 64 * 1024;

/** One bucket of S3 in memory. */
export class FakeS3 implements S3Client {
  /** All requests, in order. */
  readonly requests: string[] = [];
  /** How many objects the listings returned, by prefix. */
  readonly handed = new Map<string, number>();
  /** Objects that are no texts, by key. */
  readonly contents = new Map<string, Uint8Array>();
  /** Keys of objects that S3 Intelligent-Tiering has archived. */
  readonly archived = new Set<string>();
  readonly #bucket: string;
  readonly #objects: readonly ListedObject[];
  readonly #texts: ReadonlyMap<string, string>;
  readonly #pageSize: number;

  constructor(
    bucket: string,
    objects: readonly ListedObject[],
    texts: Readonly<Record<string, string>> = {},
    pageSize = 1000,
  ) {
    this.#bucket = bucket;
    this.#objects = objects.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.#texts = new Map(Object.entries(texts));
    this.#pageSize = pageSize;
  }

  async list(
    { bucket, prefix, after = "", through = "\uffff" }: Parameters<S3Client["list"]>[0],
    signal: AbortSignal,
    take: Parameters<S3Client["list"]>[2],
  ): Promise<void> {
    const matching = this.#below(bucket, prefix).filter(({ key }) => key > after);
    for (let start = 0; start === 0 || start < matching.length; start += this.#pageSize) {
      this.requests.push(`list ${prefix}`);
      // As on a network, other tasks run between two pages.
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
      // S3 knows no end of a range. It also sends the keys beyond, which show that the range is over.
      const sent = matching.slice(start, start + this.#pageSize);
      const page = sent.filter(({ key }) => key <= through);
      this.handed.set(prefix, (this.handed.get(prefix) ?? 0) + page.length);
      if ((await take(page)) === "enough" || sent.some(({ key }) => key >= through)) return;
    }
  }

  level({ bucket, prefix }: Parameters<S3Client["level"]>[0]): ReturnType<S3Client["level"]> {
    this.requests.push(`level ${prefix}`);
    const below = this.#below(bucket, `${prefix}/`).map((object) => ({
      object,
      rest: object.key.slice(prefix.length + 1).split("/"),
    }));
    return Promise.resolve({
      folders: [...new Set(below.filter(({ rest }) => rest.length > 1).map(({ rest }) => rest[0] ?? ""))],
      objects: below.filter(({ rest }) => rest.length === 1).map(({ object }) => object),
    });
  }

  async bytes(object: Parameters<S3Client["bytes"]>[0]): Promise<Uint8Array> {
    return this.contents.get(object.key) ?? Buffer.from(await this.text(object));
  }

  async *read(object: Parameters<S3Client["read"]>[0], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const content = await this.bytes(object);
    this.requests.push(`read ${object.key}`);
    for (let start = 0; start < content.length; start += pieceBytes) {
      signal.throwIfAborted();
      yield content.subarray(start, start + pieceBytes);
    }
  }

  isArchived({ key }: Parameters<S3Client["isArchived"]>[0]): Promise<boolean> {
    this.requests.push(`head ${key}`);
    return Promise.resolve(this.archived.has(key));
  }

  text({ key }: Parameters<S3Client["text"]>[0]): Promise<string> {
    this.requests.push(`get ${key}`);
    const text = this.#texts.get(key);
    if (text === undefined)
      return Promise.reject(
        new S3Error("s3-forbidden", `access is denied (get ${key})`, { next: "give the credentials s3:GetObject" }),
      );
    return Promise.resolve(text);
  }

  close(): void {
    this.requests.push("close");
  }

  #below(bucket: string, prefix: string): ListedObject[] {
    if (bucket !== this.#bucket)
      throw new S3Error("s3-bucket-missing", `bucket ${bucket}: there is no such bucket`, {
        next: "check the bucket's name",
      });
    return this.#objects.filter(({ key }) => key.startsWith(prefix));
  }
}

/** Takes every object, or refuses with an error. */
export class FakeProbe implements S3Probe {
  readonly requests: string[] = [];
  readonly #failures: Partial<Record<"put" | "remove", Error>>;

  constructor(failures: Partial<Record<"put" | "remove", Error>> = {}) {
    this.#failures = failures;
  }
  put: S3Probe["put"] = ({ bucket, key }) => this.#answer("put", `${bucket}/${key}`);
  remove: S3Probe["remove"] = ({ bucket, key }) => this.#answer("remove", `${bucket}/${key}`);
  close = (): void => undefined;

  #answer(what: "put" | "remove", object: string): Promise<void> {
    this.requests.push(`${what} ${object}`);
    const failure = this.#failures[what];
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  }
}
