import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  paginateListObjectsV2,
  type MultipartUpload,
  type S3Client,
} from "@aws-sdk/client-s3";
import { askS3, S3Error, type S3Place } from "./s3-error.ts";

/** An object, without its content. */
export interface S3StoredObject {
  readonly size: number;
  /** Its last bytes; fewer if it is shorter. */
  end(bytes: number): Promise<Buffer>;
  /** All of its bytes. */
  content(): Promise<Readable>;
}

/** Objects and unfinished uploads of one bucket. All methods throw S3Error, or the signal's reason. */
export interface S3Stored {
  /** Keys that begin with this, in their order. */
  names(prefix: string, signal: AbortSignal): Promise<string[]>;
  open(key: string, signal: AbortSignal): Promise<S3StoredObject>;
  /**
   * Aborts the unfinished uploads whose key begins with this and that were begun before this moment. Returns a line for
   * each, or a line that says why that is not known.
   */
  abortUploads(prefix: string, before: Date, signal: AbortSignal): Promise<string[]>;
}

/** The bucket, and the AWS account that it must belong to. */
interface OwnedBucket {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string | undefined;
}

/** What is stored in a bucket. */
export function s3Stored(client: S3Client, owned: OwnedBucket, place: S3Place): S3Stored {
  return {
    names: (prefix, signal) =>
      askS3(place, `list ${prefix}`, signal, async () => {
        const keys: string[] = [];
        const pages = paginateListObjectsV2({ client }, { ...owned, Prefix: prefix });
        for await (const { Contents = [] } of pages) {
          signal.throwIfAborted();
          keys.push(...Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
        }
        return keys;
      }),
    async open(key, signal) {
      const object = { ...owned, Key: key };
      const { ContentLength: size = 0, ETag } = await askS3(place, `look at ${key}`, signal, () =>
        client.send(new HeadObjectCommand(object), { abortSignal: signal }),
      );
      const read = (Range?: string): Promise<Readable> =>
        askS3(place, `read ${key}`, signal, async () => {
          // With the ETag, an object that was replaced meanwhile is an error.
          const command = new GetObjectCommand({ ...object, IfMatch: ETag, ...(Range !== undefined && { Range }) });
          const { Body } = await client.send(command, { abortSignal: signal });
          return Body instanceof Readable ? Body : Readable.from([]);
        });
      return {
        size,
        end: async (bytes) =>
          size === 0 ? Buffer.alloc(0) : Buffer.concat(await (await read(`bytes=-${bytes}`)).toArray()),
        content: () => read(),
      };
    },
    async abortUploads(prefix, before, signal) {
      try {
        const old = (await uploads(client, owned, place, prefix, signal)).filter(
          ({ Initiated }) => Initiated !== undefined && Initiated < before,
        );
        for (const { Key, UploadId } of old) {
          const abort = new AbortMultipartUploadCommand({ ...owned, Key, UploadId });
          await askS3(place, `abort the upload of ${Key}`, signal, () => client.send(abort, { abortSignal: signal }));
        }
        return old.map(
          ({ Initiated, Key }) =>
            `aborted an unfinished upload of ${Initiated?.toISOString()}, whose parts were left: ${Key}`,
        );
      } catch (error) {
        // Parts that are left cost money, but they are no reason to take no dump.
        if (!(error instanceof S3Error)) throw error;
        return [`unfinished uploads of earlier dumps were not looked for: ${error.message}`];
      }
    },
  };
}

function uploads(
  client: S3Client,
  owned: OwnedBucket,
  place: S3Place,
  prefix: string,
  signal: AbortSignal,
): Promise<MultipartUpload[]> {
  return askS3(place, "list unfinished uploads", signal, async () => {
    const found: MultipartUpload[] = [];
    let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
    while (next !== undefined) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        ...owned,
        Prefix: prefix,
        ...next,
      });
      const page = await client.send(command, { abortSignal: signal });
      found.push(...(page.Uploads ?? []));
      next =
        page.IsTruncated === true
          ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
          : undefined;
    }
    return found;
  });
}
