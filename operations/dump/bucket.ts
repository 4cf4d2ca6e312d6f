import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import { connectS3Writer } from "../../clients/aws/s3-upload.ts";
import type { S3Upload } from "../../clients/aws/s3-upload.ts";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import {
  encryptionRemark,
  isAws,
  publicAccessRemark,
  type BucketRemark,
  type DumpBucket,
} from "../../domain/dump/bucket.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Surroundings } from "../surroundings.ts";
import { partBytesFor } from "../../domain/dump/dump.ts";
import { s3Url, type S3Location } from "../../domain/aws/s3-location.ts";
import type { DumpTarget } from "./target.ts";

/** An upload that is younger may be a dump that still runs, on another machine and with a longer time limit. */
const leastAgeSeconds = 86_400;

/** A target in S3. An object appears there completely or not at all, and no object is ever overwritten. */
export async function bucketTarget(
  { bucket, prefix }: S3Location,
  settings: DumpBucket,
  { now, progress, signal }: Pick<Surroundings, "now" | "progress" | "signal">,
): Promise<DumpTarget> {
  const ignored = ignoredEndpoint("S3", settings.endpointUrl);
  if (ignored !== undefined) progress(ignored);
  const writer = await connectS3Writer(bucket, settings);
  const keyOf = (name: string): string => (prefix === "" ? name : `${prefix}/${name}`);
  let partBytes = partBytesFor(undefined);
  const obey = (remark: BucketRemark | undefined, code: ErrorCode): void => {
    if (remark?.kind === "refuse")
      throw new RecoveryError(code, `bucket ${bucket}: ${remark.text}`, {
        next: "correct the bucket's settings; docs/dump.md says what is needed",
      });
    if (remark !== undefined) progress(`bucket ${bucket}: ${remark.text}`);
  };
  /** Whether an object of that name exists. Throws when the upload would not be encrypted as it must be. */
  const isTaken = async (upload: S3Upload, key: string): Promise<boolean> => {
    obey(encryptionRemark(upload.encryption, settings), "s3-not-encrypted");
    return writer.exists(key, signal);
  };
  return {
    // S3 has no limit of space. Whether the bucket can be written to is tried when the upload begins.
    async check() {
      if (isAws(settings.endpointUrl)) obey(publicAccessRemark(await writer.publicAccess(signal)), "s3-bucket-public");
      await writer.stored.names(keyOf(""), signal);
    },
    async prepare(databaseBytes) {
      if (isAws(settings.endpointUrl)) obey(publicAccessRemark(await writer.publicAccess(signal)), "s3-bucket-public");
      partBytes = partBytesFor(databaseBytes);
    },
    async begin(name) {
      const key = keyOf(name);
      const upload = await writer.begin({ key, contentType: "application/zstd", partBytes }, signal);
      const taken = await isTaken(upload, key).catch(async (error: unknown) => {
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
    list: async (beginning) =>
      (await writer.stored.names(keyOf(beginning), signal)).map((key) => key.slice(keyOf("").length)),
    open: async (name) => ({
      file: s3Url({ bucket, prefix: keyOf(name) }),
      ...(await writer.stored.open(keyOf(name), signal)),
    }),
    async removeLeftovers(beginning, limitSeconds) {
      const before = new Date(now().getTime() - Math.max(limitSeconds, leastAgeSeconds) * 1000);
      return writer.stored.abortUploads(keyOf(beginning), before, signal);
    },
  };
}
