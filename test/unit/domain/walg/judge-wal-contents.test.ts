import assert from "node:assert/strict";
import type { SegmentReading } from "../../../../domain/walg/contents.ts";
import { judgeWal } from "../../../../domain/walg/wal-continuity.ts";
import type { WalContent } from "../../../../domain/walg/wal-pages.ts";
import { faultSuite } from "../../../support/fault-test.ts";
import { at, backupObjects, described, listingOf, walObjects } from "../../../support/walg.ts";

const listing = listingOf(backupObjects(3, at("01:00")), walObjects(3, 6, at("02:00"), { from: at("00:59") }));

/** A segment of the numbers 3 to 6 that continues a record, and whose last record goes on in the next one. */
function full(number: number, changes: Partial<WalContent> = {}): SegmentReading {
  const [previous, last] = [BigInt(number - 1), BigInt(number)];
  const end = { kind: "full", missing: number * 10 } as const;
  return {
    kind: "wal",
    wal: { systemIdentifier: "1", continues: (number - 1) * 10, overwrites: false, previous, last, end, ...changes },
  };
}

/** Says of contents what the listing alone does not. */
function said(changes: Readonly<Record<number, SegmentReading>>): string {
  const contents = new Map([3, 4, 5, 6].map((number) => [number, changes[number] ?? full(number)]));
  const [backup] = listing.backups;
  assert(backup !== undefined);
  const descriptions = new Map([[backup.name, described(backup)]]);
  return judgeWal(listing, { backup, target: undefined, descriptions, history: undefined, contents }, "s3://b/p")
    .map(({ code, what }) => `${code}: ${what}`)
    .join("\n");
}

const whole =
  "wal-content-read: 4 segments from 000000010000000000000003 to 000000010000000000000006 were read: the WAL of this database, record by record";

describe("segments that continue each other", () => {
  it("are accepted when the last record of each goes on in the next one", () => {
    assert.equal(said({}), whole);
  });

  it("are accepted when PostgreSQL left one early", () => {
    assert.equal(said({ 4: full(4, { end: { kind: "switch" } }), 5: full(5, { continues: 0 }) }), whole);
  });

  it("are accepted when one record fills a whole segment", () => {
    const inside = full(4, { continues: 30, previous: undefined, last: undefined });
    assert.equal(said({ 4: inside, 5: full(5, { previous: 3n }) }), whole);
  });

  it("are accepted when a record that was never completed is replaced", () => {
    assert.equal(said({ 5: full(5, { continues: 0, overwrites: true, previous: 1n }) }), whole);
  });
});

faultSuite(89, "segments that do not continue each other", () => {
  const broken =
    /^wal-content-broken: 000000010000000000000005 does not go on where 000000010000000000000004 ends: another server/;

  it("are refused when a record does not go on with as many bytes as it lacks", () => {
    assert.match(said({ 5: full(5, { continues: 0 }) }), broken);
    assert.match(said({ 5: full(5, { continues: 41 }) }), broken);
    assert.match(said({ 4: full(4, { end: { kind: "switch" } }) }), broken);
  });

  it("are refused when the first record names another one before it", () => {
    assert.match(said({ 5: full(5, { previous: 3n }) }), broken);
  });

  it("are refused when one ends inside, unless it is the last one", () => {
    const end = { kind: "inside", at: 0x500_1000n, why: "has no record there" } as const;
    const refused = "wal-content-broken: 000000010000000000000005 ends at 0/5001000: it has no record there: ";
    assert.equal(said({ 5: full(5, { end }) }).slice(0, refused.length), refused);
    assert.equal(said({ 6: full(6, { end: { ...end, at: 0x600_1000n } }) }), whole);
    const empty = { ...end, at: 0x600_0000n };
    assert.match(
      said({ 6: full(6, { end: empty }) }),
      /^wal-content-broken: 000000010000000000000006 ends at 0\/6000000/,
    );
  });

  it("are judged as far as they were read", () => {
    const unread = { kind: "unread", why: "access is denied" } as const;
    const both = said({ 4: unread, 6: { kind: "damaged", why: "the LZ4 frame is cut" } });
    assert.match(
      both,
      /^wal-content-damaged: 000000010000000000000006 is damaged: the LZ4 frame is cut: PostgreSQL would/,
    );
    assert.match(both, /\nwal-content-unread: has 1 segment that was not read: access is denied$/);
  });
});
