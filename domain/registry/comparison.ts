import type { NamedBlob, StoredBlob } from "./blobs.ts";

/** How a blob of the database and the bucket differ. */
export type Difference =
  | { readonly kind: "missing"; readonly blob: NamedBlob }
  | { readonly kind: "size"; readonly blob: NamedBlob; readonly stored: StoredBlob }
  /** Only where contents are read: {@link Comparison} does not. */
  | { readonly kind: "content"; readonly blob: NamedBlob; readonly stored: StoredBlob }
  | { readonly kind: "archived"; readonly blob: NamedBlob; readonly stored: StoredBlob };

/** What was counted while both were read. */
export interface Counted {
  readonly named: number;
  readonly namedBytes: number;
  readonly stored: number;
  /** Blobs in the bucket that the database does not name. */
  readonly unnamed: number;
  readonly unnamedBytes: number;
}

/**
 * Compares the blobs that the database names with those in the bucket, both in the order of their digests, and keeps no more
 * of either than one at a time.
 */
export class Comparison {
  readonly #named: AsyncIterator<NamedBlob, unknown>;
  readonly #differs: (difference: Difference) => void;
  readonly #matches: (blob: NamedBlob, stored: StoredBlob) => void;
  /** The first blob of the database, once it was asked for. */
  #first: Promise<IteratorResult<NamedBlob, unknown>> | undefined;
  /** The next blob of the database; `undefined` when there is none left, `"unread"` before the first. */
  #next: NamedBlob | undefined | "unread" = "unread";
  #last = { named: "", stored: "" };
  #counted = { named: 0, namedBytes: 0, stored: 0, unnamed: 0, unnamedBytes: 0 };

  /**
   * @param differs is called for each difference, in the order of digests.
   * @param matches is called for each blob that is there and can be read, with the right size.
   */
  constructor(
    named: AsyncIterable<NamedBlob>,
    differs: (difference: Difference) => void,
    matches: (blob: NamedBlob, stored: StoredBlob) => void = () => undefined,
  ) {
    this.#named = named[Symbol.asyncIterator]();
    this.#differs = differs;
    this.#matches = matches;
  }

  get counted(): Counted {
    return { ...this.#counted };
  }

  /** Asks the database for its first blob, so that its query runs while the bucket sends its first page. */
  begin(): void {
    this.#first ??= this.#named.next();
    // Whoever takes the blob gets the error. Until then it must not end the process.
    this.#first.catch(() => undefined);
  }

  /**
   * Takes the next blobs of the bucket.
   *
   * @throws Error when they, or those of the database, are not in the order of digests: then nothing would be certain.
   */
  async take(page: readonly StoredBlob[]): Promise<void> {
    for (const stored of page) {
      requireOrder("the bucket", this.#last.stored, stored.digest);
      this.#last.stored = stored.digest;
      this.#counted.stored += 1;
      let blob = await this.#peek();
      while (blob !== undefined && blob.digest < stored.digest) {
        this.#differs({ kind: "missing", blob });
        blob = await this.#advance();
      }
      if (blob?.digest === stored.digest) {
        this.#judge(blob, stored);
        await this.#advance();
      } else {
        this.#counted.unnamed += 1;
        this.#counted.unnamedBytes += stored.size;
      }
    }
  }

  /** Says that the bucket has no more blobs. Every blob of the database that is left is missing. */
  async end(): Promise<void> {
    for (let blob = await this.#peek(); blob !== undefined; blob = await this.#advance())
      this.#differs({ kind: "missing", blob });
  }

  #judge(blob: NamedBlob, stored: StoredBlob): void {
    if (blob.size !== undefined && blob.size !== stored.size) this.#differs({ kind: "size", blob, stored });
    else if (stored.isArchived) this.#differs({ kind: "archived", blob, stored });
    else this.#matches(blob, stored);
  }

  async #peek(): Promise<NamedBlob | undefined> {
    return this.#next === "unread" ? this.#advance() : this.#next;
  }

  async #advance(): Promise<NamedBlob | undefined> {
    const next = await (this.#first ?? this.#named.next());
    this.#first = undefined;
    if (next.done === true) {
      this.#next = undefined;
      return undefined;
    }
    this.#next = next.value;
    requireOrder("the database", this.#last.named, this.#next.digest);
    this.#last.named = this.#next.digest;
    this.#counted.named += 1;
    this.#counted.namedBytes += this.#next.size ?? 0;
    return this.#next;
  }
}

function requireOrder(who: string, last: string, next: string): void {
  if (next <= last) throw new Error(`${who} does not list blobs in the order of their digests`);
}
