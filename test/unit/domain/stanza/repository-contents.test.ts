import assert from "node:assert/strict";
import fc from "fast-check";
import { readInfoReport, type StanzaInfo } from "../../../../domain/stanza/info-report.ts";
import { repositoryBackups } from "../../../../domain/stanza/repository-contents.ts";
import { sampleOutput } from "../../../support/fixtures.ts";
import { faultTest } from "../../../support/fault-test.ts";

type Backup = StanzaInfo["backup"][number];

const ok = { code: 0, message: "ok" };
const segment = (number: number, timeline = 1): string =>
  [timeline, Math.floor(number / 256), number % 256]
    .map((part) => part.toString(16).toUpperCase().padStart(8, "0"))
    .join("");

/** A backup that needs the WAL from one segment to another, and ended at a second. */
function backup(start: number, stop: number, change: Partial<Backup> = {}): Backup {
  return {
    label: `2026-${start}F`,
    type: "full",
    database: { id: 1, "repo-key": 1 },
    timestamp: { stop: 1_795_000_000 + stop },
    archive: { start: segment(start), stop: segment(stop) },
    reference: null,
    error: false,
    ...change,
  };
}

function info(
  backups: Backup[],
  min: string | null | undefined,
  max = min,
  change: Partial<StanzaInfo> = {},
): StanzaInfo {
  return {
    name: "db",
    status: ok,
    repo: [{ key: 1, status: ok }],
    db: [{ id: 1, "repo-key": 1, "system-id": 7000000000000000001n, version: "15" }],
    backup: backups,
    archive: [{ database: { id: 1, "repo-key": 1 }, min, max }],
    ...change,
  };
}

function ofSample(name: string, key = 1) {
  const read = readInfoReport(sampleOutput(name), "db");
  assert(read !== undefined && !("problem" in read), name);
  return repositoryBackups(read, key);
}

describe("repositoryBackups", () => {
  it("reads what a real repository holds (2.45)", () => {
    const ended = "2026-11-20T21:42:17.000Z";
    assert.deepEqual(ofSample("info-11-ok-json"), {
      name: "repo1",
      count: 1,
      newest: { full: ended },
      wal: { min: "000000010000000000000001", max: "000000010000000000000010" },
      usable: { count: 1, oldest: ended, newest: ended },
      bytes: 3_082_921,
    });
  });

  it("reads the same of pgBackRest 2.59", () => {
    const { bytes, usable, wal } = ofSample("v259-info-ok-json");
    assert.deepEqual([usable?.count, wal?.max, bytes], [1, "000000010000000000000005", 3_069_735]);
  });

  it("knows a repository without WAL and without a backup, and each of several repositories", () => {
    assert.deepEqual(ofSample("info-10-stanza-nobackup-named-json"), {
      name: "repo1",
      count: 0,
      newest: {},
      wal: { min: null, max: null },
      usable: { count: 0 },
      bytes: 0,
    });
    assert.equal(ofSample("info-29-both-json", 2).name, "repo2");
  });

  it("does not count backups of an earlier database as backups of this one", () => {
    const databases = [
      { id: 1, "repo-key": 1, "system-id": 1, version: "14" },
      { id: 2, "repo-key": 1, "system-id": 2, version: "15" },
    ];
    const found = repositoryBackups(
      info([backup(5, 6)], segment(1), segment(9), {
        db: databases,
        archive: [{ database: { id: 2, "repo-key": 1 }, min: null, max: null }],
      }),
      1,
    );
    assert.deepEqual([found.count, found.usable, found.ofEarlierDatabases], [1, { count: 0 }, 1]);
  });

  faultTest(127, "finds a backup whose WAL has been deleted, at either end and altogether", () => {
    const unusable = (min: string | null, max: string | null): unknown =>
      repositoryBackups(info([backup(5, 6)], min, max), 1).unusable?.first[0];
    assert.equal(unusable(segment(5), segment(6)), undefined);
    assert.equal(
      unusable(segment(6), segment(9)),
      `2026-5F: its WAL ${segment(5)} to ${segment(6)} is missing: repo1 holds ${segment(6)} to ${segment(9)}`,
    );
    assert.match(String(unusable(segment(1), segment(5))), /is missing: repo1 holds/);
    assert.match(String(unusable(null, null)), /is missing: repo1 holds no WAL of this database$/);
  });

  faultTest(127, "finds a backup without the one on which it builds", () => {
    const incremental = backup(7, 7, { label: "2026-5F_2026-7I", type: "incr", reference: ["2026-5F"] });
    const found = (backups: Backup[]) => repositoryBackups(info(backups, segment(1), segment(9)), 1);
    assert.equal(found([backup(5, 6), incremental]).unusable, undefined);
    assert.deepEqual(found([incremental]).unusable, {
      count: 1,
      first: ["2026-5F_2026-7I: it needs files of 2026-5F, which repo1 does not list"],
    });
  });

  it("does not know a backup whose WAL the report does not name, or names unreadably", () => {
    const read = (change: object): unknown => {
      const report = [{ ...info([], segment(1), segment(9)), backup: [{ ...backup(5, 6), ...change }] }];
      const text = JSON.stringify(report, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
      const found = readInfoReport(text, "db");
      assert(found !== undefined && !("problem" in found));
      return repositoryBackups(found, 1).usable;
    };
    for (const archive of [undefined, { start: null, stop: null }, { start: "../../x", stop: segment(6) }])
      assert.deepEqual(read({ archive }), { count: 0, unknown: 1 });
    const silent = repositoryBackups({ ...info([backup(5, 6)], null), archive: undefined }, 1);
    assert.deepEqual([silent.usable, silent.wal], [{ count: 0, unknown: 1 }, undefined]);
  });

  faultTest(129, "names backups with pages of a wrong checksum, and only the first five", () => {
    const many = Array.from({ length: 7 }, (_, index) => backup(index + 1, index + 1, { error: index > 0 }));
    const { damaged, usable } = repositoryBackups(info(many, segment(1), segment(9)), 1);
    assert.deepEqual(damaged, { count: 6, first: ["2026-2F", "2026-3F", "2026-4F", "2026-5F", "2026-6F"] });
    assert.equal(usable?.count, 7);
  });

  it("counts each backup once, and never calls one usable whose WAL is not within the range", () => {
    const numbers = fc.integer({ min: 0, max: 600 });
    const someBackup = fc
      .tuple(numbers, fc.nat({ max: 5 }))
      .map(([start, length]) => backup(start, start + length, { label: `${start}F` }));
    fc.assert(
      fc.property(fc.array(someBackup, { maxLength: 8 }), numbers, numbers, (backups, a, b) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const found = repositoryBackups(info(backups, segment(min), segment(max)), 1);
        const within = backups.filter(
          ({ archive }) => (archive?.start ?? "") >= segment(min) && (archive?.stop ?? "") <= segment(max),
        );
        assert.equal(found.usable?.count, within.length);
        assert.equal(found.count, within.length + (found.unusable?.count ?? 0));
        const ends = within.map(({ timestamp }) => timestamp.stop * 1000);
        if (ends.length > 0) {
          assert.equal(Date.parse(found.usable.oldest ?? ""), Math.min(...ends));
          assert.equal(Date.parse(found.usable.newest ?? ""), Math.max(...ends));
        }
      }),
      { numRuns: 50 },
    );
  });
});
