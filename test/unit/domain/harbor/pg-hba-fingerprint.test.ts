import assert from "node:assert/strict";
import fc from "fast-check";
import { harborOperatorPgHba, requiredPgHba, runbookPgHba } from "../../../../domain/harbor/pg-hba.ts";
import {
  linesToBeDropped,
  parseReplacedLists,
  pgHbaFingerprint,
  pgHbaOwners,
  replacedListsAfter,
  type LivePgHba,
} from "../../../../domain/harbor/pg-hba-fingerprint.ts";
import { faultTest } from "../../../support/fault-test.ts";

const made = { uid: "99e85b8a", harborGeneration: "3", isOurs: false, replacedLists: 0 };

describe("pgHbaFingerprint", () => {
  faultTest(
    27,
    "is the same for the Harbor operator's list and the required one, so that a write does not trigger the next write",
    () => {
      fc.assert(
        fc.property(fc.subarray(["host all ops 10.1.0.0/16 md5", "host all dev 10.2.0.0/16 md5"]), (own) => {
          const required = requiredPgHba(own);
          const before = pgHbaFingerprint({ ...made, list: harborOperatorPgHba }, required);
          assert.equal(pgHbaFingerprint({ ...made, isOurs: true, list: required }, required), before);
        }),
      );
    },
  );

  it("is the same for an older list of ours, because the settings themselves show that change", () => {
    const older = { ...made, isOurs: true, list: requiredPgHba(["host all ops 10.1.0.0/16 md5"]) };
    assert.equal(
      pgHbaFingerprint(older, runbookPgHba),
      pgHbaFingerprint({ ...made, list: runbookPgHba }, runbookPgHba),
    );
  });

  faultTest(27, "changes with an edit of the HarborCluster, for another resource of that name, and without one", () => {
    const fingerprint = pgHbaFingerprint({ ...made, list: [] }, runbookPgHba);
    assert.notEqual(pgHbaFingerprint({ ...made, harborGeneration: "4", list: [] }, runbookPgHba), fingerprint);
    assert.notEqual(pgHbaFingerprint({ ...made, uid: "11e85b8a", list: [] }, runbookPgHba), fingerprint);
    assert.notEqual(pgHbaFingerprint(undefined, runbookPgHba), fingerprint);
  });

  faultTest(27, "changes when the list was edited by hand", () => {
    const fingerprint = pgHbaFingerprint({ ...made, list: runbookPgHba }, runbookPgHba);
    assert.notEqual(pgHbaFingerprint({ ...made, list: runbookPgHba.slice(1) }, runbookPgHba), fingerprint);
  });

  /** What the step leaves behind. */
  const written = (live: LivePgHba): LivePgHba => ({
    ...live,
    list: runbookPgHba,
    isOurs: true,
    replacedLists: replacedListsAfter(live, runbookPgHba),
  });

  faultTest(87, "is the same before and after the write that replaces a list of somebody else", () => {
    const byHand = { ...made, list: [...runbookPgHba, "host all ops 10.1.0.0/16 md5"] };
    const before = pgHbaFingerprint(byHand, runbookPgHba);
    assert.equal(pgHbaFingerprint(written(byHand), runbookPgHba), before);
    const again = { ...byHand, replacedLists: written(byHand).replacedLists };
    assert.notEqual(pgHbaFingerprint(again, runbookPgHba), before, "the same edit, made once more");
  });
});

describe("parseReplacedLists", () => {
  it("reads the annotation, and takes anything else for none", () => {
    assert.deepEqual(
      ["7", "0", undefined, "", "-1", "x", "1e9", "99999999999"].map(parseReplacedLists),
      [7, 0, 0, 0, 0, 0, 0, 0],
    );
  });
});

describe("linesToBeDropped", () => {
  const byHand = "host all ops 10.1.0.0/16 md5";

  faultTest(87, "are the lines that somebody else added, and that the settings do not have", () => {
    const edited = { ...made, list: [...runbookPgHba, byHand] };
    assert.deepEqual(linesToBeDropped(edited, runbookPgHba), [byHand]);
    assert.deepEqual(linesToBeDropped(edited, requiredPgHba([byHand])), []);
    assert.deepEqual(linesToBeDropped({ ...made, list: harborOperatorPgHba }, runbookPgHba), []);
    assert.deepEqual(linesToBeDropped(undefined, runbookPgHba), []);
  });

  it("are not the lines that this project wrote", () => {
    const ours = { ...made, isOurs: true, list: requiredPgHba([byHand]) };
    assert.deepEqual(linesToBeDropped(ours, runbookPgHba), []);
  });
});

describe("pgHbaOwners", () => {
  const entry = (manager: string, fieldsV1: object): object => ({
    manager,
    operation: "Apply",
    fieldsType: "FieldsV1",
    fieldsV1,
  });

  it("names the field managers that own the list, and no others", () => {
    const owned = { "f:spec": { "f:patroni": { "f:pg_hba": {} } } };
    const other = { "f:spec": { "f:patroni": { "f:initdb": {} }, "f:teamId": {} }, "f:metadata": {} };
    assert.deepEqual(
      pgHbaOwners([
        entry("manager", other),
        entry("postgres-recovery", owned),
        entry("kubectl-edit", owned),
        entry("status", {}),
      ]),
      ["postgres-recovery", "kubectl-edit"],
    );
  });

  it("names nobody when nothing is known", () => {
    assert.deepEqual(pgHbaOwners(undefined), []);
    fc.assert(
      fc.property(fc.jsonValue(), (anything) => {
        pgHbaOwners(anything);
      }),
    );
  });
});
