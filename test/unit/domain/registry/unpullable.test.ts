import assert from "node:assert/strict";
import type { BrokenBlob } from "../../../../domain/registry/check.ts";
import { unpullable } from "../../../../domain/registry/unpullable.ts";

const artifact = (repository: string, ...tags: string[]): BrokenBlob["artifacts"][number] => ({
  ...{ project: "shop", repository, digest: "sha256:cd", tags },
});

function broken(changes: Partial<BrokenBlob>): BrokenBlob {
  return {
    ...{ digest: "sha256:ab", problem: "missing", size: 7, neededBy: "artifact" },
    ...{ artifacts: [], key: "k", deleteMarker: null, version: null },
    ...changes,
  };
}

describe("unpullable", () => {
  it("names each tag once, in order, and an artifact without a tag by its digest", () => {
    const blobs = [
      broken({ artifacts: [artifact("shop/web", "v2", "v1"), artifact("shop/app", "v1")] }),
      broken({ problem: "size", artifacts: [artifact("shop/app", "v1"), artifact("shop/bare")] }),
    ];
    assert.deepEqual(unpullable(blobs), ["shop/app:v1", "shop/bare@sha256:cd", "shop/web:v1", "shop/web:v2"]);
  });

  it("leaves out what a proxy cache fetches again, and keeps what it would hand out broken", () => {
    const cached: Partial<BrokenBlob> = { neededBy: "proxy-cache", artifacts: [artifact("mirror/app", "v1")] };
    assert.deepEqual(unpullable([broken(cached)]), []);
    assert.deepEqual(unpullable([broken({ ...cached, problem: "size" })]), ["mirror/app:v1"]);
  });
});
