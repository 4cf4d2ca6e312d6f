import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import mocha from "mocha";
import { z } from "zod";
import { faultsOf } from "./support/fault-test.ts";
import { nextSuite, spoil } from "./support/spoiled.ts";

const optionsSchema = z.object({
  reporterOptions: z.object({ results: z.string().optional(), now: z.string().optional() }).default({}),
});

const faultResultSchema = z.object({
  faults: z.array(z.int()),
  suite: z.string(),
  /** With the titles of the suites around it. */
  title: z.string(),
  outcome: z.enum(["passed", "failed", "skipped"]),
});
export type FaultResult = z.infer<typeof faultResultSchema>;

const failedTestSchema = z.object({
  /** With the titles of the suites around it. */
  title: z.string(),
  /** The beginning of the error's stack. */
  error: z.string(),
});
export type FailedTest = z.infer<typeof failedTestSchema>;

/** What `test/run.ts` and `test/docs.ts` read after the run. */
export const resultsSchema = z.object({
  passes: z.int(),
  /** The tests and hooks that failed. */
  failed: z.array(failedTestSchema),
  /** Titles of the tests that did not run although they were asked for. */
  skipped: z.array(z.string()),
  /** The tests that docs/faults.md lists. */
  faultTests: z.array(faultResultSchema),
});
export type Results = z.infer<typeof resultsSchema>;

/** Of an error at the end of the run; mocha's own report has all of it. */
const mostErrorLines = 15;

/** A broken sandbox can fail a hundred tests. */
const mostSandboxReports = 3;
const sandboxReportMilliseconds = 30_000;

/**
 * Mocha's `spec` report. After a failure outside of the unit tests it shows the sandbox's Pods and the ends of their logs.
 *
 * @param options `results=FILE`: at the end, the counts and the outcome of every fault's test as JSON.
 *   `now=FILE`: the title of the test or hook that is running.
 */
export default class CountingSpec extends mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { now, results } = optionsSchema.parse(options).reporterOptions;
    const faultTests: FaultResult[] = [];
    const failed: FailedTest[] = [];
    const skipped: string[] = [];
    const record = (test: Mocha.Runnable, outcome: FaultResult["outcome"]): void => {
      const faults = faultsOf(test);
      if (faults.length > 0)
        faultTests.push({ faults: [...faults], suite: suiteOf(test), title: test.fullTitle(), outcome });
    };
    let sandboxReports = 0;
    runner.on("suite", ({ parent }) => {
      if (parent?.root === true) nextSuite();
    });
    runner.on("pass", (test) => {
      record(test, "passed");
    });
    runner.on("pending", (test) => {
      skipped.push(test.fullTitle());
      record(test, "skipped");
    });
    runner.on("fail", (test, error: Error) => {
      failed.push({ title: test.fullTitle(), error: firstLines(error.stack ?? error.message) });
      // A failed hook arrives like a failed test. The tests that it prevented do not arrive at all.
      for (const affected of isHook(test) ? notRun(test.parent) : [test]) record(affected, "failed");
      if (suiteOf(test) === "unit") return;
      spoil();
      sandboxReports += 1;
      if (sandboxReports <= mostSandboxReports) process.stdout.write(sandboxReport());
    });
    if (now !== undefined) {
      const write = (test: Mocha.Runnable): void => {
        writeFileSync(now, `${test.fullTitle()} (${test.file ?? ""})`);
      };
      runner.on("test", write);
      runner.on("hook", write);
    }
    runner.once("end", () => {
      const written: Results = { passes: this.stats.passes, failed, skipped, faultTests };
      if (results !== undefined) writeFileSync(results, JSON.stringify(written));
    });
  }
}

function suiteOf({ file }: Mocha.Runnable): string {
  return /test\/(\w+)\//.exec(file ?? "")?.[1] ?? "";
}

function firstLines(text: string): string {
  return text.split("\n").slice(0, mostErrorLines).join("\n");
}

function isHook({ type }: Mocha.Runnable & { readonly type?: string }): boolean {
  return type === "hook";
}

/** The tests of a suite, and of those in it, that have no outcome yet. */
function notRun(suite: Mocha.Suite | undefined): Mocha.Test[] {
  if (suite === undefined) return [];
  return [...suite.tests.filter(({ state }) => state === undefined), ...suite.suites.flatMap(notRun)];
}

/** In a process of its own, because mocha does not wait for a reporter. */
function sandboxReport(): string {
  const program = join(import.meta.dirname, "support", "sandbox-report.ts");
  const { stdout } = spawnSync(process.execPath, [program], {
    timeout: sandboxReportMilliseconds,
    encoding: "utf8",
  });
  return stdout;
}
