import assert from "node:assert/strict";
import { parseBackupList, type Backup } from "../../../../sandbox/spilo/backup-list.ts";
import { reasonAgainst } from "../../../../sandbox/spilo/replica-choice.ts";
import { oldestToKeep } from "../../../../sandbox/spilo/retention.ts";

const now = new Date("2026-11-28T12:00:00Z");

/** A backup of so many days ago. */
function aged(days: number): Backup {
  const modified = new Date(now.getTime() - days * 86_400_000);
  return { name: `base_${days}`, modified, walFile: "000000010000000000000003" };
}

describe("the list of WAL-G, as Spilo's scripts read it", () => {
  const row = "base_000000010000000000000003 2026-11-24T18:15:44Z 000000010000000000000003 default";
  const backup: Backup = {
    name: "base_000000010000000000000003",
    modified: new Date("2026-11-24T18:15:44Z"),
    walFile: "000000010000000000000003",
  };

  it("has the rows below the header, in the form of any WAL-G", () => {
    for (const header of [
      "backup_name modified wal_file_name storage_name",
      "name modified wal_segment_backup_start",
      "name last_modified wal_segment_backup_start",
    ])
      assert.deepEqual(parseBackupList(`${header}\n${row}\n`), [backup]);
  });

  it("has none under another header, and none in an empty answer", () => {
    assert.deepEqual(parseBackupList(`backup modified\n${row}\n`), []);
    assert.deepEqual(parseBackupList(""), []);
  });
});

describe("the backups that Spilo deletes before it makes a new one", () => {
  const oldest = (ages: readonly number[], retain: number): string | undefined =>
    oldestToKeep(ages.map(aged), retain, now)?.name;

  it("are those before the youngest of the ones that are too old", () => {
    assert.equal(oldest([9, 7, 5, 4, 3, 2, 1, 0], 5), "base_5");
  });

  it("are none while fewer younger ones are there than days to retain", () => {
    assert.equal(oldest([9, 7, 5, 4, 3, 2, 1], 5), undefined);
  });

  it("are none while none is too old", () => {
    assert.equal(oldest([4.9, 3, 2, 1, 0], 5), undefined);
  });

  it("leave at least two days and two backups, whatever was asked for", () => {
    assert.equal(oldest([3, 1.9, 1], 0), "base_3");
    assert.equal(oldest([3, 1], 0), undefined);
  });
});

describe("whether Spilo makes a replica from the newest base backup", () => {
  const sizes = { walSinceBackup: 3_000_000, cluster: 10_000_000, megabytes: 102_400, percentage: 30 };

  it("it does while little WAL has been written since", () => {
    assert.equal(reasonAgainst(sizes), undefined);
  });

  it("it copies the leader after more than that part of the databases' size", () => {
    assert.equal(reasonAgainst({ ...sizes, walSinceBackup: 3_000_001 }), "exceeds 30% of cluster_size");
  });

  it("it copies the leader after more than that many megabytes", () => {
    const limited = { ...sizes, megabytes: 2, percentage: 1000 };
    assert.equal(reasonAgainst({ ...limited, walSinceBackup: 2 * 1024 * 1024 + 1 }), "exceeds 2MB");
    assert.equal(reasonAgainst({ ...limited, walSinceBackup: 2 * 1024 * 1024 }), undefined);
  });
});
