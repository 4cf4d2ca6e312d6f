import assert from "node:assert/strict";
import {
  assertSameTables,
  compareTables,
  comparisonTable,
  digestQuery,
  type TableDigest,
} from "../../../../sandbox/demo/digests.ts";

const project: TableDigest = { table: "project", rows: 2, digest: "aaaaaaaaaaaaaaaa" };
const artifact: TableDigest = { table: "artifact", rows: 1, digest: "bbbbbbbbbbbbbbbb" };
const same = (before: TableDigest[], after: TableDigest[]): [string, boolean][] =>
  compareTables(before, after).map(({ isSame, table }) => [table, isSame]);

describe("the demo's comparison of two databases", () => {
  it("finds equal tables in whatever order they come", () => {
    assert.deepEqual(same([project, artifact], [artifact, project]), [
      ["artifact", true],
      ["project", true],
    ]);
  });

  it("finds another content with the same number of rows, and another number of rows", () => {
    assert.deepEqual(same([project], [{ ...project, digest: "cccccccccccccccc" }]), [["project", false]]);
    assert.deepEqual(same([project], [{ ...project, rows: 3 }]), [["project", false]]);
  });

  it("finds a table that only one of them has", () => {
    assert.deepEqual(same([project], []), [["project", false]]);
    assert.deepEqual(same([], [project]), [["project", false]]);
  });

  it("fails with the names of the tables that differ, and only with these", () => {
    const compared = compareTables([project, artifact], [project]);
    assert.throws(
      () => {
        assertSameTables(compared);
      },
      { message: "these tables differ: artifact" },
    );
    assertSameTables(compareTables([project], [project]));
  });

  it("shows both databases side by side", () => {
    assert.equal(
      comparisonTable(compareTables([project, artifact], [project]), ["LOST", "RESTORED"]),
      `TABLE      LOST                       RESTORED                   SAME
artifact   1 rows, md5 bbbbbbbbbbbb   no such table              NO
project    2 rows, md5 aaaaaaaaaaaa   2 rows, md5 aaaaaaaaaaaa   yes`,
    );
  });

  it("asks for each table by its quoted name, and never for none", () => {
    const query = digestQuery(["project", `odd"'name`]);
    assert.match(query, /select 'project' as "table".* from public\."project" t\nunion all select 'odd"''name'/s);
    assert.match(query, /from public\."odd""'name" t$/);
    assert.throws(() => digestQuery([]), /no table to compare/);
  });
});
