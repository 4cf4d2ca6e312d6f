import assert from "node:assert/strict";
import { flagsArgument } from "../../../cli/options.ts";
import { flagCodes } from "../../../domain/stanza/flag-codes.ts";

describe("--allow", () => {
  it("takes flags in any order, with blanks, and each once", () => {
    assert.deepEqual(flagsArgument("no-schedule, no-backup,no-schedule"), ["no-backup", "no-schedule"]);
    assert.deepEqual(flagsArgument(flagCodes.join(",")), flagCodes);
  });

  it("refuses a flag that does not exist, and names all that do", () => {
    for (const wrong of ["", "no-backups", "no-backup,", "all"])
      assert.throws(
        () => flagsArgument(wrong),
        /no such flag: .*The flags are no-backup, .*schedule-unreadable/s,
        wrong,
      );
  });
});
