import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";

const checkout = join(import.meta.dirname, "../../..");

/** Starts a program as Pulumi.yaml says, in a Node that claims to have this version. */
function startedWith(version: string) {
  const { nodeargs } = (
    parse(readFileSync(join(checkout, "Pulumi.yaml"), "utf8")) as { runtime: { options: { nodeargs: string } } }
  ).runtime.options;
  const claim = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  return execa(process.execPath, ["--import", claim, ...nodeargs.split(" "), "--eval", "console.log('started')"], {
    cwd: checkout,
    reject: false,
  });
}

describe("the start of the Pulumi program", function () {
  this.timeout("30s");

  for (const version of ["18.20.8", "20.20.2", "24.9.0", "24.14.9"])
    it(`says what is wrong with Node ${version}, which Pulumi found on PATH`, async () => {
      const { exitCode, stdout, stderr } = await startedWith(version);
      assert.equal(exitCode, 32);
      assert.equal(stdout, "");
      const [error, next, ...more] = stderr.split("\n");
      assert.equal(
        error,
        `error: this program needs Node 24.15.0 or newer, and Pulumi found Node ${version} at ${process.execPath}`,
      );
      assert.match(next ?? "", /^next: run `npx pulumi`/);
      assert.deepEqual(more, []);
    });

  for (const version of ["24.15.0", "24.100.1", "25.0.0", "100.0.0"])
    it(`lets the program run with Node ${version}`, async () => {
      const { exitCode, stdout } = await startedWith(version);
      assert.deepEqual([exitCode, stdout], [0, "started"]);
    });
});
