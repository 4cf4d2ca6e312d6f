import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecoveryError } from "../../../../domain/errors.ts";
import { makeDumpDirectory } from "../../../../operations/dump/directory.ts";
import { faultTest } from "../../../support/fault-test.ts";

describe("makeDumpDirectory", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-test-"));
    await writeFile(join(directory, "file"), "");
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("creates the folder and its parents for their owner only, even several at once", async () => {
    const path = join(directory, "a", "b", "c");
    await Promise.all([1, 2, 3, 4].map(() => makeDumpDirectory(path)));
    await makeDumpDirectory(path);
    for (const made of [path, join(directory, "a")]) assert.equal((await stat(made)).mode & 0o777, 0o700);
  });

  const refused = (path: string, code: string): Promise<void> =>
    assert.rejects(makeDumpDirectory(path), (error) => {
      assert(error instanceof RecoveryError);
      assert.equal(error.kind, "failed");
      assert(error.message.startsWith(`no dump can be written to ${path}: ${code}`), error.message);
      return true;
    });

  faultTest(13, "names a file that is in the way", async () => {
    await refused(join(directory, "file"), "EEXIST");
    await refused(join(directory, "file", "below", "it"), "ENOTDIR");
  });

  faultTest(13, "gives up and says so on a file system that cannot create folders", async function () {
    if (process.platform !== "linux") this.skip();
    await refused("/proc/dumps", "ENOENT");
    await refused("/proc/dumps/of/today", "ENOENT");
  });
});
