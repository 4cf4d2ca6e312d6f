import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { execa } from "execa";
import { quoted } from "../../../cli/hints.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../../domain/harbor/pg-hba.ts";
import { FakeApiServer, type ApiAnswer } from "../../support/fake-api-server.ts";
import { databaseName, FakeHarbor, podOf, statefulSetOf } from "../../support/fake-harbor.ts";
import { faultTest } from "../../support/fault-test.ts";

const cluster = "harbor-cluster/harbor-cluster";

describe("harbor roll", function () {
  this.timeout("30s");
  let server: FakeApiServer;
  let harbor: FakeHarbor;
  let deletions: number;

  /** The API server of a Harbor whose Pods cannot be deleted: a deletion is counted, and refused. */
  function answer({ method, url = "" }: IncomingMessage): ApiAnswer {
    if (method === "DELETE") {
      deletions += 1;
      return { status: 403, body: { kind: "Status", message: "no deletion here" } };
    }
    if (url.includes("/postgresqls/")) return found(harbor.postgresql);
    if (url.includes("/statefulsets/")) return found(harbor.statefulSet);
    if (url.includes("/pods")) return found({ items: harbor.pods, metadata: {} });
    if (url.includes("/endpoints/")) return found({ metadata: { annotations: { initialize: "7710366851552716423" } } });
    return { status: 404, body: { kind: "Status", message: `nothing at ${url}` } };
  }

  function found(body: object | undefined): ApiAnswer {
    return body === undefined ? { status: 404, body: { kind: "Status", message: "not found" } } : { status: 200, body };
  }

  beforeEach(async () => {
    harbor = new FakeHarbor();
    harbor.make(runbookPgHba);
    harbor.statefulSet = statefulSetOf({ replicas: 2 });
    harbor.pods = [podOf(0, { role: "master", revision: "old" }), podOf(1, { role: "replica", revision: "old" })];
    deletions = 0;
    server = await FakeApiServer.start(answer, { exec: () => `${databaseName}-1\n` });
  });
  afterEach(() => server.stop());

  const main = join(import.meta.dirname, "../../../cli/main.ts");
  const commandLine = (...parameters: string[]): string[] => [
    process.execPath,
    main,
    "harbor",
    "roll",
    ...parameters,
    "--kubeconfig",
    server.kubeconfig,
    "--context",
    "test",
  ];

  async function run(parameters: string[], input = "") {
    const [node = "", ...rest] = commandLine(...parameters);
    return execa(node, rest, { reject: false, input });
  }

  /** Runs it on a terminal of its own, and types `answered`. */
  async function onTerminal(parameters: string[], answered: string) {
    const command = commandLine(...parameters)
      .map(quoted)
      .join(" ");
    return execa("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      reject: false,
      input: answered,
    });
  }

  const plan = [
    `  1. delete ${databaseName}-1: `,
    `  2. hand the lead from ${databaseName}-0 to ${databaseName}-1`,
    `  3. delete ${databaseName}-0: `,
  ];

  it("--dry-run shows what would be deleted, in which order, and deletes nothing", async () => {
    const { exitCode, stdout, stderr } = await run([cluster, "--dry-run"]);
    assert.equal(exitCode, 0, stderr);
    const [first, ...lines] = stdout.split("\n");
    assert.equal(first, `${cluster} in context test:`);
    assert.equal(lines.length, plan.length);
    for (const [index, line] of plan.entries()) assert(lines[index]?.startsWith(line), stdout);
    assert.equal(deletions, 0);
  });

  it("--dry-run says that every Pod will be older while pg_hba is on its way into the template", async () => {
    harbor.make(harborOperatorPgHba);
    harbor.statefulSet = statefulSetOf({ replicas: 1 });
    harbor.pods = [podOf(0, { role: "master" })];
    const { stdout } = await run([cluster, "--dry-run"]);
    assert.match(stdout, /1\. wait for the Zalando operator to copy pg_hba .*\n {2}2\. delete .*-0: /);
  });

  faultTest(83, "is refused without a terminal and without --yes, and says how to go on", async () => {
    const { exitCode, stderr } = await run([cluster]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error\[not-confirmed\]: .*\nnext: see what would be done with --dry-run, .* --yes$/m);
    assert.equal(deletions, 0);
  });

  for (const answered of ["n\n", "\n", "maybe\n"])
    faultTest(83, `deletes nothing on a terminal when the answer is ${JSON.stringify(answered)}`, async () => {
      const { exitCode, stdout } = await onTerminal([cluster], answered);
      assert(stdout.includes("Do this? [y/N]"), stdout);
      assert(stdout.includes(plan[1] ?? ""), stdout);
      assert.equal(exitCode, 2);
      assert.equal(deletions, 0);
    });

  faultTest(83, "goes on when the answer on the terminal is yes", async () => {
    const { stdout } = await onTerminal([cluster], "y\n");
    assert.match(stdout, /no deletion here/);
    assert.equal(deletions, 1);
  });

  it("does not ask with --yes, nor when `pulumi up` runs it", async () => {
    assert.match((await run([cluster, "--yes"])).stderr, /no deletion here/);
    const request = { version: 1, kubernetes: { context: "test", kubeconfig: server.kubeconfig }, cluster };
    const ended = await run(["--request", "-", "-o", "json"], JSON.stringify(request));
    assert.match(ended.stderr, /no deletion here/);
    assert.equal(deletions, 2);
  });

  it("does not ask when every Pod is current", async () => {
    harbor.pods = [podOf(0, { role: "master" }), podOf(1, { role: "replica" })];
    const { stdout } = await run([cluster, "--dry-run"]);
    assert.equal(stdout, `${cluster} in context test: every Pod is already current`);
    // It goes on to watch for some seconds whether that stays so.
    const [node = "", ...rest] = commandLine(cluster);
    const rolling = await execa(node, rest, { reject: false, input: "", timeout: 3000 });
    assert(rolling.timedOut, rolling.stderr);
  });
});
