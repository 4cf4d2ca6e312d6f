import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import {
  holderText,
  isArchiver,
  lockFileIn,
  lockHolderScript,
  readLockHolder,
} from "../../../../domain/stanza/lock-holder.ts";

const captured = z
  .array(z.object({ exitCode: z.int(), error: z.string() }))
  .parse(JSON.parse(readFileSync(new URL("../../../fixtures/stanza-create-exits.json", import.meta.url), "utf8")));

describe("the holder of pgBackRest's lock", () => {
  it("is looked for in the file that pgBackRest names", () => {
    const files = captured.filter(({ exitCode }) => exitCode === 50).map(({ error }) => lockFileIn(error));
    assert(files.length > 0);
    for (const file of files) assert.match(file ?? "", /^\/.*db-archive.*\.lock$/);
    assert.equal(lockFileIn("ERROR: [056]: unable to find primary cluster - cannot proceed"), undefined);
    assert.equal(lockFileIn("unable to acquire lock on file '/tmp/$(reboot).lock'"), undefined);
  });

  it("is an archiver only if it pushes WAL in the background", () => {
    const isOne = (command: string): boolean => isArchiver({ pid: 1, command, seconds: 1 });
    assert(isOne("pgbackrest --stanza=db --exec-id=1-2 archive-push:async /pgdata/pg_wal"));
    assert(isOne("/usr/bin/pgbackrest --stanza=db archive-push:async"));
    assert(!isOne("pgbackrest --stanza=db stanza-create"));
    assert(!isOne("pgbackrest --stanza=db archive-push /pgdata/pg_wal/00000001"));
    assert(!isOne("sh -c pgbackrest archive-push:async"));
    assert(!isOne(""));
  });

  it("is read from what the script prints", () => {
    assert.deepEqual(readLockHolder("412\n3700\npgbackrest archive-push:async "), {
      pid: 412,
      seconds: 3700,
      command: "pgbackrest archive-push:async",
    });
    assert.deepEqual(readLockHolder("412\nx\n"), { pid: 412, seconds: undefined, command: "" });
    for (const output of ["", "0\n1\nx", "x\n1\n", "-1\n1\n"]) assert.equal(readLockHolder(output), undefined);
    assert.equal(holderText({ pid: 4, seconds: 3, command: "a" }), "process 4 (a), which has been running for 3 s");
    assert.equal(holderText({ pid: 4, seconds: undefined, command: "" }), "process 4");
  });

  describe("the script", function () {
    before(function () {
      if (process.platform !== "linux") this.skip();
    });

    async function holderIn(content: string): Promise<ReturnType<typeof readLockHolder>> {
      const directory = await mkdtemp(join(tmpdir(), "postgres-recovery-lock-"));
      try {
        await writeFile(join(directory, "db-archive.lock"), content);
        const { stdout } = await execa("bash", ["--norc", "-ceu", "--", lockHolderScript, "bash", "db-archive.lock"], {
          cwd: directory,
          reject: false,
        });
        return readLockHolder(stdout);
      } finally {
        await rm(directory, { recursive: true });
      }
    }

    it("finds the process by both forms of the file", async () => {
      const child = spawn("sleep", ["60"]);
      try {
        for (const content of [`{"execId":"1-2","percentComplete":null,"pid":${child.pid}}`, `${child.pid}\n1-2\n`]) {
          const found = await holderIn(content);
          assert.equal(found?.pid, child.pid);
          assert.equal(found?.command, "sleep 60");
          assert((found.seconds ?? -1) >= 0 && (found.seconds ?? 99) < 30);
        }
      } finally {
        child.kill();
        await once(child, "exit");
      }
      assert.equal(await holderIn(`{"pid":${child.pid}}`), undefined, "it has ended");
    });

    it("finds nobody in an empty or strange file", async () => {
      for (const content of ["", "\n", "nobody", '{"pid":"x"}']) assert.equal(await holderIn(content), undefined);
    });
  });
});
