import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

const checkout = join(import.meta.dirname, "../../..");

async function run(...parameters: string[]) {
  return execa(process.execPath, [join(checkout, "cli/main.ts"), ...parameters], { reject: false });
}

describe("the command line", function () {
  this.timeout("30s");

  it("--version and -V print the version of package.json alone", async () => {
    const expected = /"version": "(.*)"/.exec(readFileSync(join(checkout, "package.json"), "utf8"))?.[1];
    for (const option of ["--version", "-V"]) {
      const { stdout, stderr, exitCode } = await run(option);
      assert.deepEqual({ stdout, stderr, exitCode }, { stdout: expected, stderr: "", exitCode: 0 });
    }
  });

  for (const group of ["harbor", "secrets"])
    it(`${group} --help does not list fingerprint, which still works`, async () => {
      const { stdout } = await run(group, "--help");
      assert.match(stdout, /^Commands:$/m);
      assert.doesNotMatch(stdout, /fingerprint/);
      assert.match((await run(group, "fingerprint", "--help")).stdout, /^Usage: postgres-recovery .* fingerprint/);
    });

  it("no --help mentions --request", async () => {
    for (const command of ["stanza create", "restore check", "harbor roll", "secrets keep"]) {
      const { stdout, exitCode } = await run(...command.split(" "), "--help");
      assert.equal(exitCode, 0);
      assert.doesNotMatch(stdout, /--request/, command);
    }
  });

  for (const command of ["dump a/b", "harbor roll a/b", "harbor pg-hba a/b"])
    it(`${command} refuses -o log, which would say nothing of its own`, async () => {
      const { exitCode, stderr } = await run(...command.split(" "), "-o", "log");
      assert.equal(exitCode, 2);
      assert.match(stderr, /'log' is invalid\. Allowed choices are table, json\./);
    });

  it("a command without its cluster is told how to name one", async () => {
    const { exitCode, stderr } = await run("stanza", "create");
    assert.equal(exitCode, 2);
    assert.equal(stderr, "error[cluster-not-named]: name one cluster, as NAMESPACE/NAME");
  });
});
