import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layout } from "../../sandbox/host/directory.ts";
import { runLane, type Lane, type LaneEnd } from "../lane.ts";

const support = join(import.meta.dirname, "..", "support");

describe("a lane of npm test", function () {
  this.timeout("60s");
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-lane-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const lane = (more: Partial<Lane> = {}): Lane => ({
    suites: ["sample"],
    minutes: 1,
    sandbox: join(directory, "sandbox"),
    directory,
    env: {},
    live: false,
    ...more,
  });

  async function run(files: Record<string, string>, more: Partial<Lane> = {}): Promise<LaneEnd> {
    const folder = join(directory, "test", "sample");
    await mkdir(folder, { recursive: true });
    const header = `import { faultTest, faultSuite } from "${support}/fault-test.ts";\nimport { inOrder } from "${support}/in-order.ts";\n`;
    const paths = Object.keys(files).map((name) => join(folder, `${name}.test.ts`));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.test.ts`), header + text);
    return runLane(lane(more), paths);
  }

  it("counts what passed, failed and was skipped, and lists the tests of faults with their outcome", async () => {
    const { results, succeeded } = await run({
      a: `
        describe("suite", () => {
          faultTest(1, "passes", () => undefined);
          faultTest(2, "fails", () => { throw new Error("no"); });
          it.skip("is skipped", () => undefined);
        });`,
    });
    assert.equal(succeeded, false);
    const { failed, ...others } = results;
    assert.deepEqual(
      failed.map(({ title }) => title),
      ["suite fails"],
    );
    assert.match(failed[0]?.error ?? "", /^Error: no\n/);
    assert.deepEqual(others, {
      passes: 1,
      skipped: ["suite is skipped"],
      faultTests: [
        { faults: [1], suite: "sample", title: "suite passes", outcome: "passed" },
        { faults: [2], suite: "sample", title: "suite fails", outcome: "failed" },
      ],
    });
  });

  it("counts every test as failed that a failed hook prevented", async () => {
    const { results } = await run({
      a: `
        faultSuite(3, "outer", () => {
          it("ran before", () => undefined);
          describe("inner", () => {
            before(() => { throw new Error("no sandbox"); });
            it("first", () => undefined);
            it("second", () => undefined);
            describe("innermost", () => { faultTest(4, "third", () => undefined); });
          });
          describe("other", () => { it("ran after", () => undefined); });
        });`,
    });
    const outcomes = results.faultTests.map(({ faults, outcome, title }) => `${title} ${faults.join()}: ${outcome}`);
    assert.deepEqual(outcomes.toSorted(), [
      "outer inner first 3: failed",
      "outer inner innermost third 4,3: failed",
      "outer inner second 3: failed",
      "outer other ran after 3: passed",
      "outer ran before 3: passed",
    ]);
  });

  it("stops a lane that does not end, and says in which test, with which processes", async () => {
    const { output, results, succeeded } = await run(
      {
        a: `
          import { spawn } from "node:child_process";
          describe("suite", function () {
            this.timeout(0);
            it("hangs", () => { spawn("sleep", ["100"]); return new Promise((resolve) => setTimeout(resolve, 100_000)); });
          });`,
      },
      { minutes: 0.25 },
    );
    assert.equal(succeeded, false);
    assert.equal(results.failed.length, 1);
    assert.match(output, /\nsample: stopped after 0\.25 min in: suite hangs \(\S+a\.test\.ts\)\n/);
    assert.match(output, /^ {2}\d+ sleep 100 $/m);
    for (const [, pid] of output.matchAll(/^ {2}(\d+) sleep 100 $/gm)) process.kill(Number(pid));
  });

  it("skips the rest of a chain of tests after the first that failed, with the reason in the title", async () => {
    const { results } = await run({
      a: `
        describe("chain", () => {
          inOrder((title) => !title.startsWith("apart"));
          it("apart, fails", () => { throw new Error("no"); });
          it("first", () => undefined);
          it("second", () => { throw new Error("no"); });
          it("third", () => undefined);
          it("fourth", () => { throw new Error("never"); });
          it("apart, runs", () => undefined);
        });
        describe("other", () => { it("runs", () => undefined); });`,
    });
    assert.deepEqual(
      [results.passes, results.failed.length, results.skipped],
      [
        3,
        2,
        ["chain third (not run, because this failed: second)", "chain fourth (not run, because this failed: second)"],
      ],
    );
  });

  it("gives a new sandbox to the suite after a failure, and to no other", async () => {
    const { output, results } = await run({
      a: `
        import { mustRenew } from "${support}/spoiled.ts";
        describe("1", () => { it("passes", () => undefined); });
        describe("2", () => {
          it("fails", () => { console.log("2: " + mustRenew()); throw new Error("no"); });
          it("goes on", () => { console.log("2 later: " + mustRenew()); });
        });
        describe("3", () => { it("passes", () => { console.log("3: " + mustRenew()); console.log("3 again: " + mustRenew()); }); });
        describe("4", () => { it("passes", () => { console.log("4: " + mustRenew()); }); });`,
    });
    assert.equal(results.failed.length, 1);
    const said = output.match(/^\d.*: (true|false)$/gm);
    assert.deepEqual(said, ["2: false", "2 later: false", "3: true", "3 again: false", "4: false"]);
  });

  it("shows the ends of the sandbox's logs at a failure, and nothing without one", async () => {
    const sandbox = join(directory, "sandbox");
    const { processes } = layout(sandbox);
    await mkdir(processes, { recursive: true });
    await writeFile(join(processes, "spilo.ns.db-1.0.patroni.json"), '{"pid":999999999,"startTime":"1"}');
    const lines = Array.from({ length: 40 }, (_, number) => `line ${number}`);
    await writeFile(
      join(processes, "spilo.ns.db-1.0.patroni.log"),
      `${lines.join("\n")}\nStill starting up as a standby.\n`,
    );
    const failing = await run({ a: `it("fails", () => { throw new Error("no"); });` });
    assert.match(failing.output, /the Pods cannot be listed: /);
    assert.match(
      failing.output,
      /spilo\.ns\.db-1\.0\.patroni \(ended\):\n {8}line 26\n[^]*Still starting up as a standby\.\n/,
    );
    assert(!failing.output.includes("line 25"), failing.output);
    const passing = await run({ a: `it("passes", () => undefined);` });
    assert(!passing.output.includes("Still starting up"), passing.output);
  });
});
