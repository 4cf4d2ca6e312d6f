import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { breakRepository, heal } from "../../sandbox/cluster.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import { withOperatorStopped, withTableLocked } from "../support/locks.ts";
import { remoteCommands, untilNoRemoteCommand, untilRemoteCommand } from "../support/remote-commands.ts";
import { loseStanza } from "../support/repository.ts";
import {
  askDirectly,
  holdsStanza,
  repositoryCodes,
  sandboxEnvironment,
  startCli,
  testDirectory,
  type Ended,
} from "../support/sandbox.ts";
import { faultTest } from "../support/fault-test.ts";

const cluster = findCluster("dev", "calendar/scheduler-db");
const [pod = ""] = cluster.pods;
const { context, namespace } = cluster;
const silent = findCluster("dev", "ac-qr-publishing/ac-qr-db");
const [silentPod = ""] = silent.pods;

describe("a command is interrupted", function () {
  this.timeout("2m");
  let directory: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-interrupt-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
    await loseStanza(cluster);
  });

  function interrupted({ exitCode, stderr }: Ended): void {
    assert.equal(exitCode, 130, stderr);
    // The stack follows only with --debug.
    const [message = ""] = stderr.split("\ndebug: RecoveryError [interrupted]");
    assert.match(
      message,
      /error\[interrupted\]: interrupted; a remote command that was running ends within its time limit\nnext: run it again; it continues from what exists: postgres-recovery stanza (list|create) .*--context \S+.*$/,
    );
    assert.doesNotMatch(message, /\n\s+at /);
  }

  const create = ["stanza", "create", "calendar/scheduler-db", "--context", context];

  faultTest(
    35,
    "^C during a scan shows what is known, and the silent cluster's command ends within its limit",
    async () => {
      const scan = await startCli(["stanza", "list", "--context", context, "--timeout", "20s", "--debug"]);
      await scan.until(/debug: x-air-home/);
      await untilRemoteCommand(context, silent.namespace, silentPod, /info/);
      scan.signal("SIGINT");
      const ended = await scan.ended;
      assert.notDeepEqual(
        await remoteCommands(context, silent.namespace, silentPod),
        [],
        "the scan did not wait for it",
      );
      interrupted(ended);
      assert.match(ended.stdout, /tsl-db .* Okay/);
      assert.doesNotMatch(ended.stdout, /ac-qr-db /);
      assert.match(ended.stdout, /not all: the list was interrupted/);
      await untilNoRemoteCommand(context, silent.namespace, silentPod, 20 + 10);
    },
  );

  faultTest(
    35,
    "^C during a dump that waits for a lock leaves no file and creates nothing, and pg_dumpall ends within its limit",
    async () => {
      await withTableLocked(cluster, async () => {
        const running = await startCli([...create, "--dump-directory", directory, "--dump-timeout", "12s"]);
        await untilRemoteCommand(context, namespace, pod, /pg_dump /);
        assert.equal((await readdir(directory)).length, 1);
        running.signal("SIGINT");
        interrupted(await running.ended);
        assert.deepEqual(await readdir(directory), []);
        assert.notDeepEqual(await remoteCommands(context, namespace, pod), [], "it did not wait for the remote end");
        await untilNoRemoteCommand(context, namespace, pod, 12 + 10);
      });
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [1]);
    },
  );

  for (const [signal, what] of [
    ["SIGTERM", "a kill from outside"],
    ["SIGHUP", "a closed terminal"],
  ] as const) {
    faultTest(35, `${what} during a dump leaves no file and creates nothing`, async () => {
      await withTableLocked(cluster, async () => {
        const running = await startCli([...create, "--dump-directory", directory]);
        await untilRemoteCommand(context, namespace, pod, /pg_dump /);
        running.signal(signal);
        interrupted(await running.ended);
        assert.deepEqual(await readdir(directory), []);
      });
      await untilNoRemoteCommand(context, namespace, pod, 20);
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [1]);
    });
  }

  faultTest(35, "^C while bytes arrive closes pg_dumpall's pipe, which ends it long before its limit", async () => {
    await askDirectly(
      context,
      namespace,
      pod,
      "psql",
      "-Xqc",
      "create unlogged table flood as select repeat(md5(n::text), 30) as text from generate_series(1, 300000) n",
    );
    try {
      const running = await startCli([...create, "--dump-directory", directory]);
      await untilRemoteCommand(context, namespace, pod, /pg_dump .*postgres/);
      running.signal("SIGINT");
      interrupted(await running.ended);
      assert.deepEqual(await readdir(directory), []);
      await untilNoRemoteCommand(context, namespace, pod, 30);
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [1]);
    } finally {
      await askDirectly(context, namespace, pod, "psql", "-Xqc", "drop table flood");
    }
  });

  faultTest(
    [35, 55],
    "a killed CLI leaves no file under a final name, and the next run removes what it left",
    async () => {
      await withTableLocked(cluster, async () => {
        const running = await startCli([...create, "--dump-directory", directory]);
        await untilRemoteCommand(context, namespace, pod, /pg_dump /);
        running.signal("SIGKILL");
        await running.ended;
        assert.deepEqual(
          (await readdir(directory)).filter((name) => !/^\..*\.partial$/.test(name)),
          [],
        );
      });
      await untilNoRemoteCommand(context, namespace, pod, 20);
      assert.equal((await readdir(directory)).length, 1, "nothing was left");
      const again = await startCli([...create, "--dump-directory", directory]);
      const { exitCode, stderr } = await again.ended;
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /removed the unfinished dump .*, whose process has ended/);
      const [dump = "", ...others] = await readdir(directory);
      assert.match(dump, /^dev\.calendar\.scheduler-db\..*\.sql\.zst$/);
      assert.deepEqual(others, []);
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [2]);
    },
  );

  faultTest(
    35,
    "^C during stanza-create lets the remote command finish, so the repository is never half created, and the next run succeeds",
    async () => {
      const running = await withTableLocked(cluster, async () => {
        const started = await startCli([...create, "--dump-directory", directory]);
        await untilRemoteCommand(context, namespace, pod, /pg_dump /);
        await breakRepository(testDirectory, context, "calendar/scheduler-db");
        return started;
      });
      try {
        await Promise.race([
          untilRemoteCommand(context, namespace, pod, /^pgbackrest .*stanza-create/),
          running.ended.then(({ stderr }) => assert.fail(`it ended before stanza-create: ${stderr}`)),
        ]);
        running.signal("SIGINT");
        interrupted(await running.ended);
        assert.notDeepEqual(await remoteCommands(context, namespace, pod), [], "it did not wait for the remote end");
      } finally {
        await heal(testDirectory, context, "calendar/scheduler-db");
      }
      // It need not reach its limit of 180 s: with a repo host that answers, it ends at once.
      await untilNoRemoteCommand(context, namespace, pod, 60);
      assert.match((await repositoryCodes(context, namespace, pod)).join(), /^[12]$/);
      assert.equal((await readdir(directory)).filter((name) => name.endsWith(".partial")).length, 0);
      const again = await startCli([...create, "--dump-directory", directory]);
      assert.equal((await again.ended).exitCode, 0);
      assert.deepEqual(await repositoryCodes(context, namespace, pod), [2]);
    },
  );

  faultTest(35, "^C while it waits for PGO exits with 130, and the stanza exists", async () => {
    const missing = findCluster("dev", "wip-showcase/showcase-dev-db");
    const [missingPod = ""] = missing.pods;
    try {
      await withOperatorStopped(async () => {
        const running = await startCli([
          "stanza",
          "create",
          "wip-showcase/showcase-dev-db",
          "--context",
          context,
          "--dump-directory",
          directory,
        ]);
        await running.until(/waiting for PGO/);
        running.signal("SIGINT");
        interrupted(await running.ended);
        assert(await holdsStanza(context, missing.namespace, missingPod));
      });
    } finally {
      await loseStanza(missing);
    }
  });

  faultTest(35, "does not crash and leaves no file when the reader of its output goes away", async () => {
    await withTableLocked(cluster, async () => {
      const running = await startCli([...create, "--dump-directory", directory, "--dump-timeout", "6s"]);
      await untilRemoteCommand(context, namespace, pod, /pg_dump /);
      running.stopReading();
      const { exitCode } = await running.ended;
      // It cannot say why it ended, because nobody reads: the dump reached its time limit, or writing a line failed before.
      assert(exitCode === 4 || exitCode === 130, `exit code ${exitCode}`);
      assert.deepEqual(await readdir(directory), []);
    });
  });
});
