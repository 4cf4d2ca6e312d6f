import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { Exec } from "@kubernetes/client-node";
import { z } from "zod";
import type { ExecResult } from "../../clients/kubernetes/exec.ts";
import { connectKubernetes, type KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { client as clientConfig } from "../../sandbox/kubernetes/client.ts";
import { sampleOutput } from "../support/fixtures.ts";
import { withReplay, type Replay } from "../support/replay.ts";
import { cli, sandboxEnvironment } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const namespace = "tsl";
const pod = "tsl-db-tsl-db-1-w7q9-0";
const container = { namespace, pod, container: "database" };

describe("remote commands through the real API server", function () {
  this.timeout("2m");
  let client: KubernetesClient;
  let files: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    const { KUBECONFIG } = await sandboxEnvironment();
    assert(KUBECONFIG);
    client = await connectKubernetes({ context: "dev", kubeconfig: KUBECONFIG });
    files = await mkdtemp(join(tmpdir(), "postgres-recovery-replay-"));
  });
  after(() => rm(files, { recursive: true }));

  async function statusOf(replay: Replay, output?: string): Promise<string> {
    const stdoutFile = join(files, "stdout");
    await writeFile(stdoutFile, output ?? "");
    const { stdout } = await withReplay({ context: "dev", namespace, pod }, [{ stdoutFile, ...replay }], () =>
      cli("stanza", "list", "--context", "dev", "-n", namespace, "--timeout", "8s", "-o", "log"),
    );
    return stdout.replace(/^.*: /, "");
  }

  const bash = (script: string, deadlineSeconds = 20): Promise<ExecResult> =>
    client.exec(container, ["bash", "-c", script], { deadlineSeconds });

  it("keeps exit code, stdout and stderr apart", async () => {
    assert.deepEqual(await bash("echo out; echo err >&2; exit 55"), {
      end: "exited",
      code: 55,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("lets a command open /dev/stdin, as in a container", async () => {
    const { KUBECONFIG = "" } = await sandboxEnvironment();
    let printed = "";
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed += chunk.toString();
        done();
      },
    });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const argv = ["sh", "-c", "exec head -n 1 /dev/stdin"];
    const input = Readable.from(["select 1;\n"]);
    await new Exec(clientConfig(KUBECONFIG, "dev")).exec(
      namespace,
      pod,
      "database",
      argv,
      output,
      output,
      input,
      false,
      resolve,
    );
    assert.deepEqual(
      [z.object({ status: z.string() }).parse(await promise).status, printed],
      ["Success", "select 1;\n"],
    );
  });

  faultTest(14, "joins characters that are split across frames", async () => {
    const result = await bash(`printf '\\303'; sleep 0.3; printf '\\274\\n'`);
    assert.equal(result.end === "exited" && result.stdout, "ü\n");
  });

  faultTest(14, "reads a report of 5 MB", async () => {
    const report = sampleOutput("info-11-ok-json")
      .trim()
      .replace(
        '"backup":[',
        `"backup":[${`{"timestamp":{"start":1,"stop":2},"label":"${"x".repeat(220)}"},`.repeat(20_000)}`,
      );
    assert(report.length > 5_000_000);
    // The captured repository belongs to another database, which the list must notice.
    assert.equal(await statusOf({ match: "pgbackrest" }, report), "Broken");
  });

  for (const cutAfterBytes of [0, 200]) {
    faultTest(15, `never shows okay after a connection that breaks after ${cutAfterBytes} bytes`, async () => {
      assert.equal(
        await statusOf({ match: "pgbackrest", cutAfterBytes }, sampleOutput("info-11-ok-json")),
        "Unreachable",
      );
    });
  }

  faultTest(14, "never shows okay for a truncated report, even from a command that succeeded", async () => {
    assert.equal(await statusOf({ match: "pgbackrest" }, sampleOutput("info-11-ok-json").slice(0, 200)), "Unreachable");
  });

  faultTest(6, "gives up a hanging command at the deadline", async () => {
    assert.equal(await statusOf({ match: "pgbackrest", delayMilliseconds: 60_000 }, "[]"), "Timeout occurred");
  });

  faultTest(6, "reports the time limit inside the container as a time-out", async () => {
    assert.equal(await statusOf({ match: "pgbackrest", exitCode: 124 }), "Timeout occurred");
  });

  for (const [sample, status] of [
    ["info-23-no-backup-info-json", "Broken"],
    ["info-01g-repo-ca-mismatch", "Unreachable"],
    ["info-29-repo2-missing-named-json", "No stanza configuration"],
  ] as const) {
    it(`shows "${status}" for the captured answer ${sample}`, async () => {
      assert.equal(await statusOf({ match: "pgbackrest" }, sampleOutput(sample)), status);
    });
  }

  faultTest(10, "shows unreachable for a missing Pod and a missing container", async () => {
    const gone = await client.exec({ ...container, pod: "tsl-db-tsl-db-1-gone-0" }, ["true"], { deadlineSeconds: 20 });
    assert.equal(gone.end, "refused");
    assert.match(JSON.stringify(gone), /not found/);
    assert.notEqual(
      (await client.exec({ ...container, container: "nope" }, ["true"], { deadlineSeconds: 20 })).end,
      "exited",
    );
  });

  it("does not fill the memory when the reader is slow", async () => {
    const megabytes = 400;
    let bytes = 0;
    let peak = 0;
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        peak = Math.max(peak, process.memoryUsage().rss);
        if (Math.floor(bytes / 1e8) > Math.floor((bytes - chunk.length) / 1e8))
          void setTimeout(500).then(() => {
            done();
          });
        else done();
      },
    });
    const before = process.memoryUsage().rss;
    const argv = ["head", "-c", `${megabytes}M`, "/dev/zero"];
    const result = await client.exec(container, argv, { deadlineSeconds: 60, stdout: slow });
    assert.equal(result.end, "exited");
    assert.equal(bytes, megabytes * 1024 * 1024);
    assert(peak - before < 100e6, `${((peak - before) / 1e6).toFixed(0)} MB more than before`);
  });

  it("ends at once with the abort signal's reason", async () => {
    const stop = new AbortController();
    const running = client.exec(container, ["sleep", "5"], { deadlineSeconds: 20, signal: stop.signal });
    const aborted = performance.now();
    stop.abort(new Error("enough"));
    await assert.rejects(running, /enough/);
    // The remote command goes on for 5 seconds.
    const seconds = (performance.now() - aborted) / 1000;
    assert(seconds < 2, `${seconds} s`);
  });
});
