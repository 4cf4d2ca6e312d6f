import assert from "node:assert/strict";
import type { Severity } from "../../../../domain/catalogue/finding-codes.ts";
import { restoreCheckRequestSchema, type RestoreCheckReport } from "../../../../domain/restore/check.ts";
import { recommendedImage } from "../../../../domain/spilo/image.ts";
import { checkRestore } from "../../../../operations/restore/check.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { FakeHarbor } from "../../../support/fake-harbor.ts";
import { FakeProbe, FakeS3 } from "../../../support/fake-s3.ts";
import { on24, realCases, RealPrefix, type RealCase } from "../../../support/real-cases.ts";
import { walgPrefix } from "../../../support/walg.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const b1 = "base_000000010000000000000005";
const b3 = /^basebackups_005\/base_000000010000000000000016/;

/** How a case is put together and what must be said of it. */
interface Setup {
  readonly prefix: RealPrefix;
  /** Places beside that of the version 12. */
  readonly old?: RealPrefix;
  /** Time of day. */
  readonly target?: string;
  readonly restore?: object;
  readonly image?: string;
  /** The gravest finding. */
  readonly says: Severity;
  /** Matched against the findings. */
  readonly because?: RegExp;
  /** Why a restore that would work is refused all the same. */
  readonly deliberately?: string;
}

const main = (): RealPrefix => RealPrefix.of("main");
const only = (pattern: RegExp): RealPrefix =>
  main().change(/^basebackups_005\//, (object) => (pattern.test(object.key) ? object : undefined));
const d2 = { target: "17:06:20" };

function oldWalg(name: string, sentinel: string, label: string): RealPrefix {
  const { CompressedSize: size } = JSON.parse(RealPrefix.sentinel(sentinel)) as { CompressedSize: number };
  const segment = Number.parseInt(name.slice(-8), 16);
  const counted = sentinel === "v0.2.15" ? 0 : 390 + 367;
  const parts = [
    ["part_001.tar.lz4", size - counted],
    ["pg_control.tar.lz4", 390],
    [label, 375],
  ] as const;
  return new RealPrefix().wal(1, segment, segment + 2, "18:31:10").backup(name, sentinel, parts, "18:31:20");
}

const setups: Record<string, () => Setup> = {
  good: () => ({ prefix: main(), says: "ok" }),
  "target-after-B1-before-e2": () => ({ prefix: main(), target: "17:04:40", says: "ok" }),
  "target-before-B2": () => ({ prefix: main(), target: "17:05:46", says: "ok" }),
  "target-after-B2": () => ({ prefix: main(), target: "17:05:53", says: "ok" }),
  "target-after-D1": () => ({ prefix: main(), target: "17:06:05", says: "ok" }),
  "target-after-D2": () => ({ prefix: main(), ...d2, says: "ok" }),
  "target-after-last-event": () => ({
    prefix: main(),
    target: "17:06:56.7",
    says: "warn",
    because: /may end before the target time/,
  }),
  "target-before-all": () => ({
    prefix: main(),
    target: "17:04:00",
    says: "refuse",
    because: /no backup was finished/,
  }),
  "target-during-B1": () => ({ prefix: main(), target: "17:04:36", says: "refuse", because: /no backup was finished/ }),
  "target-beyond-wal": () => ({
    prefix: main(),
    target: "17:10:00",
    says: "refuse",
    because: /ends at 2026-11-24T17:06:57/,
    deliberately: "nothing says that the database wrote nothing until then",
  }),
  "target-future": () => ({
    prefix: main(),
    target: "23:30:00",
    says: "refuse",
    because: /is in the future/,
    deliberately: "a moment that is yet to come is a mistake",
  }),
  "tie-no-target": () => ({ prefix: tied(), says: "ok" }),
  "tie-target-after": () => ({
    prefix: tied(),
    target: "18:00:00",
    says: "refuse",
    because: /before the target time/,
    deliberately: "the WAL ends before the target",
  }),
  "copied-no-target": () => ({
    prefix: main().change(/./, () => ({ modified: on24("17:35:00") })),
    says: "warn",
    because: /was copied/,
  }),

  "chosen-lost-metadata": () => ({ prefix: main().lose(/16\/metadata\.json/), says: "ok" }),
  "chosen-metadata-empty": () => ({ prefix: main().change(/16\/metadata\.json/, () => ({ size: 0 })), says: "ok" }),
  "chosen-lost-files-metadata": () => ({
    prefix: main().lose(/16\/files_metadata\.json/),
    says: "refuse",
    because: /has no files_metadata/,
  }),
  "chosen-lost-part": () => ({ prefix: main().lose(/16\/.*part_001/), says: "refuse", because: /some are missing/ }),
  "chosen-lost-backup-label": () => ({
    prefix: main().lose(/16\/.*backup_label/),
    says: "refuse",
    because: /some are missing/,
  }),
  "chosen-lost-pg-control": () => ({ prefix: main().lose(/16\/.*pg_control/), says: "refuse", because: /pg_control/ }),
  "delta-missing-full-parent": () => ({
    prefix: main().lose(/base_000000010000000000000008[/_]/),
    ...d2,
    says: "refuse",
    because: /is based on base_000000010000000000000008/,
  }),
  "delta-parent-sentinel-missing": () => ({
    prefix: main().lose(/0E_D_000000010000000000000008_backup_stop/),
    ...d2,
    says: "refuse",
    because: /is based on base_00000001000000000000000E_D_/,
  }),
  "delta-parent-lost-part-001": () => ({ prefix: lostPart("001"), ...d2, says: "refuse", because: /some are missing/ }),
  "delta-parent-lost-part-002": () => ({ prefix: lostPart("002"), ...d2, says: "refuse", because: /some are missing/ }),
  "delta-parent-lost-part-005": () => ({ prefix: lostPart("005"), ...d2, says: "refuse", because: /some are missing/ }),
  "delta-parent-lost-pg-control": () => ({
    prefix: main().lose(/base_000000010000000000000008\/.*pg_control/),
    ...d2,
    says: "warn",
    because: /WAL-G up to 3\.0\.4 fails/,
  }),

  "gap-after-backup": () => ({ prefix: main().lose(/0018\.lz4/), says: "refuse", because: /lacks 1 segment/ }),
  "gap-target-after-gap": () => ({
    prefix: main().lose(/0018\.lz4/),
    target: "17:06:55",
    says: "refuse",
    because: /lacks 1 segment/,
  }),
  "start-segment-missing": () => ({
    prefix: main().lose(/0016\.lz4/),
    says: "refuse",
    because: /lacks the WAL segment/,
  }),
  "empty-wal-object": () => ({
    prefix: main().change(/0018\.lz4/, () => ({ size: 0 })),
    says: "refuse",
    because: /without content/,
  }),
  "cut-wal-object": () => ({
    prefix: main().change(/0018\.lz4/, ({ size }) => ({ size: size / 2 })),
    says: "refuse",
    because: /fewer bytes than a complete one/,
  }),
  "overwritten-control": () => ({ prefix: only(/0005[/_]/), says: "ok" }),
  "overwritten-by-another-database": () => ({
    prefix: overwrittenFrom("0005"),
    says: "refuse",
    because: /written after later ones/,
  }),
  "overwritten-target": () => ({
    prefix: overwrittenFrom("0005"),
    target: "17:05:46",
    says: "refuse",
    because: /written after later ones/,
  }),
  "overwritten-behind-the-backup": () => ({
    prefix: RealPrefix.of("overwritten"),
    says: "refuse",
    because: /2 segments from 000000010000000000000017/,
  }),
  "lag-nothing-lost": () => ({
    prefix: RealPrefix.of("lag"),
    target: "18:01:20",
    says: "warn",
    because: /may end before the target time/,
  }),
  "lag-end-target-inside": () => ({
    prefix: RealPrefix.of("lag").lose(/002[01]\.lz4/),
    target: "18:01:20",
    says: "warn",
    because: /may end before the target time/,
  }),

  "timeline-healthy": () => ({ prefix: RealPrefix.of("two-timelines"), says: "ok" }),
  "timeline-healthy-target-on-TL1": () => ({
    prefix: RealPrefix.of("two-timelines"),
    target: "17:06:55",
    says: "ok",
  }),
  "timeline-TL1-backup-history-present": () => ({ prefix: onlyFirstTimeline(), says: "ok" }),
  "timeline-history-lost": () => ({
    prefix: onlyFirstTimeline().lose(/history/),
    says: "refuse",
    because: /no 00000002\.history/,
  }),
  "timeline-history-lost-target-on-TL2": () => ({
    prefix: onlyFirstTimeline().lose(/history/),
    target: "17:41:52",
    says: "refuse",
    because: /no 00000002\.history/,
  }),
  "timeline-history-without-segments": () => ({
    prefix: onlyFirstTimeline().lose(/wal_005\/00000002\d/),
    says: "warn",
    because: /none of its WAL/,
  }),
  "split-latest": () => ({
    prefix: RealPrefix.of("split-brain"),
    says: "warn",
    because: /leaves that timeline at 0\/180004D8/,
  }),
  "split-before-backup": () => ({ prefix: splitAt(0x17, "0/17000878"), says: "warn", because: /leaves that timeline/ }),
  "split-before-backup-target-older": () => ({ prefix: splitAt(0x17, "0/17000878"), ...d2, says: "ok" }),
  "split-really-before-backup": () => ({
    prefix: splitAt(0x15, "0/15000060"),
    says: "refuse",
    because: /branched off timeline 1 before this backup began or was complete/,
  }),
  "split-really-before-backup-target-old": () => ({
    prefix: splitAt(0x15, "0/15000060"),
    target: "17:06:05",
    says: "ok",
  }),
  "after-delete-retain-1": () => ({ prefix: retained(), says: "ok" }),
  "after-delete-retain-2": () => ({ prefix: RealPrefix.of("retained"), says: "ok" }),
  "after-delete-retain-target-on-permanent": () => ({
    prefix: RealPrefix.of("retained"),
    target: "17:06:55",
    says: "ok",
  }),
  "after-delete-retain-1-target-permanent": () => ({
    prefix: retained(),
    target: "17:06:55",
    says: "refuse",
    because: /lacks 3 segments from 000000010000000000000017 on and 1 segment from 00000002000000000000001A on/,
  }),

  "compat-70": () => ({ prefix: newer("24", "23"), says: "ok" }),
  "compat-72": () => ({ prefix: newer("29", "28"), says: "ok" }),
  "compat-73": () => ({ prefix: newer("2B", "2A"), says: "ok" }),
  "compat-v1.1": () => ({ prefix: oldWalg("base_00000001000000000000002F", "v1.1", "part_003.tar.lz4"), says: "ok" }),
  "compat-v0.2.15-harbor-default": () => ({
    prefix: oldWalg("base_000000010000000000000032", "v0.2.15", "part_003.tar.lz4"),
    says: "ok",
  }),
  "sentinel-over-4MiB": () => ({ prefix: manyFiles(), says: "ok" }),
  "two-identifiers": () => ({
    prefix: withAnotherDatabase(),
    says: "refuse",
    because: /holds backups of 2 databases/,
    deliberately: "what comes back is the other database",
  }),

  "noversion-latest": () => ({
    prefix: main(),
    old: main(),
    restore: { versionInPath: false },
    says: "warn",
    because: /will not be used/,
  }),
  "noversion-target-before-newer-place": () => ({
    prefix: only(b3),
    old: main(),
    restore: { versionInPath: false },
    target: "17:06:05",
    says: "ok",
  }),
  "wrong-uid": () => ({
    prefix: main(),
    restore: { source: { uid: uid.replace("99", "00") } },
    says: "refuse",
    because: /holds no backup/,
  }),
  "wrong-scope": () => ({ prefix: main(), restore: { scope: "other" }, says: "refuse", because: /holds no backup/ }),
  "wrong-version": () => ({
    prefix: main(),
    restore: { postgresVersion: 11 },
    says: "refuse",
    because: /holds no backup/,
  }),
  "prefix-instead-of-uid": () => ({
    prefix: main(),
    restore: { source: { prefix: "" } },
    says: "refuse",
    because: /holds no backup/,
  }),
  "wrong-bucket": () => ({
    prefix: main(),
    restore: { bucket: "other" },
    says: "unknown",
    because: /cannot be listed/,
  }),
  "image-without-pg12": () => ({
    prefix: main(),
    image: "ghcr.io/zalando/spilo-17:4.0-p3",
    says: "refuse",
    because: /has no PostgreSQL 12/,
    deliberately: "the case took the PostgreSQL of another image",
  }),
};
for (const tag of ["2.1-p7", "3.0-p1", "3.2-p3", "3.3-p3"]) {
  const image = `ghcr.io/zalando/spilo-${tag === "2.1-p7" ? "14" : "15"}:${tag}`;
  setups[`ver-${tag}-none`] = () => ({
    prefix: main(),
    image: tag === "3.3-p3" ? recommendedImage : image,
    says: "ok",
  });
  setups[`ver-${tag}-2026`] = () => ({
    prefix: main(),
    image: tag === "3.3-p3" ? recommendedImage : image,
    target: "17:06:05",
    says: "ok",
  });
}

/** Cases of which nothing can be told from a prefix: the store refuses, or the request is no valid one. */
const elsewhere = [
  ...["unknown-key-id", "wrong-secret-key", "wrong-region"],
  ...["pg15-latest", "pg15-beyond-wal", "pg15-version"],
];

function tied(): RealPrefix {
  return main().change(/sentinel\.json/, () => ({ modified: on24("17:06:43") }));
}

function lostPart(part: string): RealPrefix {
  return main().lose(new RegExp(`base_000000010000000000000008/.*part_${part}`));
}

/** Another database has written the first segments again. */
function overwrittenFrom(segment: string): RealPrefix {
  return only(/0005[/_]/).change(new RegExp(`^wal_005/.*(${segment}|0006)\\.lz4`), () => ({
    modified: on24("18:15:16"),
  }));
}

function onlyFirstTimeline(): RealPrefix {
  return RealPrefix.of("two-timelines").lose(/base_00000002/);
}

function splitAt(segment: number, position: string): RealPrefix {
  return RealPrefix.of("split-brain")
    .lose(/wal_005\/00000002/)
    .history(2, `1\t${position}\tbefore 2026-11-24 17:06:53.33941+00\n`)
    .wal(2, segment, 0x19, "17:53:14");
}

function retained(): RealPrefix {
  return RealPrefix.of("retained").lose(
    /000000010000000000000017|000000010000000000000018|000000010000000000000019|1A\.lz4/,
  );
}

/** A full backup and its delta, by a WAL-G that calls the part with the label part_00N. */
function newer(segment: string, parent: string): RealPrefix {
  const full = `base_0000000100000000000000${parent}`;
  const delta = `base_0000000100000000000000${segment}_D_0000000100000000000000${parent}`;
  const { CompressedSize: size } = JSON.parse(RealPrefix.sentinel("v2.0.1")) as { CompressedSize: number };
  const parts = [
    ["part_001.tar.lz4", size - 390 - 374 + 8],
    ["pg_control.tar.lz4", 390],
    ["part_003.tar.lz4", 374],
  ] as const;
  const at = (number: number): object => ({ LSN: number * 2 ** 24 + 40, FinishLSN: number * 2 ** 24 + 256 });
  const number = Number.parseInt(segment, 16);
  const sentinel = (fields: object): string =>
    JSON.stringify({ ...(JSON.parse(RealPrefix.sentinel("v2.0.1")) as object), SystemIdentifier: 1, ...fields });
  return new RealPrefix()
    .wal(1, number - 1, number, "18:28:10")
    .backup(full, "v2.0.1", parts, "18:28:16")
    .backup(delta, "v2.0.1", parts, "18:28:17")
    .text(`basebackups_005/${full}_backup_stop_sentinel.json`, sentinel(at(number - 1)))
    .text(`basebackups_005/${delta}_backup_stop_sentinel.json`, sentinel({ ...at(number), DeltaFrom: full }));
}

function manyFiles(): RealPrefix {
  const name = "base_000000010000000000000037";
  const file = { IsIncremented: false, IsSkipped: false, MTime: "2026-11-24T17:01:08.259705054Z" };
  const files = Object.fromEntries(Array.from({ length: 31_000 }, (_, index) => [`/base/13396/{"${index}\\`, file]));
  const content = RealPrefix.sentinel("v0.2.15").replace(/"Files":\{.*?\}\}/, `"Files":${JSON.stringify(files)}`);
  return oldWalg(name, "v0.2.15", "part_003.tar.lz4")
    .change(/sentinel/, () => ({ size: content.length }))
    .text(`basebackups_005/${name}_backup_stop_sentinel.json`, content);
}

function withAnotherDatabase(): RealPrefix {
  const name = "base_000000010000000000000002";
  const sentinel = RealPrefix.sentinel(b1)
    .replace("7711784155055303005", "7711802235598917690")
    .replace(/"LSN":\d+/, '"LSN":33554472')
    .replace(/"FinishLSN":\d+/, '"FinishLSN":33554688')
    .replaceAll(/2026-11-24T17:04/g, "2026-11-24T18:11");
  return main()
    .backup(
      name,
      b1,
      [
        ["part_001.tar.lz4", 21_137_463],
        ["pg_control.tar.lz4", 396],
      ],
      "18:11:40",
    )
    .text(`basebackups_005/${name}_backup_stop_sentinel.json`, sentinel);
}

async function check({ prefix, old, target, restore, image = recommendedImage }: Setup): Promise<RestoreCheckReport> {
  const request = restoreCheckRequestSchema.parse({
    version: 1,
    kubernetes: { context: "test" },
    cluster: "harbor-cluster/harbor-cluster",
    image,
    backup: { bucket: "bkt", region: "eu-west-2", credentials: "secret" },
    restore: {
      id: "r1",
      scope: "postgresql-harbor-cluster-harbor-cluster",
      source: { uid },
      postgresVersion: 12,
      versionInPath: true,
      bucket: "bkt",
      region: "eu-west-2",
      credentials: "secret",
      ...(target !== undefined && { targetTime: `2026-11-24T${target}Z` }),
      ...restore,
    },
    keys: { restore: { accessKeyId: "id", secretAccessKey: "canary-key" } },
  });
  const folder = walgPrefix.replace(/\/12$/, "");
  const contents = [...prefix.contents(), ...(old?.contents(folder) ?? [])];
  const texts = Object.fromEntries(contents.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  const s3 = new FakeS3("bkt", [...prefix.objects(), ...(old?.objects(folder) ?? [])], texts);
  for (const [key, content] of contents) if (typeof content !== "string") s3.contents.set(key, content);
  const surroundings = new FakeSurroundings();
  await surroundings.sleep((on24("20:00:00") - surroundings.now().getTime()) / 1000);
  return checkRestore({ harbor: new FakeHarbor(), source: s3, own: s3, probe: new FakeProbe() }, request, surroundings);
}

/** The rows that a restore must bring back. */
const whole: Record<string, string> = {
  "target-after-B1-before-e2": "e1",
  "target-before-B2": "e1 e2 e3",
  "target-after-B2": "e1 e2 e3 e4",
};

function cameBack({ case: name, promoted, eventsFound }: RealCase): boolean {
  if (promoted !== true || eventsFound === null) return false;
  // These came back, and without the rows behind the thing that was changed.
  const short =
    /^(gap|cut|overwritten-behind|split-latest|split-before-backup$|lag-end|timeline-history-lost|after-delete-retain-1-)/;
  return whole[name] === eventsFound || !short.test(name);
}

describe("restore check of prefixes that were restored for real", () => {
  it("knows every case", () => {
    const known = [...Object.keys(setups), ...elsewhere].toSorted();
    assert.deepEqual(known, realCases.map((one) => one.case).toSorted());
  });

  for (const real of realCases.filter((one) => !elsewhere.includes(one.case))) {
    const setup = setups[real.case]?.();
    it(`${real.case}: ${setup?.says ?? ""}`, async () => {
      assert(setup !== undefined);
      const { verdict, findings, backup } = await check(setup);
      const said = findings.map(({ severity, what }) => `${severity}: ${what}`).join("\n");
      assert.equal(verdict, setup.says, said);
      if (setup.because !== undefined) assert.match(said, setup.because);
      if (!cameBack(real)) assert.notEqual(verdict, "ok");
      else if (setup.deliberately === undefined) assert(verdict === "ok" || verdict === "warn", said);
      const taken = real.backupTaken === "LATEST" ? real.latestWas : real.backupTaken;
      if (taken !== null && verdict !== "unknown") assert.equal(backup?.name, taken);
    });
  }

  it("a PostgreSQL that Harbor never has is no valid request", async () => {
    await assert.rejects(
      check({ prefix: main(), restore: { postgresVersion: 15 }, says: "refuse" }),
      /expected number/,
    );
  });
});
