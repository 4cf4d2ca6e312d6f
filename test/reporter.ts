import { writeFileSync } from "node:fs";
import mocha from "mocha";
import { z } from "zod";
import { faultsOf } from "./support/fault-test.ts";

const optionsSchema = z.object({ reporterOptions: z.object({ results: z.string() }) });

const faultResultSchema = z.object({
  faults: z.array(z.int()),
  suite: z.string(),
  /** With the titles of the suites around it. */
  title: z.string(),
  outcome: z.enum(["passed", "failed", "skipped"]),
});
export type FaultResult = z.infer<typeof faultResultSchema>;

/** What `test/run.ts` and `test/docs.ts` read after the run. */
export const resultsSchema = z.object({
  passes: z.int(),
  failures: z.int(),
  /** The tests that docs/faults.md lists. */
  faultTests: z.array(faultResultSchema),
});
export type Results = z.infer<typeof resultsSchema>;

/** Mocha's `spec` report, which also writes the counts and the outcome of every fault's test as JSON. */
export default class CountingSpec extends mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { results } = optionsSchema.parse(options).reporterOptions;
    const faultTests: FaultResult[] = [];
    // A failed hook arrives like a failed test; the tests that it prevented do not arrive at all.
    const record = (outcome: FaultResult["outcome"]) => (test: Mocha.Test) => {
      const faults = faultsOf(test);
      if (faults.length === 0) return;
      const suite = /test\/(\w+)\//.exec(test.file ?? "")?.[1] ?? "";
      faultTests.push({ faults: [...faults], suite, title: test.fullTitle(), outcome });
    };
    runner.on("pass", record("passed"));
    runner.on("fail", record("failed"));
    runner.on("pending", record("skipped"));
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      writeFileSync(results, JSON.stringify({ passes, failures, faultTests } satisfies Results));
    });
  }
}
