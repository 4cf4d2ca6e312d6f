import assert from "node:assert/strict";
import type { NamedBlob } from "../../../../domain/registry/blobs.ts";
import type { Counted, Difference } from "../../../../domain/registry/comparison.ts";
import { BrokenCounts, judgeRegistry, wayBack } from "../../../../domain/registry/findings.ts";
import type { ObjectVersion } from "../../../../domain/registry/versions.ts";

const place = { bucket: "b", prefix: "docker/registry/v2/blobs" };
const all: Counted = { named: 9, namedBytes: 9, stored: 9, unnamed: 0, unnamedBytes: 0 };

function difference(kind: Difference["kind"], neededBy: NamedBlob["neededBy"]): Difference {
  const blob = { digest: "sha256:a", size: 1, neededBy };
  return kind === "missing"
    ? { kind, blob }
    : { kind, blob, stored: { digest: "sha256:a", size: 1, isArchived: kind === "archived" } };
}

function codes(differences: readonly Difference[], counted = all): string[] {
  const broken = new BrokenCounts();
  for (const one of differences) broken.add(one);
  return judgeRegistry(place, counted, broken).map(({ code }) => code);
}

describe("the verdict about a registry", () => {
  const cases: [kind: Difference["kind"], neededBy: NamedBlob["neededBy"], code: string][] = [
    ["missing", "artifact", "registry-blobs-missing"],
    ["missing", "proxy-cache", "registry-cache-missing"],
    ["missing", "nothing", "registry-unneeded-missing"],
    ["size", "artifact", "registry-blobs-different"],
    ["size", "proxy-cache", "registry-blobs-different"],
    ["size", "nothing", "registry-unneeded-missing"],
    ["content", "artifact", "registry-blobs-damaged"],
    ["content", "proxy-cache", "registry-blobs-damaged"],
    ["content", "nothing", "registry-unneeded-missing"],
    ["archived", "artifact", "registry-blobs-archived"],
    ["archived", "proxy-cache", "registry-blobs-archived"],
  ];
  for (const [kind, neededBy, code] of cases) {
    it(`is ${code} for a blob that is ${kind} and needed by ${neededBy}`, () => {
      assert.equal(codes([difference(kind, neededBy)])[0], code);
    });
  }

  it("says that all is there only if nothing that can be pulled is broken", () => {
    assert.deepEqual(codes([]), ["registry-blobs-present"]);
    assert.deepEqual(codes([difference("archived", "nothing")]), ["registry-blobs-present"]);
    assert(!codes([difference("missing", "artifact")]).includes("registry-blobs-present"));
  });

  it("names blobs that the database does not name, as a warning beside the rest", () => {
    assert.deepEqual(codes([], { ...all, unnamed: 1 }), ["registry-blobs-unnamed", "registry-blobs-present"]);
  });
});

describe("the way back of a blob", () => {
  const at = (kind: ObjectVersion["kind"], versionId: string, size: number): ObjectVersion => ({
    ...{ kind, versionId, size, modified: 0 },
  });
  const marker = at("delete-marker", "m", 0);
  const moment = new Date(0).toISOString();

  it("is the newest version of the right size, and the delete marker that hides it", () => {
    const versions = [marker, at("version", "cut", 1), at("version", "whole", 5), at("version", "older", 5)];
    assert.deepEqual(wayBack(versions, 5), {
      deleteMarker: { versionId: "m", modified: moment },
      version: { versionId: "whole", modified: moment, size: 5 },
    });
  });

  it("is any version when the size is not known, and none when every version has another size", () => {
    assert.equal(wayBack([at("version", "one", 1)], null).version?.versionId, "one");
    assert.deepEqual(wayBack([marker, at("version", "cut", 1)], 5).version, null);
    assert.deepEqual(wayBack([], 5), { deleteMarker: null, version: null });
  });

  it("has no delete marker that lies behind a newer version", () => {
    assert.equal(wayBack([at("version", "new", 5), marker], 5).deleteMarker, null);
  });
});
