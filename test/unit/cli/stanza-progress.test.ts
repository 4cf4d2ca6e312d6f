import assert from "node:assert/strict";
import { ScanProgress } from "../../../cli/stanza/progress.ts";

describe("the progress of a list", () => {
  it("names the cluster that has been awaited for longest, and since when", () => {
    const progress = new ScanProgress();
    assert.equal(progress.text(0), "listing the clusters");
    assert(!progress.awaits);
    progress.started("ac-qr-publishing/ac-qr-db", 3, 1_000);
    progress.started("brr/postgresql", 3, 2_000);
    progress.started("calendar/calendar-db", 3, 3_000);
    assert.equal(progress.text(4_500), "0/3, waiting for ac-qr-publishing/ac-qr-db for 3 s, and for 2 more");
    progress.ended("calendar/calendar-db");
    progress.ended("brr/postgresql");
    assert.equal(progress.text(21_000), "2/3, waiting for ac-qr-publishing/ac-qr-db for 20 s");
    progress.ended("ac-qr-publishing/ac-qr-db");
    assert.equal(progress.text(22_000), "3/3");
    assert(!progress.awaits);
  });
});
