import assert from "node:assert/strict";
import { join } from "node:path";
import { execa } from "execa";

/** Prints the URL of every module that is loaded. */
const tellLoads = `data:text/javascript,${encodeURIComponent(
  'import { registerHooks } from "node:module"; registerHooks({ load(url, context, next) { process.stderr.write(`${url}\\n`); return next(url, context); } });',
)}`;

describe("the start of the program", function () {
  this.timeout("30s");

  it("--help loads neither zod, nor a client, nor the explanations of codes", async () => {
    const main = join(import.meta.dirname, "../../../cli/main.ts");
    const { stdout, stderr } = await execa(process.execPath, ["--import", tellLoads, main, "--help"]);
    assert.match(stdout, /^Usage: postgres-recovery/);
    assert.match(stderr, /cli\/main\.ts$/m);
    assert.doesNotMatch(stderr, /node_modules\/(zod|@kubernetes|@aws-sdk)\/|\/clients\/|catalogue\/explanation/);
  });
});
