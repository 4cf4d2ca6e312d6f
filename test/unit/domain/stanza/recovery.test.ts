import assert from "node:assert/strict";
import fc from "fast-check";
import { readDatabaseAnswer, type DatabaseAnswer } from "../../../../domain/stanza/database-answer.ts";
import { recoveryOf, unarchivedBytes, type StanzaRecovery } from "../../../../domain/stanza/recovery.ts";
import type { RepositoryBackups, StanzaStatus } from "../../../../domain/stanza/status.ts";
import { healthyDatabase } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";

const now = new Date("2026-11-21T01:00:00.000Z");
const oldest = "2026-11-14T01:10:00.000Z";
const newest = "2026-11-20T01:10:00.000Z";
const completed = "2026-11-21T00:58:59.000Z";
const repository: RepositoryBackups = {
  name: "repo1",
  count: 7,
  newest: { full: newest },
  wal: { min: "000000010000000000000001", max: "000000010000000000000010" },
  usable: { count: 7, oldest, newest },
};
const database = (change: object = {}): DatabaseAnswer => readDatabaseAnswer(healthyDatabase(change));

function recovery(repositories: RepositoryBackups[] | undefined, answer = database()): StanzaRecovery {
  const backups = { count: 7, ...(repositories !== undefined && { repositories }) };
  return recoveryOf({ status: { status: "okay", backups }, database: answer, declared: ["repo1"], now });
}

function lossOf(status: StanzaStatus, declared = ["repo1"]): string {
  const { lossNow, windows } = recoveryOf({ status, database: database(), declared, now });
  assert.deepEqual(windows, []);
  return `${lossNow.what}: ${lossNow.why}`;
}

describe("recoveryOf", () => {
  it("reaches from the oldest backup to the completion of the last archived segment", () => {
    assert.deepEqual(recovery([repository]), {
      windows: [{ repository: "repo1", from: oldest, until: completed, atLeastUntil: completed, endedBy: null }],
      // 0/11000060 is 96 bytes behind the end of segment 10.
      lossNow: { what: "since", since: completed, seconds: 61, bytes: 96, why: "" },
    });
  });

  it("counts from before a segment that still waits, when Postgres has forgotten the completion", () => {
    const since = (change: object): unknown =>
      recovery([repository], database({ lastArchivedCompleted: null, ...change })).lossNow.since;
    assert.equal(since({}), "2026-11-21T00:59:00.000Z");
    assert.equal(since({ oldestWaitingSeconds: 7200 }), "2026-11-20T23:00:00.000Z");
  });

  it("says that the archiver fails, and counts from its last success", () => {
    const failing = { failedCount: 3, lastFailed: "2026-11-21T00:59:30.000Z" };
    const { lossNow, windows } = recovery([repository], database(failing));
    assert.deepEqual(
      [windows[0]?.endedBy, windows[0]?.until, lossNow.since],
      ["archiver-failing", completed, completed],
    );
  });

  faultTest([45, 128], "promises no more than the newest backup where WAL is not archived, or did not arrive", () => {
    const withoutWal = { ...repository, wal: { min: null, max: null } };
    for (const [found, endedBy] of [
      [recovery([repository], database({ archiveMode: "off" })), "archiving-off"],
      [recovery([repository], database({ archivesWithPgbackrest: false })), "archiving-off"],
      [recovery([withoutWal]), "wal-missing"],
    ] as const) {
      assert.deepEqual(found.windows, [
        { repository: "repo1", from: oldest, until: null, atLeastUntil: newest, endedBy },
      ]);
      assert.deepEqual(found.lossNow, { what: "since", since: newest, seconds: 85_800, bytes: null, why: "" });
    }
  });

  faultTest(128, "takes the repository that reaches furthest", () => {
    const behind = { ...repository, name: "repo2", wal: { min: null, max: null } };
    const { lossNow, windows } = recovery([behind, repository]);
    assert.deepEqual([windows.map(({ endedBy }) => endedBy), lossNow.since], [["wal-missing", null], completed]);
  });

  faultTest(33, "does not know the cost when only a replica was asked, or Postgres said nothing", () => {
    for (const [answer, why] of [
      [{ unknown: "psql: error" }, /did not report its archiver: psql: error$/],
      [database({ inRecovery: true }), /no primary was found/],
      [database({ lastArchivedWal: null, lastArchived: null }), /does not remember/],
      [database({ lastArchivedWal: "00000002.history" }), /00000002\.history, cannot be compared/],
    ] as const) {
      const { lossNow, windows } = recovery([repository], answer);
      assert.deepEqual([lossNow.what, lossNow.since, lossNow.seconds, lossNow.bytes], ["unknown", null, null, null]);
      assert.match(lossNow.why, why);
      assert.deepEqual([windows[0]?.until, windows[0]?.atLeastUntil], [null, newest]);
      assert.equal(windows[0]?.endedBy, "archiver-unknown");
    }
  });

  faultTest([43, 127], "costs everything only when it is known that no backup can be restored", () => {
    const none = { ...repository, usable: { count: 0 } };
    assert.equal(recovery([none]).lossNow.what, "everything");
    assert.equal(recovery([none, repository]).lossNow.what, "since");
    for (const unclear of [undefined, { count: 0, unknown: 1 }]) {
      const found = recovery([none, { name: "repo2", count: 7, newest: {}, ...(unclear && { usable: unclear }) }]);
      assert.deepEqual([found.windows, found.lossNow.what], [[], "unknown"]);
    }
    assert.equal(recovery(undefined).lossNow.what, "unknown");
  });

  it("knows what each status without an existing stanza means", () => {
    assert.equal(lossOf({ status: "no-stanza", repositories: ["repo1"] }), "everything: there is no stanza");
    assert.match(
      lossOf({ status: "no-stanza", repositories: ["repo2"] }, ["repo1", "repo2"]),
      /^unknown: .* repo2, so/,
    );
    const excused = (because: "backups-disabled" | "shut-down" | "standby"): string =>
      lossOf({ status: "not-applicable", because, reason: "the reason" });
    assert.equal(excused("backups-disabled"), "everything: the reason");
    assert.equal(excused("shut-down"), "unknown: the reason");
    assert.equal(excused("standby"), "unknown: a standby does not archive: ask its primary");
    for (const status of ["broken", "timeout", "unreachable", "no-instance", "backups-removed", "unreadable"] as const)
      assert.match(lossOf({ status, reason: "why so" }), /^unknown: .*why so$/);
  });

  it("never promises a moment after the check or before the oldest backup", () => {
    const moment = fc
      .integer({ min: 0, max: 86_400 * 30 })
      .map((ago) => new Date(now.getTime() - ago * 1000).toISOString());
    const answer = fc.record({
      lastArchived: fc.option(moment),
      lastArchivedCompleted: fc.option(moment),
      oldestWaitingSeconds: fc.option(fc.nat({ max: 86_400 })),
      lastArchivedWal: fc.constantFrom(
        null,
        "000000010000000000000010",
        "000000020000000000000001",
        "00000002.history",
      ),
      inRecovery: fc.boolean(),
      archiveMode: fc.constantFrom("on", "off"),
    });
    fc.assert(
      fc.property(answer, (change) => {
        fc.pre(change.lastArchivedWal === null || change.lastArchived !== null);
        const { lossNow, windows } = recovery([repository], database({ ...change, askedAt: now.toISOString() }));
        for (const { atLeastUntil, endedBy, from, until } of windows) {
          assert(from <= atLeastUntil && Date.parse(atLeastUntil) <= now.getTime());
          if (endedBy !== null && endedBy !== "archiver-failing") assert.equal(until, null);
        }
        assert.equal(lossNow.what === "since", lossNow.seconds !== null);
        if (lossNow.since !== null) assert(lossNow.since >= newest);
      }),
      { numRuns: 100 },
    );
  });
});

describe("unarchivedBytes", () => {
  it("counts from the end of the segment, in segments of any size", () => {
    const bytes = (change: object): unknown => unarchivedBytes(database(change));
    assert.equal(bytes({ currentLsn: "0/11000000" }), 0);
    assert.equal(bytes({ currentLsn: "1/0", lastArchivedWal: "0000000100000000000000FE" }), 16_777_216);
    assert.equal(
      bytes({ currentLsn: "1/4000000", lastArchivedWal: "000000010000000100000000", segmentBytes: 67_108_864 }),
      0,
    );
    assert.equal(bytes({ currentLsn: "0/3000000" }), 0, "never negative");
    for (const change of [{ currentLsn: null }, { segmentBytes: null }, { lastArchivedWal: null }, { currentLsn: "x" }])
      assert.equal(bytes(change), null);
    assert.equal(unarchivedBytes({ unknown: "down" }), null);
  });
});
