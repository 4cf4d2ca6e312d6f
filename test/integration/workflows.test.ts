import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { ensurePythonProgram } from "../../sandbox/toolchain/python.ts";
import { ensureTools } from "../../sandbox/toolchain/tools.ts";

const checkout = dirname(dirname(import.meta.dirname));
const workflows = globSync(".github/workflows/*.yml", { cwd: checkout }).map((file) => join(checkout, file));

describe("the workflows, read by the linters for GitHub Actions", function () {
  this.timeout("5m");
  let actionlint: string;
  let zizmor: string;
  let directory: string;

  before("the linters", async () => {
    const progress = (line: string): void => {
      process.stderr.write(`    ${line}\n`);
    };
    actionlint = (await ensureTools(["actionlint"], progress)).get("actionlint") ?? "";
    const program = { name: "zizmor", what: "zizmor, a linter for GitHub Actions", seconds: 10 };
    zizmor = join(await ensurePythonProgram(program, progress), "zizmor");
    directory = mkdtempSync(join(tmpdir(), "postgres-recovery-workflows-"));
  });
  after(() => {
    rmSync(directory, { recursive: true });
  });

  const lint = (files: readonly string[]) =>
    execa(actionlint, ["-shellcheck=", "-pyflakes=", ...files], { reject: false });
  const audit = (files: readonly string[]) =>
    execa(zizmor, ["--offline", "--no-config", "--persona=auditor", "--quiet", ...files], { reject: false });

  it("actionlint and zizmor, in its strictest mode, find nothing", async () => {
    assert(workflows.length >= 3);
    for (const run of [lint, audit]) {
      const { exitCode, stderr, stdout } = await run(workflows);
      assert.equal(exitCode, 0, stdout + stderr);
    }
  });

  it("both find a mistake that is put in", async () => {
    const spoiled = join(directory, "spoiled.yml");
    const text = readFileSync(join(checkout, ".github/workflows/preview.yml"), "utf8");
    writeFileSync(spoiled, text.replace('"$STACK" --summary', "${{ github.event.pull_request.title }} --summary"));
    for (const run of [lint, audit]) {
      const { exitCode, stdout } = await run([spoiled]);
      assert.notEqual(exitCode, 0);
      assert.match(stdout, /github\.event\.pull_request\.title/);
    }
  });
});
