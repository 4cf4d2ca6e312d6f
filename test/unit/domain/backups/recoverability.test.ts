import assert from "node:assert/strict";
import fc from "fast-check";
import { judgeEveryBackup, type GatheredPrefix } from "../../../../domain/backups/recoverability.ts";
import { recoveryWindows } from "../../../../domain/backups/windows.ts";
import { segmentName } from "../../../../domain/walg/segment-name.ts";
import { WalgListingReader, type ListedObject } from "../../../../domain/walg/storage.ts";
import { at, backupObjects, described, walgPrefix } from "../../../support/walg.ts";

type State = "whole" | "missing" | "empty" | "cut" | "archived";
type Damage = "none" | "part" | "control" | "list" | "archived";

/** A prefix as a test draws it: WAL segments from number 0 on, and backups that begin at some of them. */
interface Drawn {
  readonly wal: readonly State[];
  readonly backups: readonly { readonly start: number; readonly length: number; readonly damage: Damage }[];
  /** The segment with which a second timeline begins; none when it is not within the WAL. */
  readonly switchAt: number | undefined;
}

const minute = 60_000;
const begin = at("00:00");
/** When a segment was archived. */
const archived = (segment: number): number => begin + segment * minute;

const drawn: fc.Arbitrary<Drawn> = fc
  .record({
    wal: fc.array(
      fc.oneof(
        { arbitrary: fc.constant<State>("whole"), weight: 12 },
        { arbitrary: fc.constantFrom<State>("missing", "empty", "cut", "archived"), weight: 1 },
      ),
      { minLength: 1, maxLength: 40 },
    ),
    backups: fc.uniqueArray(
      fc.record({
        start: fc.nat(39),
        length: fc.integer({ min: 1, max: 3 }),
        damage: fc.oneof(
          { arbitrary: fc.constant<Damage>("none"), weight: 5 },
          { arbitrary: fc.constantFrom<Damage>("part", "control", "list", "archived"), weight: 1 },
        ),
      }),
      { selector: ({ start }) => start, maxLength: 6 },
    ),
    switchAt: fc.option(fc.integer({ min: 1, max: 39 }), { nil: undefined }),
  })
  .map(({ wal, backups, switchAt }) => ({
    wal,
    switchAt: switchAt !== undefined && switchAt < wal.length ? switchAt : undefined,
    // A backup that crosses the switch would be cancelled by it.
    backups: backups
      .filter(({ start, length }) => switchAt === undefined || start >= switchAt || start + length < switchAt)
      .toSorted((a, b) => a.start - b.start),
  }));

function timelineAt({ switchAt }: Drawn, segment: number): number {
  return switchAt !== undefined && segment >= switchAt ? 2 : 1;
}

function walObject(prefix: Drawn, segment: number, state: State): ListedObject[] {
  if (state === "missing") return [];
  const key = `${walgPrefix}/wal_005/${segmentName(timelineAt(prefix, segment), segment)}.lz4`;
  const size = { whole: 70_000, archived: 70_000, empty: 0, cut: 300 }[state];
  const storageClass = state === "archived" ? "GLACIER" : undefined;
  return [{ key, size, modified: archived(segment), storageClass }];
}

function damaged(objects: readonly ListedObject[], damage: Damage): ListedObject[] {
  switch (damage) {
    case "none":
      return [...objects];
    case "part":
      return objects.filter(({ key }) => !key.includes("part_001"));
    case "control":
      return objects.filter(({ key }) => !key.includes("pg_control"));
    case "list":
      return objects.filter(({ key }) => !key.includes("files_metadata"));
    case "archived":
      return objects.map((object) => ({ ...object, storageClass: "DEEP_ARCHIVE" }));
  }
}

function gathered(prefix: Drawn): GatheredPrefix {
  const reader = new WalgListingReader(walgPrefix);
  prefix.wal.forEach((state, segment) => {
    for (const object of walObject(prefix, segment, state)) reader.add(object);
  });
  for (const { start, length, damage } of prefix.backups) {
    const timeline = timelineAt(prefix, start);
    const objects = backupObjects(start, archived(start + length - 1) + minute / 2, { timeline });
    for (const object of damaged(objects, damage)) reader.add(object);
  }
  const { switchAt } = prefix;
  if (switchAt !== undefined)
    reader.add({ key: `${walgPrefix}/wal_005/00000002.history.lz4`, size: 60, modified: archived(switchAt) });
  const listing = reader.listing;
  const lengths = new Map(prefix.backups.map(({ start, length }) => [start, length]));
  const descriptions = listing.backups.map((backup) => {
    const length = lengths.get(backup.startSegment) ?? 1;
    const last = backup.startSegment + length - 1;
    const finishLsn = BigInt(last) * 0x100_0000n + 256n;
    const found = described(backup, { lastNeededSegment: last, finishLsn, compressedSize: 9400 });
    return [backup.name, { found }] as const;
  });
  const switches = switchAt === undefined ? [] : [{ timeline: 1, at: BigInt(switchAt) * 0x100_0000n + 8n }];
  return {
    location: { bucket: "bkt", prefix: walgPrefix },
    listing,
    descriptions: new Map(descriptions),
    histories: new Map(switchAt === undefined ? [] : [[2, { found: { timeline: 2, switches } }]]),
  };
}

/** The same question, answered one segment after the other. */
function naive({ wal, backups }: Drawn) {
  return backups.map(({ start, length, damage }) => {
    let last = start - 1;
    while (wal[last + 1] === "whole") last += 1;
    const restorable = damage === "none" && last >= start + length - 1;
    // Nothing is said to end a recovery where there is no WAL behind it.
    const goesOn = wal.slice(last + 1).some((state) => state !== "missing");
    return { start, restorable, last: restorable ? last : undefined, endsEarly: restorable && goesOn };
  });
}

/** The moments in windows, by trying every segment: whether some backup's recovery reaches its end. */
function naiveReachable(prefix: Drawn): number[] {
  const judged = naive(prefix);
  return prefix.wal.flatMap((_, segment) =>
    judged.some(({ start, last }) => last !== undefined && start <= segment && segment <= last) ? [segment] : [],
  );
}

describe("judgeEveryBackup and recoveryWindows, against a naive model", () => {
  it("agree on what can be restored, how far, and why not further", () => {
    fc.assert(
      fc.property(drawn, (prefix) => {
        const judged = judgeEveryBackup(gathered(prefix)).toSorted(
          (a, b) => a.backup.startSegment - b.backup.startSegment,
        );
        assert.deepEqual(
          judged.map(({ backup, restorable, window }) => ({
            start: backup.startSegment,
            restorable: restorable === "yes",
            last: window?.lastNumber,
            endsEarly: window?.end !== undefined,
          })),
          naive(prefix),
        );
        for (const { findings, restorable } of judged)
          assert.equal(
            restorable !== "yes",
            findings.some(({ severity }) => severity === "refuse"),
          );
      }),
      { numRuns: 1000 },
    );
  });

  it("agree on the moments without a hole", () => {
    fc.assert(
      fc.property(drawn, (prefix) => {
        const judged = judgeEveryBackup(gathered(prefix));
        const windows = recoveryWindows(judged);
        const starts = new Map(judged.map(({ backup }) => [backup.name, backup.startSegment]));
        const ends = new Map(judged.map(({ backup, window }) => [backup.name, window?.lastNumber ?? -1]));
        const inWindows = new Set<number>();
        for (const { backups } of windows) {
          // Backups may overlap, so the first one to finish need not be the first one to begin.
          const first = Math.min(...backups.map((name) => starts.get(name) ?? 0));
          const last = Math.max(...backups.map((name) => ends.get(name) ?? -1));
          for (let segment = first; segment <= last; segment += 1) inWindows.add(segment);
        }
        assert.deepEqual(
          [...inWindows].toSorted((a, b) => a - b),
          naiveReachable(prefix),
        );
        assert.deepEqual(
          windows.flatMap(({ from, until }) => [from, until]),
          windows.flatMap(({ from, until }) => [from, until]).toSorted((a = 0, b = 0) => a - b),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
