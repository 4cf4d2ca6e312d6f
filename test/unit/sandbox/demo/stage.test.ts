import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stage } from "../../../../sandbox/demo/stage.ts";
import { processStartTime } from "../../../../sandbox/host/processes.ts";

describe("the stage of a demo", () => {
  let folder: string;
  let interruption: AbortController;
  let stage: Stage;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "demo-stage-"));
    interruption = new AbortController();
    stage = new Stage(folder, interruption.signal);
  });
  afterEach(async () => {
    await stage.close();
    await rm(folder, { recursive: true });
  });

  /** Starts a command that would run for a minute, and returns its process id once it runs. */
  async function longCommand(): Promise<{ pid: number; ended: Promise<string> }> {
    const file = join(folder, "pid");
    const ended = stage.ask("sh", { input: `echo $$ > ${file}; exec sleep 60` });
    ended.catch(() => undefined);
    let pid = 0;
    await stage.waitUntil("the command to run", 10, async () => {
      pid = Number(await readFile(file, "utf8"));
      return pid > 0;
    });
    return { pid, ended };
  }

  it("fails when a command ends with an exit code that the story does not allow, with its stderr", async () => {
    assert.equal(await stage.ask("sh", { input: "echo found; exit 3", exitCodes: [0, 3] }), "found");
    await assert.rejects(stage.ask("sh", { input: "echo why >&2; exit 4" }), /^Error: sh ended with 4\nwhy$/);
  });

  it("ends a running command on ^C, and begins no further step", async () => {
    const { ended, pid } = await longCommand();
    interruption.abort();
    await assert.rejects(ended, { name: "AbortError" });
    assert.equal(processStartTime(pid), undefined);
    assert.throws(
      () => {
        stage.say("the next step");
      },
      { name: "AbortError" },
    );
    await assert.rejects(stage.ask("true"), { name: "AbortError" });
  });

  it("ends the commands that still run when it is closed, as after a failure", async () => {
    const { ended, pid } = await longCommand();
    await stage.close();
    assert.equal(processStartTime(pid), undefined);
    await assert.rejects(ended);
  });

  it("stops to wait on ^C", async () => {
    const waiting = stage.waitUntil("something that never happens", 60, () => Promise.resolve(false));
    interruption.abort();
    await assert.rejects(waiting, { name: "AbortError" });
  });

  it("keeps every line of an output that is shown in part", async () => {
    const file = join(folder, "all.log");
    await stage.runInPart("printf first\\nsecond\\n", { file, isShown: () => false });
    assert.equal(await readFile(file, "utf8"), "first\nsecond\n");
  });
});
