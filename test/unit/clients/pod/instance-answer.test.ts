import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Exec, ExecOptions, ExecResult } from "../../../../clients/kubernetes/exec.ts";
import { instanceAnswer, type InstanceAnswer } from "../../../../clients/pod/pgbackrest.ts";
import { healthyDatabase } from "../../../support/fake-cluster.ts";
import { sampleOutput } from "../../../support/fixtures.ts";
import { faultTest } from "../../../support/fault-test.ts";

const container = { namespace: "n", pod: "p", container: "database" };
const expected = { stanza: "db", repositories: ["repo1"], systemIdentifier: undefined };

describe("instanceAnswer", function () {
  this.timeout("60s");
  let programs: string;
  beforeEach(async () => {
    programs = await mkdtemp(join(tmpdir(), "postgres-recovery-programs-"));
  });
  afterEach(() => rm(programs, { recursive: true }));

  /** Runs the remote command in the real shell of this machine, with these scripts in place of both programs. */
  async function answer(scripts: { pgbackrest: string; psql: string }, limitSeconds = 10): Promise<InstanceAnswer> {
    for (const [name, script] of Object.entries(scripts)) {
      await writeFile(join(programs, name), `#!/bin/bash\n${script}\n`);
      await chmod(join(programs, name), 0o755);
    }
    const exec: Exec = async (_container, [program = "", ...parameters]) => {
      const env = { PATH: `${programs}:/usr/bin:/bin` };
      const { exitCode = 1, stdout, stderr } = await execa(program, parameters, { env, reject: false });
      return { end: "exited", code: exitCode, stdout, stderr };
    };
    return instanceAnswer(exec, container, expected, limitSeconds);
  }

  const report = (): string => `cat <<'END'\n${sampleOutput("info-11-ok-json").trim()}\nEND`;
  const database = `echo '${healthyDatabase()}'`;

  it("has pgBackRest's report and the database's answer from one command", async () => {
    const { status, database: said } = await answer({ pgbackrest: report(), psql: database });
    assert.equal(status.status, "okay");
    assert.deepEqual(said, JSON.parse(healthyDatabase()));
  });

  faultTest(45, "does not know the archiver when psql fails, hangs or prints something else", async () => {
    for (const [psql, reason] of [
      ["echo 'psql: error: connection refused' >&2; exit 2", /^psql: error: connection refused$/],
      ["exit 0", /did not answer/],
      ["echo '{}'", /something else/],
      ["exec sleep 60", /did not answer/],
    ] as const) {
      const { status, database: said } = await answer({ pgbackrest: report(), psql }, 15);
      assert.equal(status.status, "okay");
      assert("unknown" in said, psql);
      assert.match(said.unknown, reason);
    }
  });

  it("keeps pgBackRest's exit code and error, whatever psql says", async () => {
    const { status } = await answer({ pgbackrest: "echo 'ERROR: [032]: bad option' >&2; exit 32", psql: database });
    assert.deepEqual(status, {
      status: "unreachable",
      reason: "pgbackrest info ended with exit code 32: ERROR: [032]: bad option",
    });
  });

  faultTest(6, "gives both commands the whole time limit, and ends them both at it", async () => {
    const started = performance.now();
    const { status } = await answer({ pgbackrest: `sleep 60`, psql: "sleep 60" }, 3);
    const seconds = (performance.now() - started) / 1000;
    assert.deepEqual(status, { status: "timeout", reason: "pgbackrest info did not end within 3 s" });
    assert(seconds > 2.9 && seconds < 8, `${seconds} s`);
  });

  it("answers in time when pgBackRest needs almost the whole limit", async () => {
    const { status } = await answer({ pgbackrest: `sleep 2; ${report()}`, psql: `sleep 2; ${database}` }, 4);
    assert.equal(status.status, "okay");
  });

  it("drops the connection 5 s after the limit, and reads no more than 8 MiB", async () => {
    let seen: ExecOptions | undefined;
    const exec: Exec = (_container, _argv, options) => {
      seen = options;
      return Promise.resolve({ end: "broken", message: "closed" });
    };
    const { database: said } = await instanceAnswer(exec, container, expected, 30);
    assert.equal(seen?.deadlineSeconds, 35);
    assert.equal(seen.stdoutBytes, 8 * 1024 * 1024);
    assert.deepEqual(said, { unknown: "closed" });
  });

  faultTest(14, "takes a report without the database's answer for cut off", async () => {
    const result: ExecResult = { end: "exited", code: 0, stdout: sampleOutput("info-11-ok-json"), stderr: "" };
    const { status, database: said } = await instanceAnswer(() => Promise.resolve(result), container, expected, 30);
    assert.equal(status.status, "okay");
    assert.deepEqual(said, { unknown: "the instance's answer was cut off" });
  });
});
