import assert from "node:assert/strict";
import { isWrittenByGo, writtenByGo } from "../../../../domain/restore/bare-moment.ts";
import { faultSuite } from "../../../support/fault-test.ts";

faultSuite(121, "a moment without quotes in YAML", () => {
  it("is written as Go prints a time", () => {
    const moments = {
      "2026-11-21T09:30:00Z": "2026-11-21 09:30:00 +0000 UTC",
      "2026-11-21t09:30:00.25+02:00": "2026-11-21 09:30:00.25 +0200 +0200",
      "2026-11-21 09:30:00": "2026-11-21 09:30:00 +0000 UTC",
      "2026-11-21": "2026-11-21 00:00:00 +0000 UTC",
    };
    for (const [bare, printed] of Object.entries(moments)) {
      assert.equal(writtenByGo(bare), printed);
      assert(isWrittenByGo(printed));
    }
  });

  it("other texts are no moments for Go, and stay as they are", () => {
    for (const text of ["2026-11-21T09:30:00", "2026-11-21 09:30:00+00:00", "2026-11", "12:30:00", "0 1 * * *", ""]) {
      assert.equal(writtenByGo(text), undefined, text);
      assert(!isWrittenByGo(text), text);
    }
  });
});
