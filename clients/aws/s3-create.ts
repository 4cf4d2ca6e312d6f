import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "./s3-client.ts";
import { askS3, S3Error, type S3Place } from "./s3-error.ts";
import type { S3Access, S3Object } from "./s3.ts";

/** Creates small objects, and never changes one. */
export interface S3Creator {
  /**
   * Creates the object. `exists`: one of that name was there, possibly from an earlier try whose answer was lost; it was not
   * changed.
   *
   * @throws S3Error, or the signal's reason.
   */
  create(object: S3Object, text: string, signal: AbortSignal): Promise<"created" | "exists">;
  close(): void;
}

const needs = "the credentials need s3:PutObject on it; docs/buckets.md has the policy";

/** Creates objects in one store. It sends nothing before its first call. */
export function connectS3Creator(access: S3Access): S3Creator {
  const { bucketOwner, region, endpointUrl, endpoint = endpointUrl, keys } = access;
  const client = s3Client({ region, endpoint, keys });
  const store: Omit<S3Place, "bucket"> = { bucketOwner, region, endpoint, needs };
  return {
    async create({ bucket, key }, text, signal) {
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: key,
        ExpectedBucketOwner: bucketOwner,
        Body: text,
        ContentType: "application/jose",
        IfNoneMatch: "*",
      });
      try {
        await askS3({ ...store, bucket }, `create ${key}`, signal, () => client.send(command, { abortSignal: signal }));
        return "created";
      } catch (error) {
        if (error instanceof S3Error && error.code === "s3-object-exists") return "exists";
        throw error;
      }
    },
    close() {
      client.destroy();
    },
  };
}
