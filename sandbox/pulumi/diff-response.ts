import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb.js";
import type { ChangeKind } from "./property-diff.ts";

/** Tells the engine what changed, by property path. `replaces` says which changes replace the resource. */
export function diffResponse(
  changes: ReadonlyMap<string, ChangeKind>,
  replaces: (path: string) => boolean,
): DiffResponse {
  const response = new provider.DiffResponse()
    .setChanges(
      changes.size > 0 ? provider.DiffResponse.DiffChanges.DIFF_SOME : provider.DiffResponse.DiffChanges.DIFF_NONE,
    )
    .setDiffsList([...new Set([...changes.keys()].map(topLevel))])
    .setHasdetaileddiff(true);
  for (const [path, kind] of changes) {
    const replace = replaces(path);
    if (replace) response.addReplaces(path);
    response.getDetaileddiffMap().set(path, new provider.PropertyDiff().setKind(wireKind(kind, replace)));
  }
  return response;
}

/** The property at the start of a path. */
export function topLevel(path: string): string {
  return path.replace(/[.[].*/, "");
}

function wireKind(kind: ChangeKind, replace: boolean): PropertyDiff.Kind {
  const { Kind } = provider.PropertyDiff;
  switch (kind) {
    case "add":
      return replace ? Kind.ADD_REPLACE : Kind.ADD;
    case "delete":
      return replace ? Kind.DELETE_REPLACE : Kind.DELETE;
    case "update":
      return replace ? Kind.UPDATE_REPLACE : Kind.UPDATE;
  }
}
