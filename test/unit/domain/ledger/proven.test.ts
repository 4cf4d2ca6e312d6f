import assert from "node:assert/strict";
import fc from "fast-check";
import type { LedgerEntry, ReadBackup } from "../../../../domain/ledger/entry.ts";
import { provenContents } from "../../../../domain/ledger/proven.ts";
import { walRuns } from "../../../../domain/ledger/wal-runs.ts";
import { WalgListingReader, type ListedObject, type WalgListing } from "../../../../domain/walg/storage.ts";
import { segmentName } from "../../../../domain/walg/segment-name.ts";
import { SegmentTable } from "../../../../domain/walg/segments.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { draftOf } from "../../../support/memory-ledger.ts";

const prefix = "spilo/db/uid/wal/12";
const name = "base_000000010000000000000001";
const day = 86_400_000;
const now = Date.parse("2026-11-24T20:00:00.000Z");

function object(key: string, changes: Partial<ListedObject> = {}): ListedObject {
  return { key: `${prefix}/${key}`, size: 100_000, modified: now - 60 * day, etag: '"e"', ...changes };
}

function objects(): ListedObject[] {
  const wal = Array.from({ length: 300 }, (_, number) => object(`wal_005/${segmentName(1, number + 1)}.lz4`));
  return [
    object(`basebackups_005/${name}/files_metadata.json`),
    object(`basebackups_005/${name}/tar_partitions/part_001.tar.lz4`),
    object(`basebackups_005/${name}_backup_stop_sentinel.json`),
    ...wal,
  ];
}

function listingOf(listed: readonly ListedObject[]): WalgListing {
  const reader = new WalgListingReader(prefix);
  for (const one of listed) reader.add(one);
  return reader.listing;
}

function readBackup(listing: WalgListing, changes: Partial<ReadBackup> = {}): ReadBackup {
  const fingerprint = listing.backups[0]?.fingerprint ?? "";
  const control = { systemIdentifier: "7", controlVersion: 1201 };
  return { name, verdict: "proven", fingerprint, bytes: 1, hasFileList: true, ...control, ...changes };
}

/** A content check of everything in a listing. */
function check(listing: WalgListing, changes: Partial<LedgerEntry> = {}): LedgerEntry {
  const numbers = Array.from({ length: 300 }, (_, number) => number + 1);
  const contents = { backups: [readBackup(listing)], wal: walRuns(1, numbers, listing.segments.get(1)) };
  const draft = draftOf({ kind: "content-check", at: new Date(now - day).toISOString(), contents });
  return { ...draft, version: 1, number: 1, previous: null, tool: "x", ...changes };
}

/** How many backups and segments of a listing need not be read again. */
function counted(
  entries: readonly LedgerEntry[],
  listing: WalgListing,
  days = 30,
): [backups: number, segments: number] {
  const { backups, isSegmentProven } = provenContents(entries, listing, now - days * day);
  const segments = Array.from({ length: 400 }, (_, number) => isSegmentProven(1, number));
  return [backups.size, segments.filter(Boolean).length];
}

describe("what need not be read again", () => {
  it("is what a young check has proven and what has not changed", () => {
    const listing = listingOf(objects());
    assert.deepEqual(counted([check(listing)], listing), [1, 300]);
    assert.deepEqual(counted([], listing), [0, 0]);
  });

  it("is not what only a drill has restored", () => {
    const listing = listingOf(objects());
    assert.deepEqual(counted([check(listing, { kind: "drill" })], listing), [0, 0]);
  });

  it("is WAL in runs of at most 256 segments", () => {
    const listing = listingOf(objects());
    const runs = check(listing).contents?.wal.map(({ first, last }) => [first, last]);
    assert.deepEqual(runs, [
      [1, 255],
      [256, 300],
    ]);
  });

  faultTest(119, "a proof that is too old does not count", () => {
    const listing = listingOf(objects());
    const entry = check(listing, { at: new Date(now - 31 * day).toISOString() });
    assert.deepEqual(counted([entry], listing), [0, 0]);
    assert.deepEqual(counted([entry], listing, 31), [1, 300]);
  });

  for (const [what, change] of Object.entries({
    "another size": { size: 99_999 },
    "a later LastModified": { modified: now },
    "another ETag": { etag: '"f"' },
  })) {
    faultTest(119, `a backup of which one object has ${what} is read again`, () => {
      const entry = check(listingOf(objects()));
      for (const index of [0, 1, 2]) {
        const changed = objects();
        changed[index] = { ...(changed[index] ?? object("")), ...change };
        assert.deepEqual(counted([entry], listingOf(changed)), [0, 300]);
      }
    });
  }

  faultTest(119, "a run with one changed, lost or new segment is read again, and no other run", () => {
    const entry = check(listingOf(objects()));
    const at = objects().findIndex(({ key }) => key.includes(segmentName(1, 260)));
    for (const change of [{ size: 99_999 }, { modified: now }]) {
      const changed = objects();
      changed[at] = { ...(changed[at] ?? object("")), ...change };
      assert.deepEqual(counted([entry], listingOf(changed)), [1, 255]);
    }
    assert.deepEqual(counted([entry], listingOf(objects().toSpliced(at, 1))), [1, 255]);
    const more = [...objects(), object(`wal_005/${segmentName(1, 301)}.lz4`)];
    assert.deepEqual(counted([entry], listingOf(more)), [1, 300]);
  });

  faultTest(119, "a later check that failed ends what earlier ones have proven", () => {
    const listing = listingOf(objects());
    const contents = { backups: [readBackup(listing, { verdict: "failed" })], wal: [] };
    const failed = check(listing, { number: 2, verdict: "failed", contents });
    assert.deepEqual(counted([check(listing), failed], listing), [0, 0]);
    const unread = check(listing, { number: 2, verdict: "unknown", contents: { backups: [], wal: [] } });
    assert.deepEqual(counted([check(listing), unread], listing), [1, 300]);
    assert.deepEqual(counted([failed, check(listing, { number: 3 })], listing), [1, 300]);
    const older = check(listing, { at: new Date(now - 9 * day).toISOString() });
    const { backups } = provenContents([older, check(listing, { number: 2 })], listing, 0);
    assert.equal(backups.get(name)?.provenAt, now - day);
  });
});

describe("runs of WAL", () => {
  it("hold the given segments, each once, in one block each, and a hole has no fingerprint", () => {
    const table = new SegmentTable();
    for (let number = 0; number < 1000; number += 1)
      table.add({ number, modified: number, state: "whole", size: 1, ending: ".lz4" });
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 300 });
    fc.assert(
      fc.property(numbers, (given) => {
        const runs = walRuns(1, given, table);
        const held = runs.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at));
        assert.deepEqual(
          held,
          given.toSorted((a, b) => a - b),
        );
        assert(runs.every(({ first, last }) => first >> 8 === last >> 8));
      }),
      { numRuns: 50 },
    );
    assert.deepEqual(walRuns(1, [1000, 1001], table), []);
  });
});
