import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type GetObjectCommandOutput,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import type { SessionKeys } from "../../domain/aws/access-keys.ts";
import type { S3Location } from "../../domain/aws/s3-location.ts";
import type { ListedObject } from "../../domain/walg/storage.ts";
import { s3Client } from "./s3-client.ts";
import { download } from "./s3-download.ts";
import { askS3, type S3Place } from "./s3-error.ts";

/** Which store to use, and with which credentials. */
export interface S3Access {
  /** Region of the bucket, such as `eu-west-2`. */
  readonly region: string;
  /** `scheme://host[:port]` of an S3-compatible store. Default: AWS. */
  readonly endpoint?: string | undefined;
  /** Address at which this machine reaches AWS, such as that of a VPC endpoint. Only without `endpoint`. */
  readonly endpointUrl?: string | undefined;
  /** AWS account that every bucket must belong to. Default: any account. */
  readonly bucketOwner?: string | undefined;
  /** Default: the SDK's chain: environment, profile, single sign-on, role of the machine. */
  readonly keys?: Readonly<SessionKeys> | undefined;
}

/** A range of the keys below a prefix, in their order. */
export interface KeyRange extends S3Location {
  /** Only keys after this one. Default: from the first. */
  readonly after?: string;
  /** Only keys up to and including this one. Default: to the last. */
  readonly through?: string;
}

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
}

/** Receives each page of a listing; `enough` ends the listing. The next page is asked for when it has been taken. */
export type TakePage = (page: readonly ListedObject[]) => TakenPage | Promise<TakenPage>;
type TakenPage = "enough" | undefined;

/** One level below a prefix, like the content of a directory. */
export interface Level {
  /** Names between the prefix and the next slash. */
  readonly folders: readonly string[];
  readonly objects: readonly ListedObject[];
}

/**
 * The requests to S3, all of them read-only. A call ends when its signal aborts.
 *
 * @throws S3Error, or the signal's reason.
 */
export interface S3Client {
  /**
   * Passes every object whose key begins with the prefix to `take`, a page at a time, in the order of keys. It stops when
   * `take` returns `enough`.
   */
  list(range: KeyRange, signal: AbortSignal, take: TakePage): Promise<void>;
  /** Folders and objects right below `prefix/`. */
  level(location: S3Location, signal: AbortSignal): Promise<Level>;
  /** The content of an object that is not big. */
  bytes(object: S3Object, signal: AbortSignal): Promise<Uint8Array>;
  /** The text of an object that is not big. */
  text(object: S3Object, signal: AbortSignal): Promise<string>;
  /** The content of an object of any size, as it arrives. A connection that breaks is replaced. */
  read(object: S3Object, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Whether S3 Intelligent-Tiering has moved an object into one of its archives, from which it has to be restored. */
  isArchived(object: S3Object, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

/**
 * More than the size of a backup's sentinel: WAL-G up to 1.1 lists all files of the database in it, with about 145 bytes
 * each. Newer versions list them in files_metadata.json, which is as big.
 */
const contentBytes = 64 * 1024 * 1024;

/** A client for one store. It sends nothing before its first call. */
export function connectS3({ bucketOwner, region, endpointUrl, endpoint = endpointUrl, keys }: S3Access): S3Client {
  const client = s3Client({ region, endpoint, keys });
  const store: Omit<S3Place, "bucket"> = { bucketOwner, region, endpoint };

  const owned = (bucket: string) => ({ Bucket: bucket, ExpectedBucketOwner: bucketOwner });

  const page = (
    { bucket, prefix }: S3Location,
    signal: AbortSignal,
    more: { StartAfter?: string | undefined; ContinuationToken?: string | undefined; Delimiter?: string },
  ): Promise<ListObjectsV2CommandOutput> =>
    askS3({ ...store, bucket }, `list ${prefix}`, signal, async () => {
      const answer = await client.send(
        new ListObjectsV2Command({
          ...owned(bucket),
          Prefix: prefix,
          OptionalObjectAttributes: ["RestoreStatus"],
          ...more,
        }),
        {
          abortSignal: signal,
        },
      );
      // The SDK reads anything with HTTP 200, such as a proxy's login page, as an empty list.
      if (answer.IsTruncated === undefined) throw new Error("it is no list of objects");
      return answer;
    });

  const content = <T>(
    { bucket, key }: S3Object,
    signal: AbortSignal,
    read: (body: GetObjectCommandOutput["Body"]) => Promise<T>,
  ): Promise<T> =>
    askS3({ ...store, bucket }, `get ${key}`, signal, async () => {
      const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ ...owned(bucket), Key: key }), {
        abortSignal: signal,
      });
      if (ContentLength > contentBytes) throw new Error(`${ContentLength} bytes are more than such an object ever has`);
      return await read(Body);
    });

  return {
    async list({ bucket, prefix, after, through }, signal, take) {
      let next: string | undefined;
      do {
        const answer = await page({ bucket, prefix }, signal, { StartAfter: after, ContinuationToken: next });
        const objects = objectsOf(answer);
        const beyond = through === undefined ? -1 : objects.findIndex(({ key }) => key >= through);
        const taken = await take(
          beyond < 0 ? objects : objects.slice(0, objects[beyond]?.key === through ? beyond + 1 : beyond),
        );
        next = beyond < 0 && taken === undefined ? following(answer) : undefined;
      } while (next !== undefined);
    },

    async level({ bucket, prefix }, signal) {
      const folder = `${prefix}/`;
      const [folders, objects]: [string[], ListedObject[]] = [[], []];
      let next: string | undefined;
      do {
        const answer = await page({ bucket, prefix: folder }, signal, { ContinuationToken: next, Delimiter: "/" });
        folders.push(...(answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix.slice(folder.length, -1)));
        objects.push(...objectsOf(answer));
        next = following(answer);
      } while (next !== undefined);
      return { folders, objects };
    },

    bytes: (object, signal) =>
      content(object, signal, async (body) => (await body?.transformToByteArray()) ?? new Uint8Array()),

    text: (object, signal) => content(object, signal, async (body) => (await body?.transformToString("utf8")) ?? ""),

    read: ({ bucket, key }, signal) => download(client, { ...owned(bucket), Key: key }, { ...store, bucket }, signal),

    isArchived({ bucket, key }, signal) {
      return askS3({ ...store, bucket }, `head ${key}`, signal, async () => {
        const { ArchiveStatus, Restore = "" } = await client.send(
          new HeadObjectCommand({ ...owned(bucket), Key: key }),
          {
            abortSignal: signal,
          },
        );
        return ArchiveStatus !== undefined && !Restore.includes('ongoing-request="false"');
      });
    },

    close() {
      client.destroy();
    },
  };
}

function objectsOf({ Contents = [] }: ListObjectsV2CommandOutput): ListedObject[] {
  return Contents.map(({ ETag, Key = "", Size = 0, LastModified, StorageClass, RestoreStatus }) => ({
    key: Key,
    size: Size,
    modified: LastModified?.getTime() ?? 0,
    storageClass: StorageClass,
    etag: ETag,
    // A restored copy has an end; until it is there, S3 is still at it.
    restored: RestoreStatus?.RestoreExpiryDate !== undefined,
  }));
}

/** The token of the next page; undefined on the last one. */
function following({ IsTruncated, NextContinuationToken }: ListObjectsV2CommandOutput): string | undefined {
  return IsTruncated === true ? NextContinuationToken : undefined;
}
