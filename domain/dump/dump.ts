import { z } from "zod";
import { parseS3Url, type S3Location } from "../aws/s3-location.ts";

/** Where dumps are written. */
export type DumpPlace =
  | { readonly kind: "directory"; readonly directory: string }
  | { readonly kind: "bucket"; readonly location: S3Location };

/**
 * Parses a folder or `s3://BUCKET[/PREFIX]`; undefined when the text begins with `s3:` but is not a location in S3.
 *
 * @example parseDumpPlace("/var/dumps") // → { kind: "directory", directory: "/var/dumps" }
 * @example parseDumpPlace("s3://dumps/dev") // → { kind: "bucket", location: { bucket: "dumps", prefix: "dev" } }
 * @example parseDumpPlace("s3:dumps") // → undefined
 */
export function parseDumpPlace(text: string): DumpPlace | undefined {
  if (!/^s3:/i.test(text)) return { kind: "directory", directory: text };
  const location = parseS3Url(text);
  return location && { kind: "bucket", location };
}

/** A place for dumps. The error does not quote it, because it may contain keys. */
export const dumpDirectorySchema = z
  .string()
  .min(1)
  .refine((text) => parseDumpPlace(text) !== undefined, {
    error:
      "a place in S3 is s3://BUCKET or s3://BUCKET/PREFIX: a bucket of 3 to 63 of a-z, 0-9 and -, a prefix of letters, digits, / and _.=@:+,!*'()- with at most 512 characters; a folder of that name is ./s3:...",
  });

/** S3's limits for a multipart upload: the number of parts, and the bytes of each part but the last. */
const maxParts = 10_000;
const minPartBytes = 5 * 1024 * 1024;
/** Data that compresses badly may take more space in the dump than in the database. */
const growth = 1.25;

/**
 * Bytes of each part of a dump in S3, so that the whole dump fits into the parts that S3 allows.
 *
 * @param databaseBytes size of all databases; 150 GB when it is not known.
 * @example partBytesFor(1e9) // → 5242880, S3's minimum
 * @example partBytesFor(150e9) // → 18750000
 */
export function partBytesFor(databaseBytes = 150e9): number {
  return Math.max(minPartBytes, Math.ceil((databaseBytes * growth) / maxParts));
}

/** What pg_dumpall prints last, and only when it has dumped every database. */
export const dumpTrailer = "--\n-- PostgreSQL database cluster dump complete\n--\n\n";

/**
 * Keeps the end of a byte stream that is too long to keep as a whole.
 * Only a trailer at the very end counts: the same text may also occur in a table's data.
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

/** The beginning of the names of a cluster's dumps: `CONTEXT.NAMESPACE.CLUSTER.` */
export function dumpFilePrefix(context: string, namespace: string, cluster: string): string {
  return [context, namespace, cluster, ""].map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, "-")).join(".");
}

/** `CONTEXT.NAMESPACE.CLUSTER.20261121T013000Z.sql.zst`; characters that a file name should not have become `-`. */
export function dumpFileName(context: string, namespace: string, cluster: string, at: Date): string {
  const stamp = at
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(/[-:]/g, "");
  return `${dumpFilePrefix(context, namespace, cluster)}${stamp}.sql.zst`;
}
