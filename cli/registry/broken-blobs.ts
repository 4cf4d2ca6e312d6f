import { listedBlobs, type BrokenBlob, type RegistryCheckReport } from "../../domain/registry/check.ts";
import { fittedTable } from "../table.ts";

/** What cannot be pulled, why, and how it can be had back, as lines with an empty one at the end. None when all is there. */
export function brokenBlobs({ blobs, counted }: Pick<RegistryCheckReport, "blobs" | "counted">): string[] {
  if (blobs.length === 0) return [];
  const all = counted === null ? 0 : counted.missing + counted.different + (counted.damaged ?? 0) + counted.archived;
  const more = all - blobs.length;
  return [brokenTable(blobs), ...(more > 0 ? [`and ${more} more; at most ${listedBlobs} are listed`] : []), ""];
}

function brokenTable(blobs: readonly BrokenBlob[]): string {
  const rows = blobs.map((blob) => [blob.digest, blob.problem, affected(blob), wayBackText(blob)]);
  return fittedTable(["BLOB", "PROBLEM", "NEEDED BY", "CAN BE HAD BACK FROM"], rows, { width: Infinity });
}

function affected({ artifacts, neededBy }: BrokenBlob): string {
  if (artifacts.length === 0) return neededBy === "nothing" ? "-" : neededBy;
  return artifacts
    .map(({ digest, repository, tags }) => `${repository}:${tags.length === 0 ? digest : tags.join(",")}`)
    .join("\n");
}

function wayBackText({ deleteMarker, problem, version }: BrokenBlob): string {
  if (problem === "archived") return "the object itself, once S3 has restored it";
  if (version === null) return "nothing: push it again";
  const what = `version ${version.versionId} of ${version.modified}`;
  return deleteMarker === null ? what : `${what}; delete the delete marker ${deleteMarker.versionId}`;
}
