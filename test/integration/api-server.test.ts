import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { ApiProxy, type Interfere } from "../support/api-proxy.ts";
import { withApiServerKilled } from "../support/api-server-process.ts";
import { askDirectly, cli, sandboxEnvironment, startCli, type Ended } from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const okay = "INFO:root:[tsl] tsl-db (tsl-db-tsl-db-1-w7q9-0): Okay";

/** The paths of LISTs and GETs, without those of remote commands. */
const questions = (paths: readonly string[]): string[] => paths.filter((path) => !path.includes("/exec"));

/** Interferes in the same way with the first requests to each path. */
function firstTimes(times: number, interference: ReturnType<Interfere>): Interfere {
  const seen = new Map<string, number>();
  return (path) => {
    const count = (seen.get(path) ?? 0) + 1;
    seen.set(path, count);
    return count <= times && !path.includes("/exec") ? interference : undefined;
  };
}

describe("trouble with the API server's answers", function () {
  this.timeout("3m");
  let proxy: ApiProxy;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
    proxy = await ApiProxy.start("dev");
  });
  after(() => proxy.stop());

  const list = (): Promise<Ended> =>
    cli(
      "stanza",
      "list",
      "--kubeconfig",
      proxy.kubeconfig,
      "--context",
      "dev",
      "-n",
      "tsl",
      "-o",
      "log",
      "--timeout",
      "15s",
    );

  const passing: [string, ReturnType<Interfere>][] = [
    ["429 with Retry-After", { status: 429, headers: { "Retry-After": "1" }, body: "slow down" }],
    ["500", { status: 500, body: JSON.stringify({ kind: "Status", message: "etcdserver: leader changed" }) }],
    ["503 of a load balancer", { status: 503, body: "<html>no server is available</html>" }],
    ["a connection that is cut before the answer", "cut"],
    ["a connection that is cut halfway through the answer", "cut in the middle"],
  ];
  for (const [what, interference] of passing) {
    faultTest(15, `asks again after ${what}, twice, and the list is complete`, async () => {
      const paths = await proxy.during(firstTimes(2, interference), async () => {
        const { stdout, stderr, exitCode } = await list();
        assert.deepEqual({ stdout, exitCode }, { stdout: okay, exitCode: 0 }, stderr);
        assert.match(stderr, /^context dev: the API server \S+ .*; trying again$/);
      });
      assert.equal(questions(paths).length, 6, "each of the two LISTs three times");
    });
  }

  faultTest(15, "asks no more after a 429 whose wait exceeds the limit, and exits as undetermined", async () => {
    const paths = await proxy.during(
      () => ({ status: 429, headers: { "Retry-After": "120" } }),
      async () => {
        const { stdout, stderr, exitCode } = await list();
        assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 3 });
        assert.match(stderr, /has too much to do \(list \w+\), and asks to wait 120 s\nnext: run again later$/);
      },
    );
    assert.equal(paths.length, 2);
  });

  faultTest(15, "quotes the API server after nothing but 503, and exits as undetermined", async () => {
    await proxy.during(
      () => ({ status: 503, body: JSON.stringify({ kind: "Status", message: "apiserver is shutting down" }) }),
      async () => {
        const { stdout, stderr, exitCode } = await list();
        assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 3 });
        assert.match(
          stderr,
          /failed \(list \w+\): HTTP 503: apiserver is shutting down\nnext: see the API server's log$/,
        );
      },
    );
  });

  faultTest(15, "gives up within half a minute when a connection is accepted and never answered", async () => {
    await proxy.during(
      () => "silence",
      async () => {
        const started = performance.now();
        const { stdout, stderr, exitCode } = await list();
        const seconds = (performance.now() - started) / 1000;
        assert(seconds > 25 && seconds < 40, `${seconds} s`);
        assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 3 });
        assert.match(stderr, /does not answer \(list \w+\): no answer in time\nnext: check the network/);
      },
    );
  });

  faultTest(15, "reports a time-out when the connection of a remote command is never answered", async () => {
    await proxy.during(
      (path) => (path.includes("/exec") ? "silence" : undefined),
      async () => {
        const { stdout, exitCode } = await list();
        assert.deepEqual({ stdout, exitCode }, { stdout: okay.replace("Okay", "Timeout occurred"), exitCode: 3 });
      },
    );
  });

  for (const status of [401, 403, 404]) {
    faultTest(15, `never asks again after ${status}`, async () => {
      const paths = await proxy.during(
        () => ({ status, body: JSON.stringify({ kind: "Status", message: "no" }) }),
        async () => {
          assert.equal((await list()).exitCode, 3);
        },
      );
      assert.equal(new Set(paths).size, paths.length);
    });
  }

  faultTest(15, "quotes nothing of an answer that is not Kubernetes', and exits as undetermined", async () => {
    await proxy.during(
      () => ({ status: 200, headers: { "Content-Type": "application/json" }, body: "CANARY-7 please log in" }),
      async () => {
        const { stdout, stderr, exitCode } = await list();
        assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 3 });
        assert.match(stderr, /cannot be read/);
        assert.doesNotMatch(stderr, /CANARY/);
      },
    );
  });

  faultTest(
    15,
    "shows unreachable, not okay, if the token expires between the list and the remote command",
    async () => {
      await proxy.during(
        (path) => (path.includes("/exec") ? { status: 401, body: "Unauthorized" } : undefined),
        async () => {
          const { stdout, exitCode } = await list();
          assert.deepEqual({ stdout, exitCode }, { stdout: okay.replace("Okay", "Unreachable"), exitCode: 3 });
        },
      );
    },
  );

  faultTest(15, "fails and leaves no file if the token expires during a dump", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-dump-"));
    await proxy.during(
      (path) => (path.includes("pg_dumpall") ? { status: 401, body: "Unauthorized" } : undefined),
      async () => {
        const { stderr, exitCode } = await cli(
          "dump",
          "calendar/calendar-db",
          "--kubeconfig",
          proxy.kubeconfig,
          "--directory",
          directory,
        );
        assert.equal(exitCode, 3);
        assert.match(stderr, /the dump of \S+ failed: \S+ does not accept the credentials.*\nnext: log in again/);
      },
    );
    assert.deepEqual(await readdir(directory), []);
    await rm(directory, { recursive: true });
  });

  faultTest(15, "shows unreachable and quotes a proxy that refuses WebSockets", async () => {
    await proxy.during(
      (path) => (path.includes("/exec") ? { status: 500, body: "upgrade is not supported here" } : undefined),
      async () => {
        const { stdout, exitCode } = await cli("stanza", "list", "--kubeconfig", proxy.kubeconfig, "-n", "tsl");
        assert.equal(exitCode, 3);
        assert.match(stdout, /Unreachable .*upgrade is not supported here/);
      },
    );
  });
});

describe("an API server that is killed and restarted", function () {
  this.timeout("4m");
  const pod = "postgresql-instance1-w6dq-0";
  const truth = new Map([
    ["brr-b/postgresql", "Okay"],
    ["brr/postgresql", "Okay"],
    ["brr/storage-poc-db", "Okay"],
    ["data-privacy/postgresql", "Okay"],
    ["id/postgresql", "Okay"],
    ["postgresql-sample/database", "Okay"],
  ]);
  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });
  afterEach("waits for Patroni, which lost its store and may have stepped down", async () => {
    await waitUntil("the primary", 90, async () => (await sql("select pg_is_in_recovery()")) === "f");
  });

  const sql = (query: string): Promise<string> => askDirectly("lab", "brr", pod, "psql", "-XAtqc", query);

  faultTest(15, "waits when it is down at the start of a list, and the list is complete", async () => {
    await withApiServerKilled("lab", async (restart) => {
      const list = await startCli(["stanza", "list", "--context", "lab", "-n", "brr", "-o", "log"]);
      await list.until(/trying again/);
      await restart();
      const { stdout, exitCode } = await list.ended;
      assert.equal(exitCode, 0);
      assert.equal(stdout.split("\n").length, 2);
    });
  });

  faultTest(
    15,
    "shows the truth or unreachable for each cluster, never a wrong okay, when it dies during a list",
    async () => {
      const list = await startCli([
        "stanza",
        "list",
        "--context",
        "lab",
        "-o",
        "log",
        "--debug",
        "--concurrency",
        "1",
        "--timeout",
        "8s",
      ]);
      await list.until(/brr-b\/postgresql/);
      await withApiServerKilled("lab", (restart) => restart());
      const { stdout, exitCode } = await list.ended;
      assert.equal(exitCode, 3);
      const statuses = new Map(
        [...stdout.matchAll(/\[(.*)\] (\S+) \(.*: (.*)$/gm)].map(([, namespace, name, status]) => [
          `${namespace ?? ""}/${name ?? ""}`,
          status,
        ]),
      );
      assert.equal(statuses.size, 7);
      assert.equal(statuses.get("brr-b/postgresql"), "Okay");
      assert.match(statuses.get("consent/spicedb-psql") ?? "", /^(Timeout occurred|Unreachable)$/);
      for (const [cluster, status] of truth)
        assert(["Unreachable", status].includes(statuses.get(cluster) ?? ""), cluster);
      assert([...statuses.values()].includes("Unreachable"), stdout);
    },
  );

  faultTest(15, "says why and leaves no file and no remote process when it dies during a dump", async () => {
    const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-dump-"));
    // By then pg_dumpall has begun and waits for this lock.
    const lock = askDirectly(
      "lab",
      "brr",
      pod,
      "psql",
      "-XAtqd",
      "app",
      "-c",
      "begin",
      "-c",
      "lock table entry",
      "-c",
      "select pg_sleep(20)",
    );
    const held =
      "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and database = (select oid from pg_database where datname = 'app')";
    await waitUntil("the lock on the table", 15, async () => Number(await sql(held)) > 0);
    const dump = await startCli(["dump", "brr/postgresql", "--context", "lab", "--directory", directory]);
    const waiting =
      "select count(*) from pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'";
    await waitUntil("pg_dump to wait", 60, async () => (await sql(waiting)) === "1");
    assert.deepEqual(
      (await readdir(directory)).map((name) => name.endsWith(".partial")),
      [true],
    );
    await withApiServerKilled("lab", async () => {
      const { stdout, stderr, exitCode } = await dump.ended;
      assert.deepEqual({ stdout, exitCode }, { stdout: "", exitCode: 4 });
      assert.match(
        stderr,
        /error\[dump-cut-off\]: brr\/postgresql: the dump of \S+ failed: .*\nnext: no dump file was kept/,
      );
      assert.deepEqual(await readdir(directory), []);
    });
    await lock;
    await waitUntil(
      "the end of pg_dump",
      60,
      async () => (await sql("select count(*) from pg_stat_activity where application_name = 'pg_dump'")) === "0",
    );
    await rm(directory, { recursive: true });
  });
});
