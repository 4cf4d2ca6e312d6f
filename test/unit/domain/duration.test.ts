import assert from "node:assert/strict";
import { durationSeconds } from "../../../domain/duration.ts";

describe("durationSeconds", () => {
  it("reads seconds, minutes and hours up to a day", () => {
    assert.equal(durationSeconds("90s"), 90);
    assert.equal(durationSeconds("10m"), 600);
    assert.equal(durationSeconds("24h"), 86_400);
  });

  it("refuses everything else", () => {
    for (const wrong of ["", "10", "0s", "-1s", "1.5h", "1d", "25h", "1441m", "1 h", "1e3s"]) {
      assert.equal(durationSeconds(wrong), undefined, wrong);
    }
  });
});
