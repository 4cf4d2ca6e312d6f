import assert from "node:assert/strict";
import fc from "fast-check";
import { lastRun, parseSchedule, scheduleProblem } from "../../../../domain/spilo/schedule.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const at = (text: string): number => Date.parse(`2026-11-${text}:00Z`);
const last = (schedule: string, before: string): string | undefined => {
  const moment = lastRun(parseSchedule(schedule), at(before));
  return moment === undefined ? undefined : new Date(moment).toISOString();
};

/** As `crontab -n` of Debian's cron 3.0pl1-162 judges them. */
const accepted = [
  "0 1 * * *",
  "*/15 1-5 * * mon",
  "0 1 * jan-mar *",
  "0 1 * * sun,MON",
  "0 1 * * 7",
  "*/90 * * * *",
  "1-5/2 * * * *",
  "00 01 * * *",
  "007 1 * * *",
  "0 1 * * 1-5,7",
  "*,5 * * * *",
  "0 1 */5 * 1",
  "0\t1  * * *",
];
const refused = [
  ["61 25 * * x", "minute"],
  ["a b c d e", "minute"],
  ["5/10 * * * *", "minute"],
  ["*/0 * * * *", "minute"],
  ["1,2, * * * *", "minute"],
  ["0-70 * * * *", "minute"],
  ["+1 * * * *", "minute"],
  ["~ * * * *", "minute"],
  ["- * * * *", "minute"],
  ["0 24 * * *", "hour"],
  ["0 1 0 * *", "day of the month"],
  ["0 1 L * *", "day of the month"],
  ["0 1 1/2 * *", "day of the month"],
  ["0 1 * 13 *", "month"],
  ["0 1 * Janu *", "month"],
  ["0 1 * * 8", "day of the week"],
  ["0 1 * * monday", "day of the week"],
  ["* * * * ?", "day of the week"],
] as const;

faultSuite(77, "a schedule of backups", () => {
  for (const schedule of accepted) {
    it(`${schedule.replace("\t", "TAB")} is accepted`, () => {
      assert.equal(scheduleProblem(schedule), undefined);
    });
  }
  for (const [schedule, field] of refused) {
    it(`${schedule} has no valid ${field}`, () => {
      assert.equal(scheduleProblem(schedule), `has no valid ${field}`);
    });
  }
  for (const schedule of ["", "0 1 * *", "0 1 * * * *", "0 1 * * *\n0 2 * * * rm", " 0 1 * * *"]) {
    it(`${JSON.stringify(schedule)} is refused`, () => {
      assert.notEqual(scheduleProblem(schedule), undefined);
    });
  }
  for (const schedule of ["0 1 31 2 *", "0 1 30 feb *", "5-1 1 * * *", "0 1 31 4,6,9,11 *"]) {
    it(`${schedule} is refused, because it never comes`, () => {
      assert.equal(scheduleProblem(schedule), "never comes");
    });
  }

  it("may come only every four years", () => {
    assert.equal(scheduleProblem("0 1 29 2 *"), undefined);
    assert.equal(last("0 1 29 2 *", "21T12:00"), "2024-02-29T01:00:00.000Z");
  });
});

describe("the last run before a moment", () => {
  const cases: [schedule: string, before: string, expected: string][] = [
    ["0 1 * * *", "21T12:00", "2026-11-21T01:00:00.000Z"],
    ["0 1 * * *", "21T01:00", "2026-11-20T01:00:00.000Z"],
    ["0 1 * * *", "21T00:30", "2026-11-20T01:00:00.000Z"],
    ["*/20 1,13 * * *", "21T13:39", "2026-11-21T13:20:00.000Z"],
    // 21 November 2026 is a Saturday.
    ["0 1 * * sun", "21T12:00", "2026-11-15T01:00:00.000Z"],
    ["0 1 * * 7", "21T12:00", "2026-11-15T01:00:00.000Z"],
    ["0 1 * * 0", "21T12:00", "2026-11-15T01:00:00.000Z"],
    ["0 1 1 * *", "21T12:00", "2026-11-01T01:00:00.000Z"],
    // With a day and a weekday either of the two is enough, unless one begins with a star.
    ["0 1 1 * fri", "21T12:00", "2026-11-20T01:00:00.000Z"],
    ["0 1 */2 * fri", "21T12:00", "2026-11-13T01:00:00.000Z"],
    ["0 1 * oct *", "21T12:00", "2026-10-31T01:00:00.000Z"],
  ];
  for (const [schedule, before, expected] of cases) {
    it(`${schedule} before ${before}`, () => {
      assert.equal(last(schedule, before), expected);
    });
  }

  it("is on a minute that the schedule names, and no such minute follows it", () => {
    const minutes = fc.integer({ min: 0, max: 59 });
    const hours = fc.integer({ min: 0, max: 23 });
    fc.assert(
      fc.property(minutes, hours, fc.integer({ min: 0, max: 3_000_000 }), (minute, hour, past) => {
        const before = past * 60_000;
        const moment = lastRun(parseSchedule(`${minute} ${hour} * * *`), before) ?? NaN;
        assert.deepEqual([new Date(moment).getUTCMinutes(), new Date(moment).getUTCHours()], [minute, hour]);
        assert(moment < before && before - moment <= 86_400_000);
      }),
    );
  });
});
