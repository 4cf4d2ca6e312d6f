import assert from "node:assert/strict";
import type { FaultNumber } from "../../../faults.ts";
import fc from "fast-check";
import type { Severity } from "../../../../domain/catalogue/finding-codes.ts";
import { gravest, mayProceed, type Finding } from "../../../../domain/finding.ts";
import { judgeRestore, type PreflightFacts } from "../../../../domain/restore/preflight.ts";
import type { Neighbour } from "../../../../domain/restore/neighbours.ts";
import { backupToRestore, placeToRestore, type GatheredPlace } from "../../../../domain/restore/sources.ts";
import type { BackupDescription } from "../../../../domain/walg/backup.ts";
import type { ListedObject } from "../../../../domain/walg/storage.ts";
import { recommendedImage } from "../../../../domain/spilo/image.ts";
import { declaredRestore } from "../../../support/restore.ts";
import { at, backupObjects, listingOf, walgPrefix, walObjects } from "../../../support/walg.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";

const described: BackupDescription = {
  postgresMajor: 12,
  systemIdentifier: "7710366851552716423",
  started: at("00:59"),
  finished: at("01:00"),
  startLsn: undefined,
  finishLsn: undefined,
  lastNeededSegment: 4,
  compressedSize: 9000,
  uncompressedSize: 30_000,
  deltaFrom: undefined,
  fileList: "files-metadata",
};
const whole = [backupObjects(4, at("01:00")), walObjects(4, 40, at("09:00"), { from: at("00:50") })];

function placeOf(
  objects: readonly ListedObject[][],
  description: Partial<BackupDescription> = {},
  prefix = walgPrefix,
): GatheredPlace {
  const listing = listingOf(...objects);
  const descriptions = new Map(
    listing.backups.map(
      ({ name, modified }) =>
        [name, { found: { ...described, started: modified - 60_000, finished: modified, ...description } }] as const,
    ),
  );
  return { location: { bucket: "bkt", prefix }, listing: { found: listing }, descriptions };
}

const created = at("00:10");
const good: PreflightFacts = {
  context: "lab",
  restore: declaredRestore,
  now: at("10:00"),
  image: recommendedImage,
  irsa: false,
  operator: {
    found: {
      where: "ConfigMap harbor-operator-ns/postgres-operator",
      configuration: {
        podEnvironmentConfigMap: "harbor-operator-ns/pod-config",
        podEnvironmentSecret: "pod-secret",
        walS3Bucket: "bkt",
        awsRegion: "eu-west-2",
        secretNameTemplate: "{username}.{cluster}.credentials",
        dockerImage: undefined,
        pamRoleName: undefined,
        enableOwnerReferences: false,
      },
    },
  },
  declared: {
    podConfig: { namespace: "harbor-operator-ns", name: "pod-config" },
    podSecret: "pod-secret",
    podSecretHasKeys: true,
    backupBucket: "bkt",
    pamRoles: ["zalandos"],
  },
  podConfig: { found: undefined },
  podConfigKeys: ["WAL_S3_BUCKET", "CLONE_SCOPE"],
  podSecret: { found: undefined },
  podSecretKeys: ["AWS_ACCESS_KEY_ID"],
  ownStore: undefined,
  namespace: "harbor-cluster",
  sources: [placeOf(whole)],
  own: { found: { kind: "not-made" } },
  harbor: { namespace: "harbor-cluster", name: "harbor-cluster" },
  databases: { found: [] },
  claims: { found: [] },
};

function withTarget(targetTime: string, facts: PreflightFacts = good): PreflightFacts {
  return { ...facts, restore: { ...facts.restore, targetTime } };
}

function said(facts: PreflightFacts): string {
  return judgeRestore(facts)
    .filter(({ severity }) => severity !== "ok")
    .map(({ severity, what }) => `${severity}: ${what}`)
    .join("\n");
}

const ownPrefix = walgPrefix.replace("99e85b8a", "11e85b8a");
const empty: GatheredPlace = {
  location: { bucket: "bkt", prefix: ownPrefix },
  listing: { found: listingOf() },
  descriptions: new Map(),
};

describe("judgeRestore", () => {
  it("allows a restore when everything is right", () => {
    assert.equal(said(good), "");
    assert(mayProceed(judgeRestore(good)));
    const sources = [placeOf([...whole, backupObjects(38, at("08:45"))])];
    assert.equal(said(withTarget("2026-11-21T08:30:00+00:00", { ...good, sources })), "");
  });

  const cases: [fault: FaultNumber, what: string, facts: PreflightFacts, severity: Severity, why: RegExp][] = [
    [
      25,
      "a CLONE_ value that somebody set by hand in pod-config",
      {
        ...good,
        podConfig: {
          found: {
            data: { CLONE_TARGET_TIME: "2024-01-01" },
            managedFields: [{ manager: "kubectl-edit", fieldsV1: { "f:data": { "f:CLONE_TARGET_TIME": {} } } }],
          },
        },
      },
      "refuse",
      /was set by kubectl-edit and would remain/,
    ],
    [75, "a pod Secret that cannot be read", { ...good, podSecret: { failed: "403" } }, "unknown", /403/],
    [25, "a pod-config that cannot be read", { ...good, podConfig: { failed: "403" } }, "unknown", /403/],
    [22, "a target time in the future", withTarget("2026-11-21T11:00:00Z"), "refuse", /is in the future/],
    [
      22,
      "a target time before the first backup",
      withTarget("2026-11-21T00:30:00Z"),
      "refuse",
      /no backup was finished before/,
    ],
    [22, "a target time beyond the WAL", withTarget("2026-11-21T09:30:00Z"), "refuse", /before the target time/],
    [24, "a place without backups", { ...good, sources: [placeOf([])] }, "refuse", /holds no backup/],
    [
      24,
      "only an interrupted backup",
      {
        ...good,
        sources: [placeOf([backupObjects(4, at("01:00")).filter(({ key }) => !key.endsWith("sentinel.json"))])],
      },
      "refuse",
      /holds no finished backup, only 1 interrupted/,
    ],
    [
      24,
      "a backup of another version",
      { ...good, sources: [placeOf(whole, { postgresMajor: 13 })] },
      "refuse",
      /is of PostgreSQL 13, not 12/,
    ],
    [
      24,
      "missing parts",
      { ...good, sources: [placeOf(whole, { compressedSize: 10_000 })] },
      "refuse",
      /some are missing/,
    ],
    [
      24,
      "a missing pg_control",
      {
        ...good,
        sources: [
          placeOf([backupObjects(4, at("01:00")).filter(({ key }) => !key.includes("pg_control")), ...whole.slice(1)], {
            compressedSize: 1,
          }),
        ],
      },
      "refuse",
      /has no pg_control/,
    ],
    [
      24,
      "a delta whose base is missing",
      {
        ...good,
        sources: [placeOf([backupObjects(9, at("01:00"), { parent: "000000010000000000000004" }), ...whole.slice(1)])],
      },
      "refuse",
      /is based on base_000000010000000000000004, which is missing/,
    ],
    [
      24,
      "WAL with a gap",
      { ...good, sources: [placeOf([...whole, walObjects(44, 45, at("09:30"))])] },
      "refuse",
      /lacks 3 segments/,
    ],
    [
      24,
      "the new cluster's backups at the place of the source",
      { ...good, own: { found: { kind: "made", created, place: placeOf(whole), systemIdentifier: undefined } } },
      "refuse",
      /would overwrite them/,
    ],
    [
      24,
      "another database's backups where the new cluster will write",
      {
        ...good,
        own: {
          found: {
            kind: "made",
            created,
            place: { ...placeOf(whole), location: empty.location },
            systemIdentifier: undefined,
          },
        },
      },
      "refuse",
      /is not empty/,
    ],
    [
      19,
      "a database that already exists",
      { ...good, own: { found: { kind: "made", created, place: empty, systemIdentifier: "42" } } },
      "refuse",
      /ignore the restore and report no error/,
    ],
    [
      26,
      "an image that is too old",
      { ...good, image: "registry.opensource.zalan.do/acid/spilo-13:2.1-p1" },
      "refuse",
      /fixed in 2.1-p2/,
    ],
    [
      32,
      "a bucket that was copied",
      { ...good, sources: [placeOf(whole, { finished: at("01:00") - 48 * 3_600_000 })] },
      "warn",
      /the bucket was copied/,
    ],
    [
      32,
      "a copied bucket with a target time between the backup and its copy",
      withTarget("2026-11-21T00:30:00Z", { ...good, sources: [placeOf(whole, { finished: at("00:10") })] }),
      "refuse",
      /its LastModified|no backup was finished/,
    ],
    [
      32,
      "a backup that ended after the target time",
      withTarget("2026-11-21T01:30:00Z", { ...good, sources: [placeOf(whole, { finished: at("01:45") })] }),
      "refuse",
      /finished after the target time/,
    ],
    [
      24,
      "a bucket that cannot be listed",
      { ...good, sources: [{ ...placeOf([]), listing: { failed: "403 AccessDenied" } }] },
      "unknown",
      /cannot be listed: 403/,
    ],
    [
      24,
      "a sentinel that cannot be read",
      { ...good, sources: [{ ...placeOf(whole), descriptions: new Map() }] },
      "unknown",
      /its sentinel cannot be read/,
    ],
    [24, "an operator's configuration that cannot be read", { ...good, operator: { failed: "403" } }, "unknown", /403/],
    [
      24,
      "an own place that cannot be listed",
      {
        ...good,
        own: {
          found: {
            kind: "made",
            created,
            place: { ...empty, listing: { failed: "503" } },
            systemIdentifier: undefined,
          },
        },
      },
      "unknown",
      /cannot be listed: 503/,
    ],
    [
      24,
      "an own place that is not known",
      { ...good, own: { failed: "the API server does not answer" } },
      "unknown",
      /API server/,
    ],
    [
      24,
      "an old WAL-G's backup without a system identifier",
      { ...good, sources: [placeOf(whole, { systemIdentifier: undefined })] },
      "warn",
      /no backup names its database/,
    ],
  ];
  for (const [fault, what, facts, severity, why] of cases) {
    faultTest(fault, `${what}: ${severity}`, () => {
      const findings = judgeRestore(facts);
      assert.match(findings.map((finding) => finding.what).join("\n"), why);
      assert.equal(gravest(findings), severity);
      assert.equal(mayProceed(findings), severity === "warn");
      assert(findings.every((finding) => finding.severity === "ok" || finding.fix.length > 0));
    });
  }

  faultSuite(78, "other databases of the operator", () => {
    const neighbour = (name: string, status: string) => ({ name: { namespace: "other", name }, status });
    const own = { name: { namespace: "harbor-cluster", name: "postgresql-harbor-cluster-harbor-cluster" }, status: "" };
    const judged = (...found: Neighbour[]): Finding[] =>
      judgeRestore({ ...good, databases: { found: [own, ...found] } }).filter(({ code }) => code.startsWith("clone-"));

    it("are named when they run, and refused when they may not be bootstrapped yet", () => {
      assert.deepEqual(judged(), []);
      const [warned, ...none] = judged(neighbour("a", "Running"), neighbour("b", "SyncFailed"));
      assert.deepEqual([warned?.code, none], ["clone-neighbours", []]);
      assert.match(warned?.what ?? "", /reach other\/a, other\/b:/);
      for (const status of ["", "Creating", "CreateFailed"]) {
        const findings = judged(neighbour("a", "Running"), neighbour("c", status));
        assert.deepEqual(
          findings.map(({ code }) => code),
          ["clone-neighbour-unborn", "clone-neighbours"],
        );
        assert.match(findings[0]?.what ?? "", /reach other\/c, which/);
      }
    });

    it("are a warning when they cannot be listed", () => {
      assert.match(said({ ...good, databases: { failed: "403" } }), /^warn: which other databases .* unknown: 403$/);
    });
  });

  faultTest(24, "refuses backups of two databases in one place", () => {
    const place = placeOf([...whole, backupObjects(9, at("02:00"))]);
    const descriptions = new Map(place.descriptions).set("base_000000010000000000000009", {
      found: { ...described, finished: at("02:00"), systemIdentifier: "7" },
    });
    assert.match(said({ ...good, sources: [{ ...place, descriptions }] }), /refuse: holds backups of 2 databases/);
  });

  faultTest(97, "warns when another backup's sentinel, which may name another database, cannot be read", () => {
    const place = placeOf([...whole, backupObjects(1, at("00:20"))]);
    const unread = { failed: "access is denied" };
    const other = new Map(place.descriptions).set("base_000000010000000000000001", unread);
    const findings = judgeRestore({ ...good, sources: [{ ...place, descriptions: other }] });
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== "ok").map(({ severity, code }) => `${severity} ${code}`),
      ["warn backup-identifier-unread"],
    );
    assert.match(
      findings.map(({ what }) => what).join(),
      /the sentinel of another backup cannot be read: access is den/,
    );
    const chosen = new Map(place.descriptions).set("base_000000010000000000000004", unread);
    const codes = judgeRestore({ ...good, sources: [{ ...place, descriptions: chosen }] }).map(({ code }) => code);
    assert(codes.includes("backup-sentinel-unreadable") && !codes.includes("backup-identifier-unread"), codes.join());
  });

  it("accepts the running database's own backups in its own place", () => {
    const place = { ...placeOf(whole), location: empty.location };
    assert.equal(
      said({ ...good, own: { found: { kind: "made", created, place, systemIdentifier: described.systemIdentifier } } }),
      "",
    );
    assert.equal(
      said({ ...good, own: { found: { kind: "made", created, place: empty, systemIdentifier: undefined } } }),
      "",
    );
  });

  faultTest(24, "refuses an own place where only some backups are the running database's own", () => {
    const place = { ...placeOf([...whole, backupObjects(9, at("02:00"))]), location: empty.location };
    const { systemIdentifier } = described;
    const judgedWith = (identifier: string | undefined): string => {
      const descriptions = new Map(place.descriptions).set("base_000000010000000000000009", {
        found: { ...described, finished: at("02:00"), systemIdentifier: identifier },
      });
      return said({
        ...good,
        own: { found: { kind: "made", created, place: { ...place, descriptions }, systemIdentifier } },
      });
    };
    assert.equal(judgedWith(systemIdentifier), "");
    assert.match(judgedWith("7"), /refuse: is not empty/);
    assert.match(judgedWith(undefined), /refuse: is not empty/);
  });

  it("names the backup that will be restored", () => {
    const backups = [...whole, backupObjects(9, at("02:00")), backupObjects(20, at("08:00"))];
    const chosen = (facts: PreflightFacts): Finding | undefined =>
      judgeRestore(facts).find(({ what }) => what.startsWith("is the backup that will be restored"));
    const facts = { ...good, sources: [placeOf(backups)] };
    assert.match(chosen(facts)?.where ?? "", /base_000000010000000000000014$/);
    assert.match(chosen(withTarget("2026-11-21T07:00:00Z", facts))?.where ?? "", /base_000000010000000000000009$/);
  });

  it("never allows a restore when anything could not be determined", () => {
    const failure = { failed: "no answer" };
    const parts: Partial<PreflightFacts>[] = [
      { operator: failure },
      { own: failure },
      { sources: [{ ...placeOf(whole), listing: failure }] },
      { sources: [{ ...placeOf(whole), descriptions: new Map() }] },
    ];
    fc.assert(
      fc.property(fc.subarray(parts, { minLength: 1 }), (unknown) => {
        assert(
          !mayProceed(judgeRestore(unknown.reduce<PreflightFacts>((facts, part) => ({ ...facts, ...part }), good))),
        );
      }),
    );
  });
});

describe("the place that Spilo chooses", () => {
  const none = placeOf([]);
  const some = placeOf(whole);

  it("is the first with a finished backup", () => {
    assert.equal(placeToRestore([none, some, none]), some);
    assert.equal(placeToRestore([none]), undefined);
  });

  it("is unknown when an earlier place could not be listed", () => {
    assert.equal(placeToRestore([{ ...none, listing: { failed: "403" } }, some]), undefined);
  });

  faultTest(24, "comes with a warning if a later place also holds backups", () => {
    const old = { ...some, location: { bucket: "bkt", prefix: walgPrefix.replace("/12", "") } };
    assert.match(said({ ...good, sources: [some, old] }), /warn: will not be used/);
  });
});

faultSuite(42, "several places and backups", () => {
  const newer = placeOf([backupObjects(9, at("05:00"))]);
  const older = { ...placeOf(whole), location: { bucket: "bkt", prefix: walgPrefix.replace("/12", "") } };

  it("goes on to the next place when the first has only backups after the target time", () => {
    assert.equal(placeToRestore([newer, older], at("04:00")), older);
    assert.equal(placeToRestore([newer, older], at("06:00")), newer);
    assert.equal(placeToRestore([newer, older]), newer);
  });

  it("takes the first of several backups of one second before the target time, and the last without one", () => {
    const listing = listingOf(backupObjects(4, at("01:00") + 100), backupObjects(9, at("01:00") + 900));
    assert.equal(backupToRestore(listing, at("02:00"))?.startSegment, 4);
    assert.equal(backupToRestore(listing, at("01:00") + 500)?.startSegment, 4);
    assert.equal(backupToRestore(listing, undefined)?.startSegment, 9);
  });
});

describe("the backup that WAL-G chooses", () => {
  it("is the newest by LastModified, before the target time", () => {
    const listing = listingOf(backupObjects(4, at("01:00")), backupObjects(9, at("02:00")));
    assert.equal(backupToRestore(listing, undefined)?.startSegment, 9);
    assert.equal(backupToRestore(listing, at("02:00"))?.startSegment, 4);
    assert.equal(backupToRestore(listing, at("01:00")), undefined);
  });
});
