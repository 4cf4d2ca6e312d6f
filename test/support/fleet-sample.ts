import type { FleetCluster, FleetReport } from "../../domain/fleet/report.ts";

const day = 86_400_000;
/** The moment of the samples. */
export const sampleMoment = Date.parse("2026-11-28T06:00:00Z");

/** A moment some days before that of the samples. */
export function daysAgo(days: number): string {
  return new Date(sampleMoment - days * day).toISOString();
}

/** A cluster about which everything is known and right. */
export function goodCluster(changes: Partial<FleetCluster> = {}): FleetCluster {
  return {
    kubernetes: "production",
    namespace: "calendar",
    name: "calendar-db",
    operator: "pgo",
    stanza: "db",
    stanzaStatus: "Okay",
    watch: { status: "watched", by: ["stack production"] },
    newestBackup: { status: "known", name: null, type: "differential", finishedAt: daysAgo(0.2) },
    newestFullAt: daysAgo(1.2),
    backups: dailyBackups(30, 40e9),
    recovery: { status: "known", windows: [{ from: daysAgo(30), until: daysAgo(0.002), endedBy: null }] },
    lossNow: { status: "since", since: daysAgo(0.002), seconds: 173 },
    proofs: { status: "known", entries: drills(8, 500) },
    storage: {
      status: "known",
      bytes: 412_000_000_000,
      classes: [{ storageClass: "STANDARD", bytes: 412_000_000_000 }],
    },
    findings: [],
    ...changes,
  };
}

/** One backup a day, a full one each week, the newest a fifth of a day old. */
function dailyBackups(days: number, bytes: number): NonNullable<FleetCluster["backups"]> {
  return Array.from({ length: days }, (_, index) => {
    const age = days - 1 - index + 0.2;
    const isFull = index % 7 === 0;
    return {
      name: daysAgo(age).slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-") + (isFull ? "F" : "D"),
      type: isFull ? "full" : "differential",
      finishedAt: daysAgo(age),
      bytes: Math.round(bytes * (1 + index / 60) * (isFull ? 1 : 0.08)),
      restorable: "yes",
    };
  });
}

/** A proven drill each week. */
export function drills(count: number, seconds: number) {
  return Array.from({ length: count }, (_, index) => ({
    at: daysAgo((count - 1 - index) * 7 + 2),
    kind: "drill" as const,
    outcome: "proven" as const,
    backup: null,
    rpoSeconds: 120 + index,
    rtoSeconds: seconds + ((index * 37) % 90),
    bytes: 40e9,
  }));
}

/** A report of the given clusters, with targets, prices and a proven alarm. */
export function fleetOf(clusters: FleetCluster[], changes: Partial<FleetReport> = {}): FleetReport {
  return {
    version: 1,
    gatheredAt: new Date(sampleMoment).toISOString(),
    sources: [
      { source: "stanza list --context production", status: "complete", detail: `${clusters.length} clusters` },
    ],
    targets: { rpoSeconds: 900, rtoSeconds: 3600, proofAgeSeconds: 14 * 86_400 },
    alarm: { status: "proven", at: daysAgo(0.1), sink: "arn:aws:sns:eu-west-2:111122223333:backups" },
    prices: { currency: "USD", asOf: "2026-11-01", perGibibyteMonth: { STANDARD: 0.024 } },
    clusters,
    ...changes,
  };
}

/** One cluster for each way in which a cluster can stand, and for each shape of its parts. */
export const everyKind: readonly FleetCluster[] = [
  goodCluster(),
  goodCluster({ name: "scheduler-db", proofs: { status: "known", entries: drills(3, 5_000) } }),
  goodCluster({
    namespace: "utility",
    name: "utility-db",
    backups: [],
    newestBackup: { status: "none" },
    recovery: { status: "known", windows: [] },
    lossNow: { status: "everything" },
    proofs: { status: "known", entries: [] },
    stanzaStatus: "No stanza configuration",
    findings: [
      {
        severity: "refuse",
        code: "stanza-missing",
        what: "the stanza does not exist in repo1",
        fix: "postgres-recovery stanza create utility/utility-db",
      },
    ],
  }),
  goodCluster({
    namespace: "woven-passport",
    name: "payment-hub-db",
    backups: dailyBackups(30, 90e9).map((backup, index) => (index === 9 ? { ...backup, restorable: "no" } : backup)),
    recovery: {
      status: "known",
      windows: [
        { from: daysAgo(30), until: daysAgo(21), endedBy: "a segment is missing" },
        { from: daysAgo(18), until: daysAgo(4), endedBy: "000000030000001200000042 is missing" },
      ],
    },
    lossNow: { status: "since", since: daysAgo(4), seconds: 4 * 86_400 },
    findings: [
      {
        severity: "warn",
        code: "recovery-window-hole",
        what: "no moment between 2026-11-07 and 2026-11-10 can be restored",
        fix: "bring the WAL back from older versions of the objects",
      },
    ],
  }),
  goodCluster({ namespace: "showcase", name: "showcase-db", watch: { status: "not-watched" } }),
  goodCluster({
    namespace: "inventor-portal",
    name: "acrete-db",
    newestBackup: { status: "unknown", why: "the repository did not answer within 60 s" },
    recovery: { status: "unknown", why: "the repository did not answer" },
    lossNow: { status: "unknown", why: "the archiver did not answer" },
    proofs: { status: "unknown", why: "the bucket refused the request" },
    storage: { status: "unknown", why: "the bucket refused the request" },
    backups: undefined,
  }),
  goodCluster({
    namespace: "consent",
    name: "spicedb-psql",
    proofs: {
      status: "known",
      entries: [
        ...drills(4, 700),
        {
          at: daysAgo(1),
          kind: "drill",
          outcome: "not-proven",
          backup: null,
          rpoSeconds: null,
          rtoSeconds: null,
          bytes: null,
        },
      ],
    },
    storage: { status: "known", bytes: 90e9, classes: [{ storageClass: "GLACIER", bytes: 90e9 }] },
  }),
  goodCluster({ namespace: "sandbox", name: "playground-db", notExpected: "backups are disabled" }),
  { kubernetes: null, namespace: "harbor-cluster", name: "harbor-cluster", operator: "zalando", findings: [] },
  goodCluster({
    namespace: "orders",
    name: "orders-db",
    proofs: {
      status: "known",
      entries: [
        ...drills(5, 900),
        {
          at: daysAgo(0.5),
          kind: "drill",
          outcome: "failed",
          backup: "20261127-010000F",
          rpoSeconds: null,
          rtoSeconds: null,
          bytes: null,
        },
      ],
    },
    alarm: { status: "failed", at: daysAgo(1), why: "the queue is not subscribed" },
  }),
];

/** A report of many clusters, most of them good, the others of every kind. */
export function largeFleet(count: number): FleetReport {
  const clusters = Array.from({ length: count }, (_, index): FleetCluster => {
    const kind = index % 12 === 0 ? everyKind[(index / 12) % everyKind.length] : undefined;
    return {
      ...(kind ?? goodCluster()),
      namespace: `team-${String(index % 83).padStart(2, "0")}`,
      name: `service-${index}-db`,
    };
  });
  return fleetOf(clusters);
}
