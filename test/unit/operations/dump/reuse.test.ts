import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { duration } from "../../../../domain/duration.ts";
import { dumpTrailer } from "../../../../domain/dump/dump.ts";
import { decodeRecord, encodeRecord, recordBytes } from "../../../../domain/dump/record.ts";
import type { DumpReport } from "../../../../domain/dump/report.ts";
import { dumpDatabases, type DumpOptions } from "../../../../operations/dump/dump.ts";
import { FakeCluster, FakeSurroundings, type Script } from "../../../support/fake-cluster.ts";
import { reportOf, runCreation } from "../../../support/fake-creation.ts";
import { faultTest } from "../../../support/fault-test.ts";

const options = {
  cluster: { namespace: "calendar", name: "calendar-db" },
  uid: "1",
  pod: "calendar-db-0",
  timeLimit: duration("1m"),
  maxAge: duration("1h"),
};

describe("an earlier dump", () => {
  let directory: string;
  let surroundings: FakeSurroundings;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "postgres-recovery-reuse-"));
    surroundings = new FakeSurroundings();
  });
  afterEach(() => rm(directory, { recursive: true }));

  async function dump(
    change: Partial<DumpOptions> = {},
    script: Script = {},
  ): Promise<{ report: DumpReport; dumped: number }> {
    const cluster = new FakeCluster(script);
    const report = await dumpDatabases(cluster, { ...options, ...change, directory }, surroundings);
    return { report, dumped: cluster.ran("pg_dumpall").length };
  }

  it("that is fresh is verified and used again", async () => {
    const first = await dump();
    assert.deepEqual([first.dumped, first.report.reused], [1, undefined]);
    await surroundings.sleep(3600);
    const { dumped, report } = await dump();
    assert.equal(dumped, 0);
    assert.deepEqual(report, { ...first.report, reused: true });
    assert.equal(
      createHash("sha256")
        .update(await readFile(report.file))
        .digest("hex"),
      report.sha256,
    );
    assert.equal((await readdir(directory)).length, 1);
  });

  it("is a zstd file whose record no decoder prints", async () => {
    const { report } = await dump();
    const bytes = await readFile(report.file);
    assert.equal(zstdDecompressSync(bytes).toString(), `-- data\n${dumpTrailer}`);
    assert.equal(decodeRecord(bytes.subarray(-recordBytes))?.uid, "1");
  });

  for (const [what, change, script] of [
    ["older than allowed", { maxAge: duration("59m") }, {}],
    ["not asked for", { maxAge: undefined }, {}],
    ["of a recreated cluster", { uid: "2" }, {}],
    ["of another instance", { pod: "calendar-db-1" }, {}],
    ["of another database", {}, { systemIdentifiers: ["7000000000000000002"] }],
    ["of another cluster", { cluster: { namespace: "calendar", name: "scheduler-db" } }, {}],
  ] as [string, Partial<DumpOptions>, Script][]) {
    it(`is not used again when it is ${what}`, async () => {
      const first = await dump();
      await surroundings.sleep(3600);
      const { dumped, report } = await dump(change, script);
      assert.deepEqual([dumped, report.reused], [1, undefined]);
      assert.notEqual(report.file, first.report.file);
    });
  }

  it("is not used again when it is from the future", async () => {
    await dump();
    surroundings = new FakeSurroundings(Date.parse("2026-11-21T00:59:00Z"));
    assert.equal((await dump()).dumped, 1);
  });

  /** The file of a dump, after its bytes were changed; the record may be made to fit. */
  async function spoil(change: (content: Buffer) => Buffer, fits: boolean): Promise<void> {
    const { report } = await dump();
    const bytes = await readFile(report.file);
    const record = decodeRecord(bytes.subarray(-recordBytes));
    assert(record);
    const content = change(bytes.subarray(0, -recordBytes));
    const sha256 = fits ? createHash("sha256").update(content).digest("hex") : record.sha256;
    await writeFile(report.file, Buffer.concat([content, encodeRecord({ ...record, sha256 })]));
  }

  const sql = (text: string) => (): Buffer => zstdCompressSync(Buffer.from(text));
  for (const [what, change, fits, reason] of [
    ["one byte has changed", (bytes: Buffer) => flipped(bytes), false, /cannot be used again/],
    ["the SQL is another", sql(`-- dato\n${dumpTrailer}`), false, /its SHA-256 is not the recorded one/],
    ["the trailer is missing", sql(`-- data\n${dumpTrailer.slice(0, -1)} `), true, /trailer is not at its end/],
    ["SQL is missing", sql(dumpTrailer), true, /its SQL has not the recorded size/],
  ] as const) {
    faultTest(13, `is not used again when ${what}`, async () => {
      await spoil(change, fits);
      await surroundings.sleep(10);
      assert.equal((await dump()).dumped, 1);
      assert.match(surroundings.lines.join("\n"), reason);
    });
  }

  faultTest(13, "is not used again when its end is missing", async () => {
    const { report } = await dump();
    await truncate(report.file, report.size - 1);
    await surroundings.sleep(10);
    assert.equal((await dump()).dumped, 1);
  });

  faultTest(
    53,
    "is used by the next run of stanza create, so that a run that waited in vain need not dump again",
    async () => {
      const request = { dump: { directory }, timeLimits: { create: "1m" } };
      const failed = await runCreation({ create: [50] }, request);
      assert.equal(failed.cluster.ran("pg_dumpall").length, 1);
      const again = await runCreation({ info: [1, 2] }, request);
      assert.deepEqual(again.cluster.ran("pg_dumpall"), []);
      const { dump: used } = reportOf(again);
      assert(used && "file" in used);
      assert.equal(used.reused, true);
    },
  );

  faultTest(10, "is not used after the leader has changed during the run", async () => {
    const leaders = ["calendar-db-0", "calendar-db-1"];
    const run = await runCreation({ info: [1, 2], leaders }, { dump: { directory } });
    assert.equal(reportOf(run).leader, "calendar-db-1");
    assert.equal(run.cluster.ran("pg_dumpall").length, 2);
    // Also when it comes back: meanwhile the other one may have taken writes.
    const [a, b] = ["calendar-db-0", "calendar-db-1"];
    const back = await runCreation(
      { info: [1, 2], leaders: [a, b, b, a, a, a] },
      { dump: { directory }, uid: undefined },
    );
    assert.equal(reportOf(back).leader, a);
    assert.equal(back.cluster.ran("pg_dumpall").filter((command) => command.startsWith(a)).length, 2);
    assert.equal(back.cluster.ran("pg_dumpall").filter((command) => command.startsWith(b)).length, 1);
  });
});

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[12] = (changed[12] ?? 0) ^ 1;
  return changed;
}
