import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import type { ObjectVersion } from "../../domain/registry/versions.ts";
import { s3Client } from "./s3-client.ts";
import { askS3 } from "./s3-error.ts";
import type { S3Access, S3Object } from "./s3.ts";

/** Reads which versions of an object a bucket keeps. */
export interface S3Versions {
  /** The versions and delete markers of one key, newest first. None in a bucket that has never had the object. */
  versions(object: S3Object, signal: AbortSignal): Promise<ObjectVersion[]>;
  close(): void;
}

const needs = "the credentials need s3:ListBucketVersions on the bucket";

/** A client for one store. It sends nothing before its first call, and only reads. */
export function connectS3Versions(access: S3Access): S3Versions {
  const { bucketOwner, region, endpointUrl, endpoint = endpointUrl, keys } = access;
  const client = s3Client({ region, endpoint, keys });
  return {
    async versions({ bucket, key }, signal) {
      const command = new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key, ExpectedBucketOwner: bucketOwner });
      const store = { bucket, bucketOwner, region, endpoint, needs };
      const { Versions = [], DeleteMarkers = [] } = await askS3(store, `list versions of ${key}`, signal, () =>
        client.send(command, { abortSignal: signal }),
      );
      const found = [
        ...Versions.map((one) => ({ ...one, kind: "version" as const })),
        ...DeleteMarkers.map((one) => ({ ...one, Size: 0, kind: "delete-marker" as const })),
      ].filter(({ Key }) => Key === key);
      // Versions of one second have an order of their own, but what is current always comes first.
      return found
        .toSorted((a, b) => Number(b.IsLatest === true) - Number(a.IsLatest === true) || modifiedOf(b) - modifiedOf(a))
        .map((one) => ({
          kind: one.kind,
          versionId: one.VersionId ?? "",
          modified: modifiedOf(one),
          size: one.Size ?? 0,
        }));
    },
    close() {
      client.destroy();
    },
  };
}

function modifiedOf({ LastModified }: { readonly LastModified?: Date | undefined }): number {
  return LastModified?.getTime() ?? 0;
}
