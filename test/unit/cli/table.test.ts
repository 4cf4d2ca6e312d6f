import assert from "node:assert/strict";
import fc from "fast-check";
import { findingsTable } from "../../../cli/findings.ts";
import { scanTable } from "../../../cli/render.ts";
import { fittedTable } from "../../../cli/table.ts";
import type { ScanEntry } from "../../../domain/stanza/list-report.ts";
import { scanEntry } from "../../support/scan-entry.ts";

const reason =
  "the repository holds the stanza of another database (other system identifier or version); it must be looked at by a person";
const entries: readonly ScanEntry[] = [
  scanEntry(
    { status: "okay", backups: { count: 0 } },
    { pod: "calendar-db-instance1-abcd-0", operatorSaysCreated: true },
  ),
  {
    ...scanEntry({ status: "broken", reason }),
    namespace: "ac-qr-publishing",
    cluster: "woven-passport-db",
    pod: "woven-passport-db-instance1-wxyz-0",
    operatorSaysCreated: true,
    disagreement: "operator-says-created",
  },
];

/** The table without the summary below it. */
function tableOf(width: number): string[] {
  const lines = scanTable("dev", entries, "never", width).split("\n");
  return lines.slice(0, lines.indexOf(""));
}

describe("a table", () => {
  for (const width of [80, 120, 200])
    it(`fits ${width} columns, and still has the whole detail`, () => {
      const lines = tableOf(width);
      assert(Math.max(...lines.map(({ length }) => length)) <= width, lines.join("\n"));
      for (const word of reason.split(" ")) assert(lines.join(" ").includes(word), word);
    });

  it("shows the Pods only where there is room for them", () => {
    assert.match(tableOf(400)[0] ?? "", /^NAMESPACE +CLUSTER +POD +STATUS +PGO +DETAIL$/);
    assert.match(tableOf(120)[0] ?? "", /^NAMESPACE +CLUSTER +STATUS +PGO +DETAIL$/);
  });

  it("puts the detail below its row when there is little room beside it", () => {
    assert.deepEqual(tableOf(80).slice(0, 4), [
      "NAMESPACE          CLUSTER             STATUS   PGO",
      "calendar           calendar-db         Okay     created",
      "  no backup yet",
      "ac-qr-publishing   woven-passport-db   Broken   created (disagrees)",
    ]);
  });

  it("keeps a short detail beside its row, where it fits", () => {
    const name = "a".repeat(60);
    assert.deepEqual(
      fittedTable(["POD", "NAME", "DETAIL"], [["p".repeat(20), name, "gone"]], { width: 72, optional: "POD" }).split(
        "\n",
      ),
      [`NAME${" ".repeat(59)}DETAIL`, `${name}   gone`],
    );
  });

  it("breaks a word that is longer than a line, and loses nothing of it", () => {
    const word = Array.from({ length: 30 }, (_, index) => `path${index}/`).join("");
    for (const width of [40, 60, 100]) {
      const text = fittedTable(["NAME", "DETAIL"], [["a", `see ${word} there`]], { width });
      assert(
        text.split("\n").every(({ length }) => length <= width),
        text,
      );
      assert(text.replaceAll(/\s+/g, "").endsWith(`see${word}there`), text);
    }
  });

  it("has one line for each cluster without a width, as in a pipe", () => {
    assert.equal(tableOf(Infinity).length, 1 + entries.length);
  });

  it("wraps findings, too", () => {
    const lines = findingsTable(
      [
        {
          severity: "refuse",
          code: "wal-gap",
          where: "s3://bucket/spilo",
          what: reason,
          fix: "restore another backup",
        },
      ],
      "never",
      80,
    ).split("\n");
    assert(Math.max(...lines.map(({ length }) => length)) <= 80, lines.join("\n"));
    assert.match(lines.join(" "), /-> restore another backup/);
  });

  it("loses no word and never exceeds the width, whatever its cells are", () => {
    const word = fc.stringMatching(/^[!-~]{1,90}$/);
    const detail = fc.array(word, { maxLength: 12 }).map((words) => words.join(" "));
    const name = fc.stringMatching(/^[a-z][-a-z]{0,14}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, detail), { minLength: 1 }),
        fc.integer({ min: 40, max: 200 }),
        (rows, width) => {
          const text = fittedTable(["NAME", "DETAIL"], rows, { width });
          assert(text.split("\n").every(({ length }) => length <= width));
          // Words that are longer than a line are broken.
          assert.equal(
            text.replaceAll(/\s+/g, "").length,
            rows.flat().join("").replaceAll(/\s+/g, "").length + (text.includes("DETAIL") ? 10 : 4),
          );
        },
      ),
    );
  });
});
