import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "./s3-client.ts";
import { askS3, type S3Place } from "./s3-error.ts";
import type { S3Access, S3Object } from "./s3.ts";

/** Creates and deletes one small object, to find out whether a bucket can be written to. */
export interface S3Probe {
  /** Creates the object. */
  put(object: S3Object, signal: AbortSignal): Promise<void>;
  /** Deletes the object. In a bucket with versions only a delete marker is added. */
  remove(object: S3Object, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface ProbeAccess extends S3Access {
  /** Customer-managed key with which backups are encrypted. Default: S3's own. */
  readonly kmsKey?: string | undefined;
}

const needs =
  "the credentials need s3:PutObject and s3:DeleteObject below spilo/ (and kms:GenerateDataKey for a key of your own); docs/buckets.md has the writer's policy";

/**
 * A probe for one store. It sends nothing before its first call. Its requests ask for the encryption for which WAL-G
 * asks, because a bucket's policy or the key's may refuse any other.
 */
export function connectS3Probe(access: ProbeAccess): S3Probe {
  const { bucketOwner, region, endpointUrl, endpoint = endpointUrl, keys, kmsKey } = access;
  const client = s3Client({ region, endpoint, keys });
  const store: Omit<S3Place, "bucket"> = { bucketOwner, region, endpoint, needs };
  const named = ({ bucket, key }: S3Object) => ({ Bucket: bucket, Key: key, ExpectedBucketOwner: bucketOwner });
  return {
    async put(object, signal) {
      const command = new PutObjectCommand({
        ...named(object),
        Body: "postgres-recovery checks that backups can be written here\n",
        ...encryption(access.endpoint, kmsKey),
      });
      await askS3({ ...store, bucket: object.bucket }, `put ${object.key}`, signal, () =>
        client.send(command, { abortSignal: signal }),
      );
    },
    async remove(object, signal) {
      await askS3({ ...store, bucket: object.bucket }, `delete ${object.key}`, signal, () =>
        client.send(new DeleteObjectCommand(named(object)), { abortSignal: signal }),
      );
    },
    close() {
      client.destroy();
    },
  };
}

/** Spilo switches encryption off beside an endpoint (configure_spilo.py). */
function encryption(endpoint: string | undefined, kmsKey: string | undefined) {
  if (kmsKey !== undefined) return { ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKey } as const;
  return endpoint === undefined ? ({ ServerSideEncryption: "AES256" } as const) : {};
}
