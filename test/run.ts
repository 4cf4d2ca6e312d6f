import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultsPage } from "./faults.ts";
import { resultsSchema } from "./reporter.ts";

/**
 * `npm test`: types, lint, then every mocha suite under coverage. It writes docs/faults.md, and its last line is
 * `N passed, N failed`.
 */
const run = (program: string, ...parameters: string[]): boolean => {
  process.stdout.write(`\n$ ${program} ${parameters.join(" ")}\n`);
  // Code from the CLI's compile cache would make the coverage less precise.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  return spawnSync(program, parameters, { stdio: "inherit", env }).status === 0;
};

const directory = mkdtempSync(join(tmpdir(), "postgres-recovery-results-"));
const resultsFile = join(directory, "results.json");
const checks = [run("tsc", "--project", "."), run("eslint", ".")];
const suites = ["unit", "integration", "e2e"].map((suite) => `test/${suite}/**/*.test.ts`);
const report = ["--reporter", "test/reporter.ts", "--reporter-option", `results=${resultsFile}`];
const tested = run("c8", "mocha", ...report, ...suites);

const { passes, failures, faults } = resultsSchema.parse(JSON.parse(readFileSync(resultsFile, "utf8")));
rmSync(directory, { recursive: true });
writeFileSync(new URL("../docs/faults.md", import.meta.url), faultsPage(faults));
const failed = failures + checks.filter((passed) => !passed).length;
process.stdout.write(`\n${passes + checks.filter(Boolean).length} passed, ${failed} failed\n`);
process.exitCode = tested && failed === 0 ? 0 : 1;
