import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import getPort from "get-port";
import { Processes, processStartTime, waitUntil } from "../../sandbox/host/processes.ts";

describe("processes of the sandbox", () => {
  let directory: string;
  let processes: Processes;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "processes-"));
    processes = new Processes(directory);
  });

  afterEach(async () => {
    for (const name of processes.names()) await processes.stop(name, { signal: "SIGKILL", group: true });
    rmSync(directory, { recursive: true });
  });

  const shell = (name: string, script: string, env?: Record<string, string>) =>
    processes.start({ name, command: "sh", args: ["-c", script], ...(env && { env }) });
  const printed = (name: string, text: string) =>
    waitUntil(`"${text}" in the log`, 5, () =>
      Promise.resolve(readFileSync(processes.log(name), "utf8").includes(text)),
    );

  it("starts a process with only the given environment and PATH, and logs both outputs", async () => {
    await shell("one", "env; echo problem >&2; exec sleep 60", { COLOUR: "blue" });
    await printed("one", "problem");
    const names = readFileSync(processes.log("one"), "utf8")
      .split("\n")
      .flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []);
    // The shell adds the first four; Node passes the last one on while test coverage is measured.
    const added = ["PWD", "OLDPWD", "SHLVL", "_", "NODE_V8_COVERAGE"];
    assert.deepEqual(names.filter((name) => !added.includes(name)).sort(), ["COLOUR", "PATH"]);
    assert.deepEqual(processes.names(), ["one"]);
    assert.equal(processes.running("one"), true);
  });

  it("recognises a process in a later run and does not start it twice", async () => {
    await shell("one", "exec sleep 60");
    const pid = processes.pid("one");
    const later = new Processes(directory);
    await later.start({ name: "one", command: "false", args: [] });
    assert.notEqual(pid, undefined);
    assert.equal(later.pid("one"), pid);
  });

  it("quotes the end of the log when a process dies at once, and keeps no record", async () => {
    await assert.rejects(
      shell("one", "echo port taken >&2; exit 3"),
      /one \(sh\) ended at once with exit code 3\nport taken\n/,
    );
    await assert.rejects(
      processes.start({ name: "two", command: "no-such-program", args: [] }),
      /two .*could not be started: .*ENOENT/,
    );
    assert.deepEqual(processes.names(), []);
  });

  it("neither recognises nor stops an unrelated process with the same id", async () => {
    writeFileSync(join(directory, "one.json"), JSON.stringify({ pid: process.pid, startTime: "1" }));
    assert.equal(processes.running("one"), false);
    await processes.stop("one", { signal: "SIGKILL" });
    assert.deepEqual(processes.names(), []);
  });

  it("stops with the signal asked for and removes the record", async () => {
    await shell("one", "trap 'echo gone; exit' INT; echo ready; while :; do sleep 0.05; done");
    await printed("one", "ready");
    await processes.stop("one", { signal: "SIGINT" });
    assert.match(readFileSync(processes.log("one"), "utf8"), /gone/);
    assert.equal(processes.running("one"), false);
    assert.deepEqual(processes.names(), []);
  });

  it("takes a process for ended only when its last thread is, so that its port is free", async function () {
    this.timeout(60_000);
    const port = await getPort({ host: "127.0.0.1" });
    const listens = `require("node:net").createServer().listen(${port}, "127.0.0.1", () => console.log("ready"))`;
    // In one of five tries the first thread ends noticeably before the others.
    for (let round = 0; round < 15; round += 1) {
      const name = `round-${round}`;
      await processes.start({ name, command: process.execPath, args: ["-e", listens] });
      await printed(name, "ready");
      process.kill(processes.pid(name) ?? 0, "SIGTERM");
      while (processes.running(name));
      const listening = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
      assert(!readFileSync("/proc/net/tcp", "utf8").includes(listening), `still listening in round ${round}`);
    }
  });

  it("kills a process that ignores the signal when the grace period is over", async () => {
    await shell("one", "trap '' TERM; echo ready; while :; do sleep 0.05; done");
    await printed("one", "ready");
    const start = Date.now();
    await processes.stop("one", { graceSeconds: 0.5 });
    assert.ok(Date.now() - start >= 500);
    assert.equal(processes.running("one"), false);
  });

  it("stops the whole group on request", async () => {
    await shell("one", "sleep 60 & echo child $! end; wait");
    await printed("one", "end");
    const child = Number(/child (\d+)/.exec(readFileSync(processes.log("one"), "utf8"))?.[1]);
    assert.notEqual(processStartTime(child), undefined);
    await processes.stop("one", { group: true });
    assert.equal(processStartTime(child), undefined);
  });

  it("refuses a name that points outside its directory", async () => {
    await assert.rejects(shell("../one", "true"), /cannot name a process/);
    assert.equal(existsSync(join(directory, "..", "one.json")), false);
  });
});

describe("waitUntil", () => {
  it("names what it waited for and the probe's last error", async () => {
    await assert.rejects(
      waitUntil("the moon", 0.2, () => Promise.reject(new Error("clouds"))),
      { message: "timed out after 0.2 s waiting for the moon: clouds" },
    );
  });

  it("does not hang when the probe hangs", async () => {
    await assert.rejects(
      waitUntil("the moon", 0.2, () => new Promise<boolean>(() => undefined)),
      /timed out after 0.2 s waiting for the moon/,
    );
  });

  it("returns after the first success", async () => {
    let asked = 0;
    await waitUntil("the third time", 5, () => Promise.resolve(++asked === 3));
    assert.equal(asked, 3);
  });
});
