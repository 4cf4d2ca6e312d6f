import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";

const checkout = dirname(dirname(import.meta.dirname));
const directory = join(tmpdir(), `postgres-recovery-life-${userInfo().uid}`);

/** Runs `npm run sandbox -- VERB` as a user would. */
async function sandbox(
  ...parameters: string[]
): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }> {
  const { exitCode, stdout, stderr } = await execa("node", ["sandbox/main.ts", ...parameters], {
    cwd: checkout,
    env: { POSTGRES_RECOVERY_SANDBOX: directory },
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

/** Command lines of all processes of this machine that name the sandbox's directory. */
async function processesOfIt(): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return lines.filter((line) => line.includes(directory));
}

describe("the sandbox from up to down", function () {
  this.timeout("5m");
  before(async function () {
    this.timeout("40m");
    await sandbox("down");
  });
  after(() => sandbox("down"));

  it("status before up says that nothing runs, with exit code 1", async () => {
    const { exitCode, stdout } = await sandbox("status");
    assert.equal(exitCode, 1);
    assert.equal(stdout, "no sandbox is up");
  });

  it("a second up starts nothing, and neither up changes the stack files", async () => {
    const stackFiles = (): Promise<string[]> =>
      Promise.all(["lab", "dev"].map((stack) => readFile(join(checkout, `Pulumi.${stack}.yaml`), "utf8")));
    const before = await stackFiles();
    assert.equal((await sandbox("up")).exitCode, 0);
    const recorded = await readdir(join(directory, "processes"));
    const records = (): Promise<string[]> =>
      Promise.all(
        recorded
          .filter((name) => name.endsWith(".json"))
          .map((name) => readFile(join(directory, "processes", name), "utf8")),
      );
    const first = await records();
    assert.equal((await sandbox("up")).exitCode, 0);
    assert.deepEqual(await records(), first);
    assert.deepEqual(await stackFiles(), before);
    assert.equal((await sandbox("status")).exitCode, 0);
  });

  it("env prints settings with which psql and kubectl's kubeconfig work", async () => {
    const { stdout } = await sandbox("env");
    const { stdout: answer } = await execa("bash", [
      "-ceu",
      `${stdout}\npsql -XAtqc 'select 1'; test -r "$KUBECONFIG"`,
    ]);
    assert.equal(answer, "1");
  });

  it("heal lists the possible clusters when the given one has no repo host of its own", async () => {
    const { exitCode, stderr } = await sandbox("heal", "tsl/tsl-db");
    assert.equal(exitCode, 1);
    assert.match(stderr, /has no instance and repository of its own.*ac-qr-publishing\/ac-qr-db/);
  });

  it("down leaves no process and no folder behind", async () => {
    assert.notDeepEqual(await processesOfIt(), []);
    assert.equal((await sandbox("down")).exitCode, 0);
    assert.deepEqual(await processesOfIt(), []);
    assert(!existsSync(directory));
  });
});
