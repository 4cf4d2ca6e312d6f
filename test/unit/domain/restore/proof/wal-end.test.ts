import assert from "node:assert/strict";
import { chosenBackup } from "../../../../../domain/restore/check.ts";
import type { GatheredPlace } from "../../../../../domain/restore/sources.ts";
import type { ListedObject } from "../../../../../domain/walg/storage.ts";
import { backupObjects, described, listingOf, walgPrefix, walObjects } from "../../../../support/walg.ts";

const modified = Date.parse("2026-11-21T01:00:00Z");

function walEnd(history: GatheredPlace["history"], ...wal: readonly ListedObject[][]) {
  const listing = listingOf(backupObjects(3, modified), ...wal);
  const [backup] = listing.backups;
  assert(backup);
  const place: GatheredPlace = {
    location: { bucket: "bkt", prefix: walgPrefix },
    listing: { found: listing },
    descriptions: new Map([[backup.name, { found: described(backup) }]]),
    history,
  };
  return chosenBackup([place], undefined)?.walEnd;
}

describe("the end of the WAL in the report of restore check", () => {
  it("is the last segment of the backup's timeline when no other follows", () => {
    assert.deepEqual(walEnd(undefined, walObjects(3, 9, modified)), {
      timeline: 1,
      segment: "000000010000000000000009",
    });
  });

  it("is on the newest timeline to which the history leads", () => {
    const history = { found: { timeline: 2, switches: [{ timeline: 1, at: 0x0700_0000n }] } };
    const newer = walObjects(7, 12, modified, { timeline: 2 });
    assert.deepEqual(walEnd(history, walObjects(3, 9, modified), newer), {
      timeline: 2,
      segment: "00000002000000000000000C",
    });
  });

  it("is on the older timeline as long as the newest has no segment", () => {
    const history = { found: { timeline: 2, switches: [{ timeline: 1, at: 0x0700_0000n }] } };
    assert.deepEqual(walEnd(history, walObjects(3, 9, modified)), {
      timeline: 2,
      segment: "000000010000000000000006",
    });
  });

  it("is not known when the history cannot be read, or leaves the backup's timeline before the backup", () => {
    assert.equal(walEnd({ failed: "access is denied" }, walObjects(3, 9, modified)), null);
    const history = { found: { timeline: 2, switches: [{ timeline: 1, at: 0x0200_0000n }] } };
    assert.equal(walEnd(history, walObjects(3, 9, modified)), null);
  });
});
