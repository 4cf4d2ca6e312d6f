import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import type { S3Client, S3Object } from "../../clients/aws/s3.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { firstLine } from "../../domain/text.ts";
import type { FailedReading, SegmentReading } from "../../domain/walg/contents.ts";
import { notUnpackedHere, unpacked, UnrecognisedContent } from "../../domain/walg/decompress.ts";
import { memberName } from "../../domain/walg/file-list.ts";
import { readControlFile, type ControlFile } from "../../domain/walg/pg-control.ts";
import { WalPages, type ExpectedSegment } from "../../domain/walg/wal-pages.ts";
import type { Ends } from "../ends.ts";

/** How objects are read. */
export interface ObjectReader {
  readonly s3: Pick<S3Client, "read">;
  readonly ends: Ends;
  /** Receives the number of bytes of each piece that arrives. */
  readonly count: (bytes: number) => void;
}

/** A file or folder in a tar file. */
export interface Member {
  readonly name: string;
  /** Milliseconds since 1970, in whole seconds; 0 when it is not known. */
  readonly modified: number;
}

/** What a tar file of a backup holds. */
export interface PartContent {
  readonly kind: "read";
  readonly members: readonly Member[];
  /** Text of its backup_label. */
  readonly label: string | undefined;
  readonly control: ControlFile | undefined;
}

const controlFile = "/global/pg_control";
export const labelFile = "backup_label";
/** More than either has. */
const keptBytes = 64 * 1024;

/** Reads one tar file to its end. @throws the reason of `ends.stop`. */
export function readPart(reader: ObjectReader, object: S3Object): Promise<PartContent | FailedReading> {
  return readObject(reader, object, async (content) => {
    const members: Member[] = [];
    let control: ControlFile | undefined;
    let label: string | undefined;
    const tar = extract();
    const fed = pipeline(content, tar);
    // The loop throws the same error.
    fed.catch(() => undefined);
    for await (const entry of tar) {
      const name = memberName(entry.header.name);
      members.push({ name, modified: entry.header.mtime.getTime() });
      const kept: Uint8Array[] = [];
      const isKept = (name === controlFile || name === labelFile) && entry.header.size <= keptBytes;
      for await (const bytes of entry as AsyncIterable<Uint8Array>) if (isKept) kept.push(bytes);
      if (isKept && name === controlFile) control = readControlFile(Buffer.concat(kept));
      if (isKept && name === labelFile) label = Buffer.concat(kept).toString("utf8");
    }
    await fed;
    return { kind: "read", members, control, label };
  });
}

/** Reads one WAL segment. @throws the reason of `ends.stop`. */
export function readSegment(
  reader: ObjectReader,
  object: S3Object,
  expected: ExpectedSegment,
): Promise<SegmentReading> {
  return readObject(reader, object, async (content) => {
    const pages = new WalPages(expected);
    for await (const bytes of content) {
      pages.push(bytes);
      if (pages.isTooLong) break;
    }
    return pages.end();
  });
}

/** Passes the unpacked content of an object to `read`, and tells a damaged object from one that S3 did not return. */
async function readObject<T>(
  { s3, ends, count }: ObjectReader,
  object: S3Object,
  read: (content: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T | FailedReading> {
  const why = notUnpackedHere(object.key);
  if (why !== undefined) return { kind: "unread", why };
  let failure: { readonly error: unknown } | undefined;
  const fetched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const bytes of s3.read(object, ends.bound)) {
        count(bytes.length);
        yield bytes;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    ends.bound.throwIfAborted();
    return await read(unpacked(object.key, fetched()));
  } catch (error) {
    ends.stop.throwIfAborted();
    if (failure !== undefined) return { kind: "unread", why: reasonOf(failure.error) };
    if (ends.bound.aborted) return { kind: "unread", why: reasonOf(ends.bound.reason) };
    if (error instanceof UnrecognisedContent) return { kind: "unrecognised" };
    return { kind: "damaged", why: firstLine(messageOf(error)) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof RecoveryError && error.next !== undefined
    ? `${error.message}; ${error.next}`
    : messageOf(error);
}
