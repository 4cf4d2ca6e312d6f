import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { RecoveryError } from "../../domain/errors.ts";
import { findCluster } from "../../sandbox/pgo/inventory.ts";
import type { Event } from "../support/gaps.ts";
import { withTableLocked } from "../support/locks.ts";
import { runProcedure } from "../support/procedure.ts";
import { untilNoRemoteCommand, untilRemoteCommand } from "../support/remote-commands.ts";
import { withEnvironment, withReplay } from "../support/replay.ts";
import { repositoryFiles } from "../support/repository.ts";
import { askDirectly, sandboxEnvironment } from "../support/sandbox.ts";
import { faultSuite } from "../support/fault-test.ts";

const cluster = findCluster("dev", "woven-passport/payment-hub-db");
const [pod = ""] = cluster.pods;
const { context, namespace } = cluster;

faultSuite(13, "leaves no file under a final name and creates nothing after a dump", function () {
  this.timeout("1m");
  let directory: string;

  before("the sandbox", async function () {
    this.timeout("40m");
    await sandboxEnvironment();
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-dump-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** The procedure fails at the dump, keeps no file, and the repository stays as it is. */
  async function failsAtDump(
    message: RegExp,
    { limit = "1m", into = directory }: { limit?: string; into?: string } = {},
    ...events: Event[]
  ): Promise<void> {
    const { report, error, progress } = await runProcedure(
      cluster,
      { dump: { directory: into }, timeLimits: { dump: limit } },
      ...events,
    );
    assert.equal(report, undefined);
    assert(error instanceof RecoveryError, String(error));
    assert.equal(error.kind, "failed");
    assert.match(error.message, message);
    assert(error.next);
    assert.doesNotMatch(progress.join("\n"), /stanza-create/);
    assert.deepEqual(await repositoryFiles(cluster), {});
    assert.deepEqual(
      (await readdir(into)).filter((name) => name !== "filler"),
      [],
    );
  }

  it("whose pg_dumpall was killed halfway", async () => {
    await withTableLocked(cluster, async () => {
      const failed = failsAtDump(/pg_dumpall ended with exit code 137/);
      // The child process waits for the lock, so by then both processes exist and stay.
      const child = await untilRemoteCommand(context, namespace, pod, /^\S*pg_dump .*app/);
      const { pid } = await untilRemoteCommand(context, namespace, pod, /^\S*pg_dumpall /);
      process.kill(pid, "SIGKILL");
      process.kill(child.pid, "SIGKILL");
      await failed;
    });
  });

  it("in which the pg_dump of one database was killed", async () => {
    await withTableLocked(cluster, async () => {
      const failed = failsAtDump(/pg_dumpall ended with exit code 1: .*pg_dump failed on database "app"/s);
      const { pid } = await untilRemoteCommand(context, namespace, pod, /^\S*pg_dump .*app/);
      process.kill(pid, "SIGKILL");
      await failed;
    });
  });

  it("that waits for a lock longer than it may take", async () => {
    await withTableLocked(cluster, async () => {
      await failsAtDump(/pg_dumpall did not end within 3s/, { limit: "3s" });
      await untilNoRemoteCommand(context, namespace, pod, 10);
    });
  });

  it("that lacks a permission", async () => {
    await askDirectly(
      context,
      namespace,
      pod,
      "psql",
      "-Xqd",
      "app",
      "-c",
      "create table secret (text text); revoke all on secret from public",
    );
    try {
      await withEnvironment(
        { context, namespace, pod },
        () => ({ PGUSER: "app", PGDATABASE: "app" }),
        () => failsAtDump(/pg_dumpall ended with exit code 1: .*permission denied/s),
      );
    } finally {
      await askDirectly(context, namespace, pod, "psql", "-Xqd", "app", "-c", "drop table secret");
    }
  });

  for (const [what, replay, message] of [
    ["of zero bytes", {}, /trailer is missing/],
    [
      "whose connection was cut in the middle",
      { cutAfterBytes: 3 },
      /closed without an exit status|unexpected EOF|EOF/,
    ],
    ["that ended early with exit code 0", {}, /trailer is missing/],
  ] as const) {
    it(what, async () => {
      const file = `${directory}.sql`;
      await writeFile(
        file,
        what === "of zero bytes" ? "" : "-- PostgreSQL database cluster dump complete\n--\n\nCOPY 1\n",
      );
      try {
        await withReplay({ context, namespace, pod }, [{ match: "pg_dumpall", ...replay, stdoutFile: file }], () =>
          failsAtDump(message),
        );
      } finally {
        await rm(file);
      }
    });
  }

  it("into a folder that cannot be created", async () => {
    const file = join(directory, "filler");
    await writeFile(file, "");
    const { error, progress } = await runProcedure(cluster, { dump: { directory: join(file, "dumps") } });
    assert(error instanceof RecoveryError, String(error));
    assert.match(error.message, /no dump can be written to .*ENOTDIR/);
    assert.doesNotMatch(progress.join("\n"), /dumping|stanza-create/);
    assert.deepEqual([await readdir(directory), await repositoryFiles(cluster)], [["filler"], {}]);
  });

  describe("on a disk", () => {
    beforeEach(function () {
      if (userInfo().uid !== 0) this.skip();
    });

    async function onSmallDisk(size: string, work: (disk: string) => Promise<void>): Promise<void> {
      const disk = await mkdtemp(join(directory, "disk-"));
      await execa("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", disk]);
      try {
        await work(disk);
      } finally {
        await execa("umount", [disk]);
      }
    }

    it("that is too small from the start", async () => {
      await onSmallDisk("1m", (disk) => failsAtDump(/bytes free, the databases take/, { into: disk }));
    });

    it("that fills up during the dump", async () => {
      await onSmallDisk("200m", (disk) =>
        failsAtDump(
          /ENOSPC: no space left on device/,
          { into: disk },
          {
            before: /pg_dumpall/,
            happens: async () => {
              const { bavail, bsize } = await statfs(disk);
              await execa("fallocate", ["-l", String(bavail * bsize), join(disk, "filler")]);
            },
          },
        ),
      );
    });
  });
});
