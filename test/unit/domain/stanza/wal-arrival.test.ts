import assert from "node:assert/strict";
import { readDatabaseAnswer } from "../../../../domain/stanza/database-answer.ts";
import { walArrival } from "../../../../domain/stanza/wal-arrival.ts";
import { healthyDatabase } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";

const min = "000000010000000000000001";
const archived = "000000010000000000000010";

/** What follows from the newest WAL in the repository, an hour after the archiver's last success unless `change` says else. */
function arrival(max: string | null, change: object = {}): string {
  const database = readDatabaseAnswer(
    healthyDatabase({
      lastArchivedWal: archived,
      lastArchived: "2026-11-21T00:00:00.000Z",
      askedAt: "2026-11-21T01:00:00.000Z",
      ...change,
    }),
  );
  return walArrival({ min: max === null ? null : min, max }, database);
}

describe("walArrival", () => {
  it("is satisfied by the segment itself, by a later one, and by one of a later timeline", () => {
    for (const max of [archived, "0000000100000000000000FF", "000000020000000000000003"])
      assert.equal(arrival(max), "arrived");
  });

  faultTest(128, "misses WAL that Postgres has archived, when the repository holds less or none", () => {
    assert.equal(arrival("00000001000000000000000F"), "missing");
    assert.equal(arrival(null), "missing");
    assert.equal(arrival("0000000100000000000000FF", { lastArchivedWal: "000000020000000000000003" }), "missing");
    assert.equal(arrival("00000001000000000000000F", { lastArchivedWal: `${archived}.00000028.backup` }), "missing");
  });

  it("allows for what was archived while the repository was listed, but not for an empty one or an old gap", () => {
    const moving = { lastArchived: "2026-11-21T00:59:59.000Z" };
    assert.equal(arrival("00000001000000000000000F", moving), "arrived");
    assert.equal(arrival(null, moving), "missing");
    assert.equal(arrival("00000001000000000000000F", { lastArchived: "2026-11-21T00:59:45.000Z" }), "missing");
    // 256 segments are allowed in that time, and no more.
    assert.equal(
      arrival("000000010000000000000010", { ...moving, lastArchivedWal: "000000010000000100000010" }),
      "arrived",
    );
    assert.equal(
      arrival("000000010000000000000010", { ...moving, lastArchivedWal: "000000010000000100000011" }),
      "missing",
    );
    assert.equal(
      arrival("000000010000000000000010", { ...moving, lastArchivedWal: "000000020000000000000011" }),
      "missing",
    );
  });

  it("does not know without an answer, on a replica, and when the last file is no whole segment", () => {
    assert.equal(walArrival({ min, max: min }, { unknown: "psql: error" }), "unknown");
    assert.equal(walArrival(undefined, readDatabaseAnswer(healthyDatabase())), "unknown");
    assert.equal(arrival(min, { inRecovery: true }), "unknown");
    for (const lastArchivedWal of [null, "00000002.history", `${archived}.partial`])
      assert.equal(arrival(min, { lastArchivedWal }), "unknown");
  });
});
