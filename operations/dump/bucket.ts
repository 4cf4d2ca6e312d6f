import { connectS3Writer } from "../../clients/aws/s3-upload.ts";
import { partBytesFor } from "../../domain/dump/dump.ts";
import { s3Url, type S3Location } from "../../domain/aws/s3-location.ts";
import type { DumpTarget } from "./target.ts";

/** A target in S3. An object appears there completely or not at all, and no object is ever overwritten. */
export async function bucketTarget({ bucket, prefix }: S3Location): Promise<DumpTarget> {
  const writer = await connectS3Writer(bucket);
  let partBytes = partBytesFor(undefined);
  return {
    // S3 has no limit of space. Whether the bucket can be written to is tried when the upload begins.
    async prepare(databaseBytes) {
      partBytes = partBytesFor(await databaseBytes());
    },
    async begin(name, signal) {
      const key = prefix === "" ? name : `${prefix}/${name}`;
      const upload = await writer.begin({ key, contentType: "application/zstd", partBytes }, signal);
      const taken = await writer.exists(key, signal).catch(async (error: unknown) => {
        await upload.abort();
        throw error;
      });
      if (taken) {
        await upload.abort();
        return undefined;
      }
      return {
        file: s3Url({ bucket, prefix: key }),
        stream: upload.stream,
        keep: (size) => upload.complete(size),
        discard: () => upload.abort(),
      };
    },
  };
}
