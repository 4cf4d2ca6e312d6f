import assert from "node:assert/strict";
import { suggestionsText } from "../../../../cli/restore/suggestions.ts";
import type { SuggestReport } from "../../../../domain/restore/check.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const report: SuggestReport = {
  version: 1,
  bucket: "backups",
  places: [
    {
      scope: "harbor-db",
      uid,
      postgresVersion: 12,
      versionInPath: true,
      place: `s3://backups/spilo/harbor-db/${uid}/wal/12`,
      backups: 2,
      newest: { name: "base_000000010000000000000003", modified: "2026-11-20T01:00:00.000Z" },
    },
    {
      scope: "old-db",
      uid: null,
      postgresVersion: null,
      versionInPath: false,
      place: "s3://backups/spilo/old-db/wal",
      backups: 0,
      newest: null,
    },
  ],
};

describe("what `restore check --suggest` prints", () => {
  it("is one line for each place with -o log, in the words of the setting `restore`", () => {
    assert.equal(
      suggestionsText(report, "log"),
      [
        `scope: harbor-db, uid: ${uid}, postgresVersion: 12, versionInPath: true (2 backups, newest: 2026-11-20T01:00:00.000Z)`,
        'scope: old-db, prefix: "", postgresVersion: ?, versionInPath: false (0 backups, newest: never finished)',
      ].join("\n"),
    );
  });

  it("is a table for people, and the whole report for machines", () => {
    assert.deepEqual(
      suggestionsText(report, "table")
        .split("\n")
        .map((line) => line.trimEnd().split(/ {2,}/)),
      [
        ["SCOPE", "UID", "POSTGRESVERSION", "VERSIONINPATH", "BACKUPS", "NEWEST"],
        ["harbor-db", uid, "12", "true", "2", "2026-11-20T01:00:00.000Z"],
        ["old-db", "-", "?", "false", "0", "never finished"],
      ],
    );
    assert.deepEqual(JSON.parse(suggestionsText(report, "json")), report);
  });

  it("says of an empty bucket that it holds no backup", () => {
    const empty = { ...report, places: [] };
    for (const output of ["table", "log"] as const)
      assert.equal(suggestionsText(empty, output), "bucket backups holds no backup of Spilo");
  });
});
