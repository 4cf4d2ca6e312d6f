import type { DumpBucket } from "../../domain/dump/bucket.ts";
import { dumpDirectorySchema, parseDumpPlace } from "../../domain/dump/dump.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Surroundings } from "../surroundings.ts";
import { directoryTarget } from "./directory.ts";
import type { DumpTarget } from "./target.ts";

/** Where a dump goes. */
export interface DumpPlaceOptions {
  /** A folder, or `s3://BUCKET[/PREFIX]`. */
  readonly directory: string;
  /** What must be true of the bucket; only with `s3://`. Default: see {@link DumpBucket}. */
  readonly bucket?: DumpBucket | undefined;
}

/**
 * The target that the option or setting names.
 *
 * @throws RecoveryError `usage` when it is neither a folder nor a place in S3, or a folder has the options of a bucket.
 */
export async function dumpTarget(
  { bucket, directory }: DumpPlaceOptions,
  surroundings: Surroundings,
): Promise<DumpTarget> {
  const place = parseDumpPlace(directory);
  if (place === undefined)
    throw new RecoveryError(
      "dump-place-invalid",
      dumpDirectorySchema.safeParse(directory).error?.issues[0]?.message ?? "no place for dumps",
    );
  switch (place.kind) {
    case "directory":
      if (bucket !== undefined && Object.values(bucket).some((value) => value !== undefined))
        throw new RecoveryError(
          "dump-place-invalid",
          "the owner, key and endpoint of a bucket need a place in S3: s3://BUCKET[/PREFIX]",
        );
      return directoryTarget(place.directory);
    case "bucket":
      // The SDK is big, so it is loaded only now.
      return (await import("./bucket.ts")).bucketTarget(place.location, bucket ?? {}, surroundings);
  }
}
