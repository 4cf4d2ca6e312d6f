import assert from "node:assert/strict";
import type { BackupDescription } from "../../../../domain/walg/backup.ts";
import { judgeCompleteness, type DescribedBackup } from "../../../../domain/walg/completeness.ts";
import type { ListedObject } from "../../../../domain/walg/storage.ts";
import { at, backupObjects, described, listingOf } from "../../../support/walg.ts";
import { faultTest } from "../../../support/fault-test.ts";

/** The findings about a backup whose objects were changed, as text. */
function judged(
  change: (object: ListedObject) => Partial<ListedObject> | undefined,
  description: Partial<BackupDescription> = {},
  role: DescribedBackup["role"] = "chosen",
): string {
  const objects = backupObjects(4, at("01:00")).flatMap((object) => {
    const changes = change(object);
    return changes === undefined ? [] : [{ ...object, ...changes }];
  });
  const [backup] = listingOf(objects).backups;
  assert(backup !== undefined);
  const whole = described({ ...backup, size: 9400 }, description);
  return judgeCompleteness({ backup, description: whole, where: "s3://b/p", role })
    .map(({ severity, code, what }) => `${severity} ${code}: ${what}`)
    .join("\n");
}

const without =
  (part: string) =>
  ({ key }: ListedObject): object | undefined =>
    key.includes(part) ? undefined : {};
const roles = ["chosen", "parent"] as const;

describe("judgeCompleteness", () => {
  it("finds nothing in a whole backup", () => {
    for (const role of roles)
      assert.equal(
        judged(() => ({}), {}, role),
        "",
      );
    // Some WAL-G versions read the counter before the last 8 bytes are on their way.
    assert.equal(
      judged(() => ({}), { compressedSize: 9392 }),
      "",
    );
  });

  for (const role of roles) {
    faultTest(37, `refuses a ${role} without a part, or with one that is cut`, () => {
      assert.match(judged(without("part_001"), {}, role), /^refuse backup-parts-missing: .*some are missing/);
      const cut = ({ key, size }: ListedObject): object => (key.includes("part_001") ? { size: size - 1 } : {});
      assert.match(judged(cut, {}, role), /^refuse backup-parts-missing/);
    });

    faultTest(
      37,
      `refuses a ${role} without files_metadata.json, or with an empty one, unless its WAL-G wrote none`,
      () => {
        assert.match(judged(without("files_metadata"), {}, role), /^refuse backup-file-list-missing/);
        const empty = ({ key }: ListedObject): object => (key.includes("files_metadata") ? { size: 0 } : {});
        assert.match(judged(empty, {}, role), /^refuse backup-file-list-missing/);
        for (const fileList of ["sentinel", "not-needed"] as const)
          assert.equal(judged(without("files_metadata"), { fileList }, role), "");
      },
    );

    faultTest(41, `refuses a ${role} of which S3 has archived anything that is needed`, () => {
      const archived = ({ key }: ListedObject): object => (key.includes("part_001") ? { storageClass: "GLACIER" } : {});
      assert.match(judged(archived, {}, role), /^refuse backup-archived: has 1 object in an archive/);
      const restored = (object: ListedObject): object => ({ ...archived(object), restored: true });
      assert.equal(judged(restored, {}, role), "");
      assert.match(
        judged(() => ({ storageClass: "INTELLIGENT_TIERING" }), {}, role),
        /^unknown backup-tier-unknown/,
      );
    });
  }

  faultTest(37, "refuses the chosen backup without pg_control, and warns of a parent without it", () => {
    assert.match(judged(without("pg_control")), /^refuse backup-control-file-missing/);
    assert.match(judged(without("pg_control"), {}, "parent"), /^warn backup-parent-control-file-missing: .*3\.0\.4/);
  });

  faultTest(37, "finds the lost backup label of a WAL-G that does not count it", () => {
    const description = { fileList: "sentinel", compressedSize: 9000 } as const;
    assert.match(
      judged(() => ({}), description),
      /^refuse backup-parts-missing: has no part with the backup label/,
    );
    assert.equal(
      judged(() => ({}), { ...description, compressedSize: 8600 }),
      "",
    );
  });

  it("says that nothing is proven of a backup that does not say how big it is", () => {
    assert.match(
      judged(() => ({}), { compressedSize: undefined }),
      /^warn backup-size-unproven/,
    );
  });
});
