import { execa } from "execa";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureHarbor } from "../sandbox/harbor/harbor.ts";
import { ensureBrowser, ensurePackages } from "../sandbox/host/packages.ts";
import { down } from "../sandbox/sandbox.ts";
import { ensureTools } from "../sandbox/toolchain/tools.ts";
import { coverageFloors } from "./coverage-floors.ts";
import { listFaultTests } from "./docs.ts";
import { unproven } from "./faults-page.ts";
import { runLane, type Lane } from "./lane.ts";
import type { Results } from "./reporter.ts";
import { testDirectory } from "./support/sandbox.ts";

/**
 * `npm test`: formatting, types, lint, dead code, the generated pages, then every mocha suite, the unit and integration tests under coverage, which has a floor for each room. It fails if a test
 * that docs/faults.md lists did not pass in this run, or if a lane does not end in time. Its last line is
 * `N passed, N failed`, and the number of skipped tests if there are any.
 */
const checkout = join(import.meta.dirname, "..");
const directory = mkdtempSync(join(tmpdir(), "postgres-recovery-results-"));
const coverage = join(checkout, "coverage", "tmp");
/** Measures a lane's own process (test/support/processes.ts). Code from a compile cache would make coverage less precise. */
const covered: NodeJS.ProcessEnv = { NODE_DISABLE_COMPILE_CACHE: "1", NODE_V8_COVERAGE: coverage };

/** Speeds up the hundreds of Node processes that the suites start. */
const quick: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: join(checkout, "node_modules", ".cache", "test") };

/**
 * Suites in one lane share a sandbox. The lanes run in parallel, because they spend most of their time waiting. Their limits
 * are three times what they took on two cores.
 */
const lanes: Lane[] = [
  { suites: ["unit"], minutes: 20, measured: true },
  { suites: ["integration"], minutes: 60, measured: true },
  { suites: ["e2e", "aws"], minutes: 60, measured: false },
  { suites: ["harbor"], minutes: 90, measured: false },
].map(({ measured, minutes, suites }, index) => ({
  suites,
  minutes,
  sandbox: `${testDirectory}-${index}`,
  directory,
  env: { ...quick, ...(measured ? covered : {}) },
  // The output of one lane is shown live, that of the others as a block at the end.
  live: suites.includes("integration"),
}));

interface Check {
  readonly command: string;
  readonly passed: boolean;
}

async function check(program: string, ...parameters: string[]): Promise<Check> {
  const { exitCode, all } = await execa(program, parameters, { reject: false, all: true, env: { FORCE_COLOR: "0" } });
  const command = `${program} ${parameters.join(" ")}`;
  process.stdout.write(`\n$ ${command}\n${all}\n`);
  return { command, passed: exitCode === 0 };
}

const progress = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
rmSync(coverage, { recursive: true, force: true });
const checks = await Promise.all([
  check("prettier", "--check", "."),
  check("tsc", "--project", "."),
  check("eslint", "."),
  check("knip"),
  check("node", "test/docs.ts", "--check"),
]);
// Before the lanes, which would otherwise install and build the same programs at the same time.
await ensurePackages(progress);
await ensureBrowser(progress);
await ensureTools(["etcd", "kube-apiserver", "kubelet", "pulumi"], progress);
await ensureHarbor(progress);
const ran = await Promise.all(lanes.map((lane) => runLane(lane)));
// A lane that was stopped may have left its sandbox running.
for (const { sandbox } of lanes) await down(sandbox, progress);
for (const { output } of ran) process.stdout.write(output);
await check("c8", "report", "--all", "--temp-directory", coverage);
for (const [room, { lines, branches }] of Object.entries(coverageFloors)) {
  const floors = [`--lines=${lines}`, `--statements=${lines}`, `--branches=${branches}`];
  const measured = ["--all", `--include=${room}/**/*.ts`, "--temp-directory", coverage];
  checks.push(await check("c8", "check-coverage", ...measured, ...floors));
}

const claims = unproven(
  await listFaultTests(),
  ran.flatMap(({ results }) => results.faultTests),
);
if (claims.length > 0) process.stdout.write(`\nListed in docs/faults.md, but not proven:\n${claims.join("\n")}\n`);
checks.push({ command: "docs/faults.md: each listed test passed", passed: claims.length === 0 });
rmSync(directory, { recursive: true });
const total = (count: (results: Results) => number): number =>
  ran.reduce((sum, { results }) => sum + count(results), 0);
const failedTests = ran.flatMap(({ results }) => results.failed);
const failedChecks = checks.filter(({ passed }) => !passed).map(({ command }) => command);
const failed = failedTests.length + failedChecks.length;
const skipped = ran.flatMap(({ results }) => results.skipped);
if (skipped.length > 0) process.stdout.write(`\nSkipped:\n${skipped.join("\n")}\n`);
if (failed > 0) {
  const reports = failedTests.map(({ error, title }) => `${title}\n${error.replaceAll(/^/gm, "  ")}`);
  process.stdout.write(`\nFailed:\n${[...failedChecks, ...reports].join("\n\n")}\n`);
}
const summary = `${total(({ passes }) => passes) + checks.length - failedChecks.length} passed, ${failed} failed`;
process.stdout.write(`\n${summary}${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}\n`);
process.exitCode = failed === 0 && ran.every(({ succeeded }) => succeeded) ? 0 : 1;
