import assert from "node:assert/strict";
import fc from "fast-check";
import { segmentName } from "../../../../domain/walg/segment-name.ts";
import { WalgListingReader, type ListedObject } from "../../../../domain/walg/storage.ts";
import { listWal } from "../../../../operations/backups/listing.ts";
import { FakeS3 } from "../../../support/fake-s3.ts";
import { at, walgPrefix, walObjects } from "../../../support/walg.ts";

const location = { bucket: "bkt", prefix: walgPrefix };

async function listed(objects: readonly ListedObject[], timeline: number, segment: number, pageSize = 1000) {
  const s3 = new FakeS3("bkt", objects, {}, pageSize);
  const reader = new WalgListingReader(walgPrefix);
  await listWal(s3, location, { timeline, segment }, reader, new AbortController().signal);
  return { wal: reader.listing.wal, requests: s3.requests.length };
}

describe("listWal", function () {
  // The suites of other lanes start whole sandboxes at the same time.
  this.timeout("60s");
  it("reads a long archive in parallel and finds no gap", async () => {
    const { wal, requests } = await listed(walObjects(0, 99_999, at("09:00")), 1, 0);
    assert.deepEqual([...wal], [[1, [{ first: 0, last: 99_999, lastModified: at("09:00") }]]]);
    assert(requests <= 110, `${requests} requests for 100 pages`);
  });

  it("makes few requests for a short archive", async () => {
    const { requests } = await listed(walObjects(5, 40, at("09:00")), 1, 5);
    assert(requests <= 6, `${requests} requests`);
  });

  it("begins at the given segment and includes every later timeline", async () => {
    const { wal } = await listed(
      [...walObjects(0, 9, 1), ...walObjects(8, 12, 2, { timeline: 2 }), ...walObjects(3, 4, 3, { timeline: 5 })],
      1,
      6,
    );
    assert.deepEqual(
      [...wal].map(([timeline, runs]) => [timeline, runs.map(({ first, last }) => [first, last])]),
      [
        [1, [[6, 9]]],
        [2, [[8, 12]]],
        [5, [[3, 4]]],
      ],
    );
  });

  it("finds segments that are not compressed, the first one included", async () => {
    for (const segment of [0, 6]) {
      const bare = walObjects(segment, 9, 1).map((object) => ({ ...object, key: object.key.replace(".lz4", "") }));
      const { wal } = await listed([...walObjects(0, 9, 1).slice(0, segment), ...bare], 1, segment);
      assert.deepEqual(
        wal.get(1)?.map(({ first, last }) => [first, last]),
        [[segment, 9]],
      );
    }
  });

  it("finds what follows a gap of any size", async () => {
    const { wal } = await listed([...walObjects(0, 10, 1), ...walObjects(90_000, 90_001, 2)], 1, 0);
    assert.deepEqual(
      wal.get(1)?.map(({ first, last }) => [first, last]),
      [
        [0, 10],
        [90_000, 90_001],
      ],
    );
  });

  it("finds the same as one complete listing, whatever the archive holds", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.integer({ min: 1, max: 3 }),
            fc.integer({ min: 0, max: 40_000 }),
            fc.constantFrom(".lz4", ".br", "", ".partial.lz4", ".00000028.backup.lz4"),
          ),
          { maxLength: 60 },
        ),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: 1, max: 7 }),
        async (names, timeline, segment, pageSize) => {
          const objects = [
            ...new Set(names.map(([tli, number, end]) => `${walgPrefix}/wal_005/${segmentName(tli, number)}${end}`)),
          ].map((key) => ({ key, size: 1, modified: 1 }));
          const start = `${walgPrefix}/wal_005/${segmentName(timeline, segment)}`;
          const plain = new WalgListingReader(walgPrefix);
          for (const object of objects.filter(({ key }) => key >= start)) plain.add(object);
          assert.deepEqual((await listed(objects, timeline, segment, pageSize)).wal, plain.listing.wal);
        },
      ),
      { numRuns: 100 },
    ));
});
