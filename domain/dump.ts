/** What pg_dumpall prints last, and only when it has dumped every database. */
export const dumpTrailer = "--\n-- PostgreSQL database cluster dump complete\n--\n\n";

/**
 * Follows the end of a byte stream that is too long to keep.
 * The trailer must be looked for at the very end: its text can also stand inside a table's data.
 */
export class DumpTail {
  #tail: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): void {
    const keep = Buffer.byteLength(dumpTrailer);
    this.#tail =
      chunk.length >= keep ? Buffer.from(chunk.subarray(-keep)) : Buffer.concat([this.#tail, chunk]).subarray(-keep);
  }

  /** Whether the stream so far ends as a complete dump does. */
  get complete(): boolean {
    return this.#tail.toString("latin1") === dumpTrailer;
  }
}

/** `CONTEXT.NAMESPACE.CLUSTER.20261121T013000Z.sql.zst`; characters that a file name should not have become `-`. */
export function dumpFileName(context: string, namespace: string, cluster: string, at: Date): string {
  const stamp = at.toISOString().replace(/\.\d+Z$/, "Z").replaceAll(/[-:]/g, "");
  return `${[context, namespace, cluster].map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, "-")).join(".")}.${stamp}.sql.zst`;
}
