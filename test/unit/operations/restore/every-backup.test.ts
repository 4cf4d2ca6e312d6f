import assert from "node:assert/strict";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import {
  listEveryBackup,
  verifyEveryBackup,
  type EveryBackupClients,
} from "../../../../operations/restore/every-backup.ts";
import type { S3Access } from "../../../../clients/aws/s3.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { databaseUid, FakeHarbor, podOf, statefulSetOf } from "../../../support/fake-harbor.ts";
import { FakeS3 } from "../../../support/fake-s3.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";
import { CapturedBucket } from "../../../support/read-bucket.ts";
import { on24, RealPrefix } from "../../../support/real-cases.ts";
import { walgPrefix } from "../../../support/walg.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const ownPrefix = walgPrefix.replace(uid, databaseUid);
const b1 = "base_000000010000000000000005";
const b2 = "base_000000010000000000000008";
const d1 = "base_00000001000000000000000E_D_000000010000000000000008";
const d2 = "base_000000010000000000000013_D_00000001000000000000000E";
const b3 = "base_000000010000000000000016";
const all = [b1, b2, d1, d2, b3];

const request = { version: 1, kubernetes: { context: "test" }, cluster: "harbor-cluster/harbor-cluster" };
const store = {
  bucket: "bkt",
  region: "eu-west-2",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  source: { uid },
  postgresVersion: 12,
  versionInPath: true,
};

function s3Of(prefix: RealPrefix, at = walgPrefix): FakeS3 {
  const contents = [...prefix.contents(at)];
  const texts = contents.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const s3 = new FakeS3("bkt", prefix.objects(at), Object.fromEntries(texts));
  for (const [key, content] of contents) if (typeof content !== "string") s3.contents.set(key, content);
  return s3;
}

/** How the running database answers; everything is right by default. */
interface Running {
  readonly prefix?: RealPrefix;
  readonly env?: Record<string, string>;
  readonly listed?: readonly string[];
  readonly stdout?: string;
  readonly exitCode?: number;
  readonly archiver?: object;
  readonly leader?: boolean;
  readonly now?: string;
}

const archiver = {
  systemIdentifier: "7710366851552716423",
  inRecovery: false,
  archiveMode: "on",
  archivesWithPgbackrest: false,
  failedCount: 0,
  lastFailed: null,
  lastArchived: "2026-11-24T17:06:58.000Z",
  oldestWaitingSeconds: null,
};

async function clockAt(moment: number): Promise<FakeSurroundings> {
  const surroundings = new FakeSurroundings();
  await surroundings.sleep((moment - surroundings.now().getTime()) / 1000);
  return surroundings;
}

function kubernetesOf(running: Running): FakeHarbor {
  const kubernetes = new FakeHarbor();
  kubernetes.make(runbookPgHba);
  const env = {
    PGVERSION: "12",
    WAL_S3_BUCKET: "bkt",
    WAL_BUCKET_SCOPE_SUFFIX: `/${databaseUid}`,
    WAL_BUCKET_SCOPE_PREFIX: "",
    AWS_REGION: "eu-west-2",
    AWS_SECRET_ACCESS_KEY: "canary-key",
    BACKUP_SCHEDULE: "0 17 * * *",
    BACKUP_NUM_TO_RETAIN: "5",
    ...running.env,
  };
  kubernetes.statefulSet = statefulSetOf({ env });
  kubernetes.pods = [podOf(0, { role: running.leader === false ? "replica" : "master" })];
  const names = running.listed ?? all;
  const list = running.stdout ?? JSON.stringify(names.map((name) => ({ backup_name: name, time: "" })));
  kubernetes.onExec = (_, command) => {
    if (!command.includes("wal-g")) return JSON.stringify({ ...archiver, ...running.archiver });
    return { end: "exited", code: running.exitCode ?? 0, stdout: list, stderr: "ERROR: AccessDenied" };
  };
  return kubernetes;
}

async function verifyRunning(running: Running = {}) {
  const kubernetes = kubernetesOf(running);
  const s3 = s3Of(running.prefix ?? RealPrefix.of("main"), ownPrefix);
  const accesses: S3Access[] = [];
  const clients: EveryBackupClients = {
    harbor: kubernetes,
    connectS3: (access) => {
      accesses.push(access);
      return Promise.resolve(s3);
    },
  };
  const task = steps["backup verify"].request.parse(request);
  const surroundings = await clockAt(running.now === undefined ? on24("20:00:00") : Date.parse(running.now));
  return { report: await verifyEveryBackup(clients, task, surroundings), kubernetes, s3, accesses };
}

async function verifyStored(
  s3: FakeS3,
  changes: object = {},
  now = on24("20:00:00"),
): Promise<ReportOf<"backup verify">> {
  const task = steps["backup verify"].request.parse({ ...request, store, schedule: "0 17 * * *", ...changes });
  const clients = { harbor: undefined, connectS3: () => Promise.resolve(s3) };
  return verifyEveryBackup(clients, task, await clockAt(now));
}

function grave({ findings }: Pick<ReportOf<"backup verify">, "findings">): string[] {
  return findings.filter(({ severity }) => severity !== "ok").map(({ code, severity }) => `${severity}: ${code}`);
}

describe("backup verify of a running database", () => {
  it("is okay when every backup of a real prefix can be restored and WAL-G lists the same", async () => {
    const { report, accesses, s3 } = await verifyRunning();
    assert.deepEqual(grave(report), []);
    assert.equal(report.verdict, "ok");
    assert.deepEqual(
      report.backups.map(({ name, restorable, type }) => `${restorable} ${type} ${name}`),
      [`yes full ${b1}`, `yes full ${b2}`, `yes delta ${d1}`, `yes delta ${d2}`, `yes full ${b3}`],
    );
    assert.deepEqual(
      report.windows.map(({ backups, endedBy, until }) => ({ backups, endedBy, until })),
      [{ backups: all, endedBy: null, until: report.backups.at(-1)?.window?.until }],
    );
    const until = report.windows[0]?.until ?? "";
    assert.deepEqual(report.lossNow, {
      what: "since",
      since: until,
      seconds: Math.round((on24("20:00:00") - Date.parse(until)) / 1000),
    });
    assert.deepEqual(accesses, [{ region: "eu-west-2", endpoint: undefined, endpointUrl: undefined }]);
    assert.equal(s3.requests.at(-1), "close");
  });

  it("asks WAL-G for the plain list, writes nothing, and shows no key", async () => {
    const { report, kubernetes, s3 } = await verifyRunning();
    const asked = kubernetes.commands.filter((command) => command.includes("wal-g"));
    assert.equal(asked.length, 1);
    assert.match(asked[0] ?? "", /wal-g backup-list --json$/);
    assert.deepEqual([kubernetes.applied, kubernetes.deleted], [[], []]);
    assert(s3.requests.every((line) => /^(list|get|head|close)/.test(line)));
    assert(!JSON.stringify(report).includes("canary-key"));
  });

  faultTest(32, "is refused when WAL-G lists other backups than S3 has", async () => {
    const partial = await verifyRunning({ listed: [b1, b2, d1] });
    assert.deepEqual(grave(partial.report), ["refuse: backup-not-listed"]);
    assert.match(JSON.stringify(partial.report.findings), new RegExp(`does not name ${d2}, ${b3}`));
    const more = await verifyRunning({ listed: [...all, "base_000000010000000000000099"] });
    assert.deepEqual(grave(more.report), ["refuse: backup-not-in-store"]);
    const empty = await verifyRunning({ stdout: "[]\n" });
    assert.deepEqual(grave(empty.report), ["refuse: backup-not-listed"]);
  });

  faultTest(
    32,
    "does not know when WAL-G prints nothing and ends with 0, fails, or prints something else",
    async () => {
      assert.deepEqual(grave((await verifyRunning({ stdout: "" })).report), ["unknown: backup-list-empty"]);
      const failed = await verifyRunning({ stdout: "", exitCode: 1 });
      assert.deepEqual(grave(failed.report), ["unknown: backup-list-unread"]);
      assert.match(JSON.stringify(failed.report.findings), /AccessDenied/);
      assert.deepEqual(grave((await verifyRunning({ stdout: "name modified\n" })).report), [
        "unknown: backup-list-unread",
      ]);
    },
  );

  it("does not know WAL-G's list or the archiver without a leader", async () => {
    const { report } = await verifyRunning({ leader: false });
    assert.deepEqual(grave(report), [
      "warn: wal-outdated",
      "unknown: backup-list-unread",
      "unknown: wal-archiving-unknown",
    ]);
  });

  faultTest(33, "is refused when the archiver fails, although every backup can be restored", async () => {
    const { report } = await verifyRunning({ archiver: { failedCount: 9, lastFailed: "2026-11-24T19:59:00.000Z" } });
    assert.deepEqual(grave(report), ["refuse: wal-archiving-failing"]);
    assert(report.backups.every(({ restorable }) => restorable === "yes"));
  });

  faultTest(160, "is refused when three scheduled backups did not come, while WAL is archived", async () => {
    const late = { lastArchived: "2026-11-24T17:06:58.000Z" };
    const once = await verifyRunning({ archiver: late, now: "2026-11-26T00:00:00Z" });
    assert.deepEqual(grave(once.report), ["warn: backups-outdated", "warn: backups-broken-off"]);
    const thrice = await verifyRunning({
      archiver: late,
      now: "2026-11-28T00:00:00Z",
      env: { BACKUP_NUM_TO_RETAIN: "3" },
    });
    assert.deepEqual(grave(thrice.report), ["refuse: backups-stopped", "warn: backups-broken-off"]);
    assert.match(JSON.stringify(thrice.report.findings), /is 3 days old, and 3 or more were due/);
  });

  faultTest(160, "is refused when WAL arrives and no base backup exists, or only unfinished ones", async () => {
    const none = await verifyRunning({ prefix: RealPrefix.of("main").lose(/^basebackups_005/), stdout: "" });
    assert.deepEqual(grave(none.report), ["refuse: backups-wal-alone", "refuse: backups-none-finished"]);
    assert.deepEqual([none.report.windows, none.report.lossNow.what], [[], "everything"]);
    const unfinished = await verifyRunning({
      prefix: RealPrefix.of("main").lose(/_backup_stop_sentinel/),
      stdout: "",
      now: "2026-11-26T12:00:00Z",
    });
    assert.deepEqual(grave(unfinished.report), [
      "refuse: backups-wal-alone",
      "refuse: backups-none-finished",
      "warn: backups-broken-off",
    ]);
    // One was unfinished before.
    assert.equal(unfinished.report.unfinished.length, 6);
  });

  faultTest(161, "warns of a retention that deletes nothing, and of one that deletes too much", async () => {
    const schedule = { BACKUP_SCHEDULE: "0 17 24 11 *" };
    const old = RealPrefix.of("main").change(/^basebackups_005\/base_0000000100000000000000(05|08|0E)/, (object) => ({
      modified: object.modified - 10 * 86_400_000,
    }));
    const idle = await verifyRunning({ prefix: old, env: { ...schedule, BACKUP_NUM_TO_RETAIN: "2" } });
    assert(grave(idle.report).includes("warn: backup-retention-idle"), grave(idle.report).join());
    // The database was created on 21 November.
    const short = await verifyRunning({ env: { BACKUP_NUM_TO_RETAIN: "2" } });
    assert.deepEqual(grave(short.report), ["warn: recovery-window-short"]);
    const young = await verifyRunning({ env: { BACKUP_NUM_TO_RETAIN: "5" } });
    assert.deepEqual(grave(young.report), []);
  });

  it("ends with an error when the database is lost or does not say where its backups are", async () => {
    const task = steps["backup verify"].request.parse(request);
    const kubernetes = kubernetesOf({});
    const clients = { harbor: kubernetes, connectS3: () => Promise.resolve(s3Of(RealPrefix.of("main"))) };
    kubernetes.statefulSet = statefulSetOf({ env: {} });
    await assert.rejects(verifyEveryBackup(clients, task, new FakeSurroundings()), /names no bucket or no region/);
    kubernetes.statefulSet = undefined;
    await assert.rejects(verifyEveryBackup(clients, task, new FakeSurroundings()), /has no StatefulSet/);
  });
});

faultSuite(32, "backup verify of a place in S3", () => {
  const main = (): RealPrefix => RealPrefix.of("main");
  const unasked = "warn: backup-list-not-asked";
  const old = "warn: wal-outdated";

  it("says that the Pods were not asked, and finds nothing else at a good place", async () => {
    const report = await verifyStored(s3Of(main()));
    assert.deepEqual(grave(report), [old, unasked]);
    assert.deepEqual([report.verdict, report.context], ["warn", null]);
  });

  const cases: [title: string, prefix: RealPrefix, no: readonly string[], codes: readonly string[]][] = [
    ["a part is gone", main().lose(/16\/.*part_001/), [b3], ["refuse: backup-parts-missing"]],
    [
      "a part of a parent is gone: no delta on it can be restored",
      main().lose(/base_000000010000000000000008\/.*part_001/),
      [b2, d1, d2],
      ["refuse: backup-parts-missing"],
    ],
    [
      "a parent is gone",
      main().lose(/base_000000010000000000000008[/_]/),
      [d1, d2],
      ["refuse: backup-parent-missing", "refuse: backup-parent-missing"],
    ],
    [
      "pg_control is gone",
      main().lose(/00000005\/.*pg_control/),
      [b1],
      ["refuse: backup-control-file-missing", "refuse: backup-parts-missing"],
    ],
    [
      "objects are archived",
      main().change(/base_000000010000000000000016\//, () => ({ storageClass: "GLACIER" })),
      [b3],
      ["refuse: backup-archived"],
    ],
    [
      "metadata.json is archived, which no restore reads",
      main().change(/0016\/metadata\.json/, () => ({ storageClass: "GLACIER" })),
      [],
      [],
    ],
    [
      "the WAL at a start is gone",
      main().lose(/^wal_005\/000000010000000000000016/),
      [b3],
      ["refuse: wal-start-missing", "refuse: wal-gap"],
    ],
    [
      "WAL between two backups is gone: a hole, and both can be restored",
      main().lose(/^wal_005\/00000001000000000000000B/),
      [],
      ["warn: recovery-window-hole"],
    ],
    [
      "WAL behind the newest backup is gone: what came after it would be lost",
      main().lose(/^wal_005\/000000010000000000000018/),
      [],
      ["refuse: wal-gap"],
    ],
    [
      "WAL between two backups is archived",
      main().change(/^wal_005\/00000001000000000000000B/, () => ({ storageClass: "DEEP_ARCHIVE" })),
      [],
      ["warn: recovery-window-hole"],
    ],
  ];
  for (const [title, prefix, no, codes] of cases) {
    it(title, async () => {
      const report = await verifyStored(s3Of(prefix));
      assert.deepEqual(
        report.backups.filter(({ restorable }) => restorable !== "yes").map(({ name }) => name),
        no,
      );
      assert.deepEqual(
        grave(report).filter((line) => line !== old && line !== unasked),
        codes,
      );
    });
  }

  it("two databases in one place", async () => {
    const other = RealPrefix.sentinel(b3).replace(/"SystemIdentifier":\d+/, '"SystemIdentifier":7000000000000000001');
    const report = await verifyStored(s3Of(main().text(`basebackups_005/${b3}_backup_stop_sentinel.json`, other)));
    assert(grave(report).includes("refuse: backup-identifiers-mixed"));
  });

  it("a copied bucket, whose times are those of the copy", async () => {
    const report = await verifyStored(s3Of(main().change(/./, () => ({ modified: on24("17:35:00") }))));
    assert(grave(report).includes("warn: backup-time-shifted"), grave(report).join());
    assert(grave(report).includes("warn: wal-origin-unproven"));
    // The copy was made after all of it was written.
    assert.deepEqual(report.lossNow, { what: "unknown", since: null, seconds: null });
    assert.equal(report.windows.at(-1)?.until, null);
  });

  it("a sentinel that S3 refuses leaves its backup unknown, and no other", async () => {
    const prefix = main();
    const texts = [...prefix.contents()].filter(([key]) => !key.includes(`${b1}_backup`));
    const s3 = new FakeS3("bkt", prefix.objects(), Object.fromEntries(texts) as Record<string, string>);
    const report = await verifyStored(s3);
    assert.deepEqual(
      report.backups.map(({ restorable }) => restorable),
      ["unknown", "yes", "yes", "yes", "yes"],
    );
    assert.equal(report.verdict, "unknown");
  });

  it("objects of Intelligent-Tiering are asked for, and what S3 does not say stays unknown", async () => {
    const tiered = main().change(/^wal_005\/00000001000000000000000B/, () => ({ storageClass: "INTELLIGENT_TIERING" }));
    // Younger objects are never archived.
    const now = on24("20:00:00") + 100 * 86_400_000;
    const s3 = s3Of(tiered);
    s3.isArchived = () => Promise.reject(new Error("denied"));
    const report = await verifyStored(s3, {}, now);
    assert.equal(report.backups[0]?.window?.endedBy, "wal-tier-unknown");
    const answering = s3Of(tiered);
    assert.equal((await verifyStored(answering, {}, now)).backups[0]?.window?.endedBy, null);
  });

  it("reads every backup and each segment once with --read, and finds one wrong bit", async () => {
    const good = await CapturedBucket.load();
    const s3 = good.s3();
    const report = await verifyStored(s3, { read: true });
    assert.equal(report.verdict, "warn", grave(report).join());
    const reads = s3.requests.filter((line) => line.startsWith("read "));
    assert.equal(new Set(reads).size, reads.length);
    assert.equal(report.read?.segments, new Set(reads.filter((line) => line.includes("/wal_005/"))).size);
    const bad = await CapturedBucket.load();
    const [part = ""] = bad.names(/base_[0-9A-F]+\/tar_partitions\/part_/);
    bad.edit(part, (content) => {
      content.writeUInt8((content.readUInt8(content.length >> 1) ^ 1) & 0xff, content.length >> 1);
    });
    const unread = await verifyStored(bad.s3());
    assert(unread.backups.every(({ restorable }) => restorable === "yes"));
    const found = await verifyStored(bad.s3(), { read: true });
    assert(found.backups.some(({ because }) => because.includes("backup-part-damaged")));
    assert.equal(found.verdict, "refuse");
  });

  it("ends with an error when S3 does not list the place in time, or refuses it", async () => {
    const hanging = s3Of(main());
    hanging.list = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    await assert.rejects(verifyStored(hanging, { timeLimit: "1s" }), /not listed within 1s/);
    await assert.rejects(verifyStored(new FakeS3("other", [])), /there is no such bucket/);
  });
});

describe("backup list", () => {
  it("reports the same backups and windows as backup verify, and asks no Pod", async () => {
    const kubernetes = kubernetesOf({});
    const prefix = RealPrefix.of("main").lose(/^wal_005\/00000001000000000000000B/);
    const clients = { harbor: kubernetes, connectS3: () => Promise.resolve(s3Of(prefix, ownPrefix)) };
    const surroundings = await clockAt(on24("20:00:00"));
    const listed = await listEveryBackup(clients, steps["backup list"].request.parse(request), surroundings);
    const { report } = await verifyRunning({ prefix });
    const { findings, notReadAgain, read, remembered, verdict, ...same } = report;
    assert.deepEqual(listed, same);
    assert.deepEqual([read, notReadAgain, remembered], [null, null, null]);
    assert.deepEqual([verdict, findings.length > 0], ["warn", true]);
    assert.deepEqual(kubernetes.commands, []);
    assert.deepEqual(
      listed.windows.map(({ backups, endedBy }) => [backups, endedBy]),
      [
        [[b1, b2], "wal-gap"],
        [[d1, d2, b3], null],
      ],
    );
  });
});
