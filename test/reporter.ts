import { writeFileSync } from "node:fs";
import mocha from "mocha";
import { z } from "zod";

const optionsSchema = z.object({ reporterOptions: z.object({ results: z.string() }) });

/** What `test/run.ts` reads after the run. */
export const resultsSchema = z.object({
  passes: z.int(),
  failures: z.int(),
  /** Tests that name a fault of docs/faults.md. */
  faults: z.array(
    z.object({
      numbers: z.array(z.int()),
      suite: z.string(),
      title: z.string(),
      seen: z.enum(["passed", "failed", "skipped"]),
    }),
  ),
});
export type Results = z.infer<typeof resultsSchema>;

/** Mocha's `spec` report, which also writes the counts and the results of every fault as JSON. */
export default class CountingSpec extends mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { results } = optionsSchema.parse(options).reporterOptions;
    const faults: Results["faults"] = [];
    const record = (seen: Results["faults"][number]["seen"]) => (test: Mocha.Test) => {
      // A suite's title may contain the number for all of its tests.
      const whole = test.fullTitle();
      const named = /faults? ([\d, ]+): ?/.exec(whole);
      if (named?.[1] === undefined) return;
      const title = whole.slice(named.index + named[0].length);
      const suite = /test\/(\w+)\//.exec(test.file ?? "")?.[1] ?? "";
      faults.push({ numbers: named[1].split(",").map(Number), suite, title, seen });
    };
    runner.on("pass", record("passed"));
    runner.on("fail", record("failed"));
    runner.on("pending", record("skipped"));
    runner.once("end", () => {
      const { passes, failures } = this.stats;
      writeFileSync(results, JSON.stringify({ passes, failures, faults } satisfies Results));
    });
  }
}
