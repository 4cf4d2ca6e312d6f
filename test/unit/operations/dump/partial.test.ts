import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { finished } from "node:stream/promises";
import { join } from "node:path";
import { ownerName, ownerState } from "../../../../operations/dump/owner.ts";
import { beginFile, removeUnfinished } from "../../../../operations/dump/partial.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const name = "dev.calendar.calendar-db.20261121T010000Z.sql.zst";
const later = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

/** Begins a dump in a process of its own, which then waits. */
async function beginElsewhere(directory: string): Promise<ReturnType<typeof spawn>> {
  const script = `import { beginFile } from ${JSON.stringify(new URL("../../../../operations/dump/partial.ts", import.meta.url).href)};
    const dump = await beginFile(process.argv[1], ${JSON.stringify(name)});
    dump.stream.write("half", () => console.log("begun"));
    setTimeout(() => undefined, 60_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

async function killed(child: ReturnType<typeof spawn>): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

faultSuite(55, "an unfinished dump in a folder", () => {
  let directory: string;
  const partial = (): string => join(directory, `.${name}.partial`);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-partial-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it("of this process gets its name only when it is kept, and leaves nothing else", async () => {
    const dump = await beginFile(directory, name);
    assert(dump);
    assert.deepEqual(await readdir(directory), [`.${name}.partial`]);
    assert.equal(await beginFile(directory, name), undefined, "the name is taken");
    dump.stream.end("content");
    await finished(dump.stream);
    await dump.keep(7);
    assert.deepEqual(await readdir(directory), [name]);
    assert.equal(await readFile(dump.file, "utf8"), "content");
    assert.equal(await beginFile(directory, name), undefined, "the name is still taken");
    assert.deepEqual(await readdir(directory), [name]);
  });

  it("that is discarded leaves nothing", async () => {
    const dump = await beginFile(directory, name);
    await dump?.discard();
    assert.deepEqual(await readdir(directory), []);
  });

  it("of a process that was killed is removed by the next dump, and one of a running process is not", async () => {
    const child = await beginElsewhere(directory);
    try {
      assert.deepEqual(await removeUnfinished(directory, later(30 * 86_400)), [], "however old it is");
      assert.equal((await readdir(partial())).length, 1);
    } finally {
      await killed(child);
    }
    const lines = await removeUnfinished(directory, new Date());
    assert.deepEqual(lines, [`removed the unfinished dump ${partial()}, whose process has ended`]);
    assert.deepEqual(await readdir(directory), []);
  });

  it("is removed when its process id belongs to another process by now", async () => {
    await mkdir(partial());
    const [host, pid, started] = (await ownerName()).split("-");
    await writeFile(join(partial(), `${host}-${pid}-${Number(started) + 1}`), "half");
    assert.equal((await removeUnfinished(directory, new Date())).length, 1);
    assert.deepEqual(await readdir(directory), []);
  });

  it("of another host is only named, until it can no longer be running", async () => {
    await mkdir(partial());
    const file = join(partial(), `${"0".repeat(16)}-1-1`);
    await writeFile(file, "half");
    assert.match((await removeUnfinished(directory, new Date())).join(), /of another host.*delete it if/);
    assert.equal((await removeUnfinished(directory, later(7 * 86_400))).length, 1);
    assert.deepEqual(await readdir(partial()), [`${"0".repeat(16)}-1-1`]);
    await utimes(file, later(-9 * 86_400), later(-9 * 86_400));
    assert.match((await removeUnfinished(directory, new Date())).join(), /removed/);
    assert.deepEqual(await readdir(directory), []);
  });

  it("without a file yet is left to its process for a minute", async () => {
    await mkdir(partial());
    await removeUnfinished(directory, new Date());
    assert.deepEqual(await readdir(directory), [`.${name}.partial`]);
    assert.match((await removeUnfinished(directory, later(120))).join(), /removed/);
    assert.deepEqual(await readdir(directory), []);
  });

  it("is not confused with what somebody else put there", async () => {
    await mkdir(partial());
    await writeFile(join(partial(), "notes"), "mine");
    await mkdir(join(directory, ".other.partial"));
    await writeFile(join(directory, ".file.sql.zst.partial"), "of an older version");
    assert.deepEqual(await removeUnfinished(directory, later(30 * 86_400)), []);
    assert.equal((await readdir(directory)).length, 3);
  });

  it("names this process as running, and text of another form as nobody", async () => {
    assert.equal(await ownerState(await ownerName()), "runs");
    for (const text of ["notes", "", `${"0".repeat(16)}-0-1`, `${"0".repeat(15)}-1-1`])
      assert.equal(await ownerState(text), undefined);
  });
});
