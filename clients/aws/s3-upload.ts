import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client as AwsClient,
  UploadPartCommand,
  type CompletedPart,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";
import { RecoveryError } from "../../domain/errors.ts";
import type { DumpBucket, Encryption, PublicAccess } from "../../domain/dump/bucket.ts";
import { ownerOf, publicAccess } from "./bucket-guard.ts";
import { noRegion } from "./no-region.ts";
import { s3Stored, type S3Stored } from "./s3-stored.ts";
import { s3Client } from "./s3-client.ts";
import { askS3, S3Error, s3Error, type S3Place } from "./s3-error.ts";

/** A new object, and how much of it is sent at a time. */
export interface NewObject {
  readonly key: string;
  readonly contentType: string;
  /** Bytes of each part, at least 5 MiB. The upload takes this much memory. */
  readonly partBytes: number;
}

/** Writes new objects into one bucket. */
export interface S3Writer {
  /** What the bucket's settings say about public access. What the credentials may not ask is undefined. */
  publicAccess(signal: AbortSignal): Promise<PublicAccess>;
  /** @throws S3Error, or the signal's reason. */
  exists(key: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Begins an object. Success proves that it may be written.
   *
   * @throws S3Error, or the signal's reason.
   */
  begin(object: NewObject, signal: AbortSignal): Promise<S3Upload>;
  /** What is in the bucket already. */
  readonly stored: S3Stored;
}

/** An unfinished upload. The object appears as a whole when the upload is completed. */
export interface S3Upload {
  /** How the store encrypts the object. */
  readonly encryption: Encryption;
  /** Takes the content; fails with an S3Error when S3 does. Ending the stream does not complete the object. */
  readonly stream: Writable;
  /**
   * Completes the object, unless one of its name exists, and confirms that it is there with this many bytes.
   *
   * @throws S3Error
   */
  complete(size: number): Promise<void>;
  /**
   * Deletes all parts of an object that was not completed.
   *
   * @throws RecoveryError when parts may be left.
   */
  abort(): Promise<void>;
}

/** Seconds for sending a part, which is tried three times at most. */
const answerSeconds = 120;
/** Metadata that distinguishes an object of this run from one of the same name. */
const runMetadata = "postgres-recovery-run";
const needs =
  "the credentials need s3:PutObject, s3:GetObject and s3:AbortMultipartUpload below the prefix and s3:ListBucket on the bucket; docs/dump.md has the policy";

/**
 * A writer for a bucket, with region and credentials from the AWS environment or profile.
 *
 * @throws RecoveryError `usage` when no region is set, or on AWS when the bucket's owner is not known.
 */
export async function connectS3Writer(bucket: string, settings: DumpBucket): Promise<S3Writer> {
  const { endpointUrl: endpoint, kmsKey } = settings;
  const client = s3Client({ endpoint, answerSeconds });
  const region = await regionOf(client);
  const bucketOwner = await ownerOf(client, bucket, settings);
  const place: S3Place = { bucket, bucketOwner, region, endpoint, needs };
  const owned = { Bucket: bucket, ExpectedBucketOwner: bucketOwner };
  return {
    stored: s3Stored(client, owned, place),
    publicAccess: (signal) => publicAccess(client, owned, signal),
    exists: async (key, signal) =>
      (await askS3(place, `look for ${key}`, signal, () => head(client, { ...owned, Key: key }, signal))) !== undefined,
    async begin({ key, contentType, partBytes }, signal) {
      const run = randomUUID();
      const object = {
        ...owned,
        Key: key,
        // Without a key the bucket's own encryption counts, which may be a KMS key.
        ...(kmsKey !== undefined && { ServerSideEncryption: "aws:kms" as const, SSEKMSKeyId: kmsKey }),
        ContentType: contentType,
        ChecksumAlgorithm: "CRC32",
        Metadata: { [runMetadata]: run },
      } as const;
      const begin = () => client.send(new CreateMultipartUploadCommand(object), { abortSignal: signal });
      const { ServerSideEncryption: algorithm, UploadId } = await askS3(place, `begin to write ${key}`, signal, begin);
      return new MultipartUpload(client, place, { ...owned, Key: key, UploadId }, { algorithm }, run, partBytes);
    },
  };
}

async function regionOf(client: AwsClient): Promise<string> {
  try {
    return await client.config.region();
  } catch (error) {
    throw noRegion(error) ?? error;
  }
}

/** Undefined when there is no such object. */
async function head(
  client: AwsClient,
  { Bucket, ExpectedBucketOwner, Key }: OwnedObject,
  signal?: AbortSignal,
): Promise<HeadObjectCommandOutput | undefined> {
  try {
    const command = new HeadObjectCommand({ Bucket, ExpectedBucketOwner, Key });
    return await client.send(command, signal && { abortSignal: signal });
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw error;
  }
}

/** An object in a bucket that must belong to an account. */
interface OwnedObject {
  readonly Bucket: string;
  readonly ExpectedBucketOwner: string | undefined;
  readonly Key: string;
}

/** Replaces lib-storage's Upload, which copies each part and keeps both, and whose abort does not wait until the parts are deleted. */
class MultipartUpload implements S3Upload {
  readonly stream: Writable;
  readonly encryption: Encryption;
  readonly #client: AwsClient;
  readonly #place: S3Place;
  readonly #object: OwnedObject & { readonly UploadId: string | undefined };
  readonly #run: string;
  /** The only buffer: it is filled again when it has been sent, so that memory use stays constant. */
  readonly #part: Buffer;
  #filled = 0;
  readonly #parts: CompletedPart[] = [];
  readonly #stop = new AbortController();
  #sending = Promise.resolve();

  constructor(
    client: AwsClient,
    place: S3Place,
    object: OwnedObject & { readonly UploadId: string | undefined },
    encryption: Encryption,
    run: string,
    partBytes: number,
  ) {
    this.#client = client;
    this.#place = place;
    this.#object = object;
    this.encryption = encryption;
    this.#run = run;
    this.#part = Buffer.allocUnsafeSlow(partBytes);
    this.stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#take(chunk).then(() => {
          done();
        }, done);
      },
    });
  }

  async complete(size: number): Promise<void> {
    const { Bucket, Key } = this.#object;
    await this.#send();
    const command = new CompleteMultipartUploadCommand({
      ...this.#object,
      MultipartUpload: { Parts: this.#parts },
      IfNoneMatch: "*",
    });
    const completed = await askS3(this.#place, `complete ${Key}`, undefined, () => this.#client.send(command)).catch(
      (error: unknown) => error,
    );
    // S3's answer can be lost on the way, so only the object itself counts.
    const found = await head(this.#client, this.#object).catch((error: unknown) =>
      s3Error(this.#place, `look at ${Key}`, error),
    );
    if (completed instanceof S3Error && !this.#isOwn(found, size)) throw completed;
    if (found instanceof S3Error) throw found;
    if (this.#isOwn(found, size)) return;
    throw new S3Error(
      "s3-object-not-confirmed",
      `bucket ${Bucket}: ${Key} is not there with the ${size} bytes that were sent`,
      { next: "see what the store did with it" },
    );
  }

  #isOwn(found: HeadObjectCommandOutput | S3Error | undefined, size: number): boolean {
    return (
      found !== undefined &&
      !(found instanceof S3Error) &&
      found.Metadata?.[runMetadata] === this.#run &&
      found.ContentLength === size
    );
  }

  async abort(): Promise<void> {
    // A part that arrived after the abort would remain, so sending ends first.
    this.#stop.abort();
    await this.#sending.catch(() => undefined);
    try {
      await this.#client.send(new AbortMultipartUploadCommand(this.#object));
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchUpload") return;
      const cause = s3Error(this.#place, `abort the upload of ${this.#object.Key}`, error);
      const { code, message, next } = cause;
      throw new RecoveryError(code, `parts of an unfinished upload may be left: ${message}`, { next, cause });
    }
  }

  async #take(chunk: Buffer): Promise<void> {
    for (let taken = 0; taken < chunk.length;) {
      const copied = chunk.copy(this.#part, this.#filled, taken);
      taken += copied;
      this.#filled += copied;
      if (this.#filled === this.#part.length) await this.#send();
    }
  }

  async #send(): Promise<void> {
    if (this.#filled === 0) return;
    this.#sending = this.#sendPart(this.#part.subarray(0, this.#filled), this.#parts.length + 1);
    await this.#sending;
    this.#filled = 0;
  }

  async #sendPart(Body: Buffer, PartNumber: number): Promise<void> {
    const command = new UploadPartCommand({ ...this.#object, PartNumber, Body, ChecksumAlgorithm: "CRC32" });
    const what = `write part ${PartNumber} of ${this.#object.Key}`;
    const { ETag, ChecksumCRC32 } = await askS3(this.#place, what, undefined, () =>
      this.#client.send(command, { abortSignal: this.#stop.signal }),
    );
    this.#parts.push({ PartNumber, ETag, ChecksumCRC32 });
  }
}
