import { dumpDirectorySchema, parseDumpPlace } from "../../domain/dump/dump.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { directoryTarget } from "./directory.ts";
import type { DumpTarget } from "./target.ts";

/** The target that the option or setting names: a folder, or `s3://BUCKET[/PREFIX]`. */
export async function dumpTarget(text: string): Promise<DumpTarget> {
  const place = parseDumpPlace(text);
  if (place === undefined)
    throw new RecoveryError(
      "dump-place-invalid",
      dumpDirectorySchema.safeParse(text).error?.issues[0]?.message ?? "no place for dumps",
    );
  switch (place.kind) {
    case "directory":
      return directoryTarget(place.directory);
    case "bucket":
      // The SDK is big, so it is loaded only now.
      return (await import("./bucket.ts")).bucketTarget(place.location);
  }
}
