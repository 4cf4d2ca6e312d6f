import assert from "node:assert/strict";
import fc from "fast-check";
import { monthlyCost } from "../../../../domain/fleet/cost.ts";
import type { FleetCluster } from "../../../../domain/fleet/report.ts";
import { fleetRows } from "../../../../domain/fleet/row.ts";
import { fleetStatuses, judgeCluster, judgeFleet, rank } from "../../../../domain/fleet/status.ts";
import { daysAgo, drills, fleetOf, goodCluster } from "../../../support/fleet-sample.ts";

/** The status of a good cluster with changes, and the kinds of its reasons. */
function judged(changes: Partial<FleetCluster>, whole = fleetOf([])): [status: string, ...kinds: string[]] {
  const { reasons, status } = judgeCluster(goodCluster(changes), whole);
  return [status, ...reasons.map(({ kind }) => kind)];
}

const withoutTargets = fleetOf([], { targets: undefined });
const unknown = { status: "unknown", why: "it did not answer" } as const;
const proof = {
  at: daysAgo(1),
  kind: "drill",
  outcome: "proven",
  backup: null,
  rpoSeconds: 60,
  rtoSeconds: 60,
  bytes: null,
} as const;
const entries = (
  ...list: { at?: string; outcome?: "proven" | "failed" | "not-proven"; rtoSeconds?: number | null }[]
) => ({
  status: "known" as const,
  entries: list.map((changes) => ({ ...proof, ...changes })),
});

describe("judgeCluster", () => {
  const cases: [what: string, changes: Partial<FleetCluster>, expected: string[]][] = [
    ["everything is known and right", {}, ["okay"]],
    ["there is no backup", { newestBackup: { status: "none" } }, ["problem", "no-backup"]],
    ["the newest backup is not known", { newestBackup: unknown }, ["unknown", "newest-backup-unknown"]],
    [
      "the newest backup is in the future",
      { newestBackup: { status: "known", name: null, type: "full", finishedAt: daysAgo(-1) } },
      ["unknown", "clock-wrong"],
    ],
    [
      "the newest backup cannot be restored",
      { backups: [{ name: "a", type: "full", finishedAt: daysAgo(1), bytes: 1, restorable: "no" }] },
      ["problem", "newest-backup-broken"],
    ],
    [
      "an older backup cannot be restored",
      {
        backups: [
          { name: "a", type: "full", finishedAt: daysAgo(2), bytes: 1, restorable: "no" },
          { name: "b", type: "full", finishedAt: daysAgo(1), bytes: 1, restorable: "yes" },
        ],
      },
      ["warning", "older-backup-broken"],
    ],
    [
      "whether a backup can be restored is not known",
      { backups: [{ name: "a", type: "full", finishedAt: daysAgo(1), bytes: 1, restorable: "unknown" }] },
      ["unknown", "backup-unknown"],
    ],
    ["the recovery window is not known", { recovery: unknown }, ["unknown", "recovery-unknown"]],
    ["there is no recovery window", { recovery: { status: "known", windows: [] } }, ["problem", "no-window"]],
    [
      "the recovery window has ended",
      {
        recovery: {
          status: "known",
          windows: [{ from: daysAgo(9), until: daysAgo(3), endedBy: "a segment is missing" }],
        },
      },
      ["problem", "recovery-ends"],
    ],
    [
      "the recovery window has a gap",
      {
        recovery: {
          status: "known",
          windows: [
            { from: daysAgo(9), until: daysAgo(8), endedBy: "x" },
            { from: daysAgo(7), until: daysAgo(0), endedBy: null },
          ],
        },
      },
      ["warning", "recovery-gap"],
    ],
    [
      "a loss costs just what the target allows",
      { lossNow: { status: "since", since: daysAgo(1), seconds: 900 } },
      ["okay"],
    ],
    [
      "a loss costs more than the target allows",
      { lossNow: { status: "since", since: daysAgo(1), seconds: 901 } },
      ["problem", "loss-over-target"],
    ],
    ["a loss costs everything", { lossNow: { status: "everything" } }, ["problem", "loss-everything"]],
    ["what a loss costs is not known", { lossNow: unknown }, ["unknown", "loss-unknown"]],
    [
      "what a loss costs was not asked although there is a target",
      { lossNow: undefined },
      ["unknown", "loss-not-asked"],
    ],
    ["nothing was ever proven", { proofs: entries() }, ["problem", "never-proven", "restore-not-measured"]],
    [
      "the last proof failed",
      { proofs: entries({ at: daysAgo(2) }, { outcome: "failed" }) },
      ["problem", "proof-failed"],
    ],
    ["the last proof is older than the target", { proofs: entries({ at: daysAgo(14.1) }) }, ["problem", "proof-old"]],
    ["the last proof is in the future", { proofs: entries({ at: daysAgo(-2) }) }, ["unknown", "clock-wrong"]],
    [
      "an entry without a valid signature proves nothing",
      { proofs: entries({ outcome: "not-proven" }) },
      ["problem", "never-proven", "restore-not-measured", "proof-unsigned"],
    ],
    ["the ledger could not be read", { proofs: unknown }, ["unknown", "proof-unknown", "restore-not-measured"]],
    [
      "the ledger was not read although there is a target",
      { proofs: undefined },
      ["unknown", "proof-not-asked", "restore-not-measured"],
    ],
    [
      "a restore takes longer than the target",
      { proofs: entries({ rtoSeconds: 3601 }) },
      ["problem", "restore-over-target"],
    ],
    ["nothing watches it", { watch: { status: "not-watched" } }, ["not-watched", "not-watched"]],
    ["what watches it is not known", { watch: unknown }, ["unknown", "watch-unknown"]],
    ["its alarm was never proven", { alarm: { status: "never" } }, ["warning", "alarm-never-proven"]],
    [
      "its alarm did not arrive",
      { alarm: { status: "failed", at: daysAgo(1), why: "no subscription" } },
      ["problem", "alarm-failed"],
    ],
    ["whether its alarm arrives is not known", { alarm: unknown }, ["unknown", "alarm-unknown"]],
    ["no backups are expected", { notExpected: "standby", newestBackup: { status: "none" } }, ["not-expected"]],
    [
      "no backups are expected, and a finding says that data is lost",
      { notExpected: "standby", findings: [{ severity: "refuse", code: "a-code", what: "lost", fix: "" }] },
      ["problem", "a-code"],
    ],
  ];
  for (const [what, changes, expected] of cases)
    it(what, () => {
      assert.deepEqual(judged(changes), expected);
    });

  it("a cluster of whose backups nothing was asked is unknown, also without targets", () => {
    const bare = {
      backups: undefined,
      lossNow: undefined,
      newestBackup: undefined,
      proofs: undefined,
      recovery: undefined,
    };
    assert.deepEqual(judged(bare, withoutTargets), ["unknown", "not-looked-at"]);
  });

  it("the targets of a cluster count instead of those of the report", () => {
    const targets = { rpoSeconds: 100, rtoSeconds: null, proofAgeSeconds: null };
    assert.deepEqual(judged({ targets }), ["problem", "loss-over-target"]);
    assert.deepEqual(judged({ targets: { ...targets, rpoSeconds: null }, proofs: undefined }), ["okay"]);
  });

  it("without a target, a cluster that was never proven is a warning", () => {
    assert.deepEqual(judged({ proofs: entries() }, withoutTargets), ["warning", "never-proven"]);
  });

  it("the status is never better than a reason or a finding", () => {
    const severities = fc.constantFrom("refuse" as const, "unknown" as const, "warn" as const, "ok" as const);
    const parts = fc.record({
      watch: fc.constantFrom(undefined, unknown, { status: "not-watched" as const }),
      newestBackup: fc.constantFrom(undefined, unknown, { status: "none" as const }),
      lossNow: fc.constantFrom(undefined, unknown, { status: "everything" as const }),
      proofs: fc.constantFrom(undefined, unknown, { status: "known" as const, entries: drills(2, 10_000) }),
      findings: fc.array(
        severities.map((severity) => ({ severity, code: "a-code", what: "", fix: "" })),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(parts, (changes) => {
        const { reasons, status } = judgeCluster(goodCluster(changes), fleetOf([]));
        const gravest = Math.min(...reasons.map((reason) => rank(reason.status)), fleetStatuses.indexOf("okay"));
        assert.equal(rank(status), gravest);
        if (changes.newestBackup?.status === "unknown") assert.notEqual(status, "okay");
      }),
      { numRuns: 100 },
    );
  });
});

describe("judgeFleet", () => {
  const kinds = (changes: Parameters<typeof fleetOf>[1]) =>
    judgeFleet(fleetOf([goodCluster()], changes)).map(({ kind, status }) => `${status} ${kind}`);

  it("says when clusters may be missing, and when nobody recorded what was asked", () => {
    assert.deepEqual(kinds({}), []);
    assert.deepEqual(kinds({ sources: [{ source: "stanza list", status: "partial", detail: "403 in team-a" }] }), [
      "unknown source-incomplete",
    ]);
    assert.deepEqual(kinds({ sources: [] }), ["unknown sources-unknown"]);
    assert.deepEqual(kinds({ clusters: [] }), ["unknown no-clusters"]);
  });

  it("says when the last alarm did not arrive", () => {
    assert.deepEqual(kinds({ alarm: { status: "failed", at: daysAgo(1), why: "no queue" } }), ["problem alarm-failed"]);
    assert.deepEqual(kinds({ alarm: { status: "never" } }), ["warning alarm-never-proven"]);
  });
});

describe("fleetRows", () => {
  it("puts the gravest first, then sorts by name", () => {
    const clusters = [
      goodCluster({ name: "b" }),
      goodCluster({ name: "a" }),
      goodCluster({ name: "z", newestBackup: { status: "none" } }),
    ];
    assert.deepEqual(
      fleetRows(fleetOf(clusters)).map(({ title }) => title),
      ["calendar/z", "calendar/a", "calendar/b"],
    );
  });
});

describe("monthlyCost", () => {
  const prices = { currency: "USD", asOf: null, perGibibyteMonth: { STANDARD: 0.02, GLACIER: 0.004 } };
  const stored = (bytes: number, classes?: { storageClass: string; bytes: number }[]) => ({
    storage: { status: "known" as const, bytes, ...(classes && { classes }) },
  });

  it("adds the storage classes, each with its price", () => {
    const classes = [
      { storageClass: "STANDARD", bytes: 100 * 2 ** 30 },
      { storageClass: "GLACIER", bytes: 50 * 2 ** 30 },
    ];
    assert.equal(monthlyCost(stored(150 * 2 ** 30, classes), prices)?.toFixed(6), "2.200000");
  });

  for (const [what, storage] of [
    ["a class has no price", stored(10, [{ storageClass: "OTHER", bytes: 10 }])],
    ["the classes are not the whole", stored(11, [{ storageClass: "STANDARD", bytes: 10 }])],
    ["the classes are not known", stored(10)],
    ["the size is not known", { storage: unknown }],
    ["nobody asked", {}],
  ] as const)
    it(`is not known when ${what}`, () => {
      assert.equal(monthlyCost(storage, prices), undefined);
    });
});
