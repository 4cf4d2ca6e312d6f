import assert from "node:assert/strict";
import fc from "fast-check";
import type { NamedBlob, StoredBlob } from "../../../../domain/registry/blobs.ts";
import { blobKey, blobsPrefix, digestOfKey, readNamedBlob } from "../../../../domain/registry/blobs.ts";
import { Comparison, type Counted, type Difference } from "../../../../domain/registry/comparison.ts";

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

async function compared(
  named: readonly NamedBlob[],
  pages: readonly (readonly StoredBlob[])[],
): Promise<{ readonly differences: Difference[]; readonly counted: Counted; readonly matched: string[] }> {
  const differences: Difference[] = [];
  const matched: string[] = [];
  const comparison = new Comparison(
    each(named),
    (difference) => differences.push(difference),
    (blob) => matched.push(blob.digest),
  );
  for (const page of pages) await comparison.take(page);
  await comparison.end();
  return { differences, counted: comparison.counted, matched };
}

const digest = fc.constantFrom("a", "b", "c", "d", "e", "f").map((letter) => `sha256:${letter.repeat(64)}`);
const ordered = <T extends { readonly digest: string }>(blob: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc
    .uniqueArray(blob, { selector: (one) => one.digest })
    .map((blobs) => blobs.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)));
const named = ordered(
  fc.record<NamedBlob>({
    digest,
    size: fc.option(fc.nat({ max: 2 }), { nil: undefined }),
    neededBy: fc.constantFrom("artifact", "proxy-cache", "nothing"),
  }),
);
const stored = ordered(fc.record<StoredBlob>({ digest, size: fc.nat({ max: 2 }), isArchived: fc.boolean() }));

describe("the comparison of a database's blobs with a bucket's", () => {
  it("finds what two maps find, whatever the pages of the listing are", () =>
    fc.assert(
      fc.asyncProperty(named, stored, fc.integer({ min: 1, max: 5 }), async (ofDatabase, ofBucket, length) => {
        const pages = Array.from({ length: Math.ceil(ofBucket.length / length) }, (_, page) =>
          ofBucket.slice(page * length, (page + 1) * length),
        );
        const byDigest = new Map(ofBucket.map((one) => [one.digest, one]));
        const expected = ofDatabase.flatMap((blob): Difference[] => {
          const found = byDigest.get(blob.digest);
          if (found === undefined) return [{ kind: "missing", blob }];
          if (blob.size !== undefined && blob.size !== found.size) return [{ kind: "size", blob, stored: found }];
          return found.isArchived ? [{ kind: "archived", blob, stored: found }] : [];
        });
        const { counted, differences, matched } = await compared(ofDatabase, pages);
        assert.deepEqual(differences, expected);
        const broken = new Set(expected.map(({ blob }) => blob.digest));
        assert.deepEqual(
          matched,
          ofDatabase.map((blob) => blob.digest).filter((one) => !broken.has(one)),
        );
        const unnamed = ofBucket.filter((one) => !ofDatabase.some((blob) => blob.digest === one.digest));
        assert.deepEqual(counted, {
          named: ofDatabase.length,
          namedBytes: ofDatabase.reduce((sum, { size }) => sum + (size ?? 0), 0),
          stored: ofBucket.length,
          unnamed: unnamed.length,
          unnamedBytes: unnamed.reduce((sum, { size }) => sum + size, 0),
        });
      }),
    ));

  it("refuses blobs that are out of order or twice, on either side", async () => {
    const of = (letter: string) => `sha256:${letter.repeat(64)}`;
    const name = (letter: string): NamedBlob => ({ digest: of(letter), size: 1, neededBy: "artifact" });
    const store = (letter: string): StoredBlob => ({ digest: of(letter), size: 1, isArchived: false });
    await assert.rejects(compared([name("b"), name("a")], []), /the database does not list blobs in the order/);
    await assert.rejects(compared([name("a"), name("a")], []), /the database/);
    await assert.rejects(compared([], [[store("b")], [store("a")]]), /the bucket does not list blobs in the order/);
    await assert.rejects(compared([], [[store("a"), store("a")]]), /the bucket/);
  });

  it("ends with the error of the database", async () => {
    async function* broken(): AsyncGenerator<NamedBlob> {
      yield { digest: `sha256:${"a".repeat(64)}`, size: 1, neededBy: "artifact" };
      await Promise.resolve();
      throw new Error("cut");
    }
    const comparison = new Comparison(broken(), () => undefined);
    await assert.rejects(comparison.end(), /cut/);
  });
});

describe("a blob's key", () => {
  const hex = "ab".repeat(32);

  it("is the registry's path, below its root folder", () => {
    assert.equal(blobKey("", `sha256:${hex}`), `docker/registry/v2/blobs/sha256/ab/${hex}/data`);
    assert.equal(blobKey("a/b", `sha256:${hex}`), `a/b/docker/registry/v2/blobs/sha256/ab/${hex}/data`);
    for (const root of ["", "a/b"]) {
      const key = blobKey(root, `sha512:${hex}${hex}`) ?? "";
      assert(key.startsWith(blobsPrefix(root)));
      assert.equal(digestOfKey(root, key), `sha512:${hex}${hex}`);
    }
  });

  it("is nothing for a text that is no digest, and no other object has a digest", () => {
    for (const text of ["", "sha256", hex, `sha256:${hex.toUpperCase()}`, "sha256:../../x"])
      assert.equal(blobKey("", text), undefined);
    const key = blobKey("", `sha256:${hex}`) ?? "";
    const others = [`${key}x`, `x${key}`, key.replace("/ab/", "/ac/"), key.replace("/data", "/link"), `root/${key}`];
    for (const other of others) assert.equal(digestOfKey("", other), undefined);
  });

  it("sorts as the digest does", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[0-9a-f]{64}$/), { minLength: 2 }), (hexes) => {
        const digests = hexes.map((one) => `sha256:${one}`).toSorted();
        const keys = digests.map((one) => blobKey("", one) ?? "");
        assert.deepEqual(keys, keys.toSorted());
      }),
    );
  });
});

describe("a line of COPY", () => {
  it("names a blob, whose size may be unknown", () => {
    assert.deepEqual(readNamedBlob("sha256:a\t12\tartifact"), { digest: "sha256:a", size: 12, neededBy: "artifact" });
    assert.deepEqual(readNamedBlob("sha256:a\t\\N\tnothing"), {
      ...{ digest: "sha256:a", size: undefined, neededBy: "nothing" },
    });
  });

  it("is refused when it is anything else", () => {
    for (const line of [
      "",
      "ERROR",
      "sha256:a\t12",
      "sha256:a\t12\tsomebody",
      "sha256:a\t-1\tartifact",
      "\t1\tnothing",
    ])
      assert.throws(() => readNamedBlob(line), /names no blob/);
  });
});
