import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { Writable } from "node:stream";
import { zstdDecompressSync } from "node:zlib";
import { dumpTrailer } from "../../../../domain/dump/dump.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { dumpDatabases, dumpTo } from "../../../../operations/dump/dump.ts";
import type { DumpTarget } from "../../../../operations/dump/target.ts";
import { FakeCluster, FakeSurroundings, type Script } from "../../../support/fake-cluster.ts";
import { generatedSql, streamingCluster } from "../../../support/streamed-dump.ts";
import { faultTest } from "../../../support/fault-test.ts";

const options = {
  cluster: { namespace: "calendar", name: "calendar-db" },
  uid: "1",
  pod: "calendar-db-0",
  timeLimit: duration("1m"),
};

/** A target that records the calls to it. */
class FakeTarget implements DumpTarget {
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  /** How many of the first names are already taken. */
  taken = 0;
  fails: "prepare" | "begin" | "write" | "end" | "keep" | undefined;
  leaves = false;

  #did(event: "prepare" | "begin" | "write" | "keep"): void {
    this.events.push(event);
    if (this.fails === event)
      throw new RecoveryError("s3-failed", `the store refuses to ${event}`, { next: "ask it why" });
  }

  async prepare(databaseBytes: number | undefined): Promise<void> {
    await Promise.resolve();
    this.#did("prepare");
    assert.equal(databaseBytes, 1000);
  }

  check = (): Promise<void> => Promise.resolve();
  list = (): Promise<string[]> => Promise.resolve([]);
  open = (): Promise<never> => Promise.reject(new Error("there is no dump"));
  removeLeftovers = (): Promise<string[]> => Promise.resolve(["removed what was left"]);

  begin(name: string) {
    this.#did("begin");
    if (this.events.filter((event) => event === "begin").length <= this.taken) return Promise.resolve(undefined);
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.chunks.push(chunk);
        done(
          this.fails === "write"
            ? new RecoveryError("s3-failed", "the store refuses to write", { next: "ask it why" })
            : null,
        );
      },
      final: (done) => {
        // After pg_dumpall has ended, as a disk does that fails when it is flushed.
        const error = new RecoveryError("s3-failed", "the store refuses the last bytes", { next: "ask it why" });
        setTimeout(done, 20, this.fails === "end" ? error : null);
      },
    });
    return Promise.resolve({
      file: `fake:${name}`,
      stream,
      keep: async (size: number) => {
        await Promise.resolve();
        this.#did("keep");
        assert.equal(size, Buffer.concat(this.chunks).length);
        assert(stream.writableFinished, "the bytes were not all taken");
      },
      discard: async () => {
        await Promise.resolve();
        this.events.push("discard");
        if (this.leaves) throw new RecoveryError("s3-failed", "parts may be left");
      },
    });
  }
}

async function run(script: Script, change: Partial<Pick<FakeTarget, "fails" | "leaves" | "taken">> = {}) {
  const [target, cluster, surroundings] = [
    Object.assign(new FakeTarget(), change),
    new FakeCluster(script),
    new FakeSurroundings(),
  ];
  const end = await dumpTo(target, cluster, options, surroundings).catch((error: unknown) => error);
  return { target, cluster, surroundings, end };
}

describe("dumpTo", () => {
  it("prepares, begins and writes before it keeps", async () => {
    const { end, target } = await run({});
    assert.deepEqual(target.events, ["prepare", "begin", "keep"]);
    assert.equal(zstdDecompressSync(Buffer.concat(target.chunks)).toString(), `-- data\n${dumpTrailer}`);
    assert.match((end as { file: string }).file, /^fake:test\.calendar\.calendar-db\.20261121T010000Z\.sql\.zst$/);
  });

  it("says what it removed, before it begins", async () => {
    const { surroundings } = await run({});
    assert.deepEqual(surroundings.lines.slice(0, 2), [
      "removed what was left",
      "dumping all databases of calendar-db-0 to fake:test.calendar.calendar-db.20261121T010000Z.sql.zst",
    ]);
  });

  it("reports how much it has dumped, at most every ten seconds", async () => {
    const surroundings = new FakeSurroundings();
    const frames = [...generatedSql(1_000_000)];
    const target = new FakeTarget();
    const cluster = streamingCluster({
      frames: (function* () {
        for (const frame of frames) {
          void surroundings.sleep(1);
          yield frame;
        }
      })(),
    });
    await dumpTo(target, cluster, options, surroundings);
    const lines = surroundings.lines.filter((line) => line.endsWith("bytes of SQL so far"));
    assert.equal(lines.length, Math.floor(frames.length / 10));
    const bytes = lines.map((line) => Number.parseInt(line, 10));
    assert.deepEqual(
      bytes,
      bytes.toSorted((a, b) => a - b),
    );
    assert((bytes.at(-1) ?? 0) > 500_000);
  });

  it("waits for a name that is free", async () => {
    const { end, surroundings } = await run({}, { taken: 2 });
    assert.match((end as { file: string }).file, /T010002Z/);
    assert.equal(surroundings.elapsed, 2);
  });

  for (const fails of ["prepare", "begin"] as const) {
    faultTest(13, `does not start pg_dumpall if the target fails to ${fails}`, async () => {
      const { cluster, end } = await run({}, { fails });
      assert.match(String(end), new RegExp(`refuses to ${fails}`));
      assert.deepEqual(cluster.ran("pg_dumpall"), []);
    });
  }

  for (const [situation, script, change] of [
    ["pg_dumpall fails", { dump: { result: { end: "exited", code: 1, stdout: "", stderr: "no" } } }, {}],
    ["the trailer is missing", { dump: { text: "-- data\n" } }, {}],
    ["the connection breaks", { dump: { text: "-- data\n", result: { end: "broken", message: "closed" } } }, {}],
    ["the target fails to write", {}, { fails: "write" }],
    ["the target fails to store the last bytes", {}, { fails: "end" }],
  ] as const) {
    faultTest(13, `discards and never keeps the dump if ${situation}`, async () => {
      const { end, target } = await run(script, change);
      assert(end instanceof RecoveryError, String(end));
      assert.match(end.message, /calendar\/calendar-db: the dump of calendar-db-0 failed/);
      assert.deepEqual(target.events, ["prepare", "begin", "discard"]);
    });
  }

  faultTest(13, "discards the dump with the target's own error if the target fails to keep it", async () => {
    const { end, target } = await run({}, { fails: "keep" });
    assert(end instanceof RecoveryError);
    assert.deepEqual([end.code, end.kind, end.next], ["s3-failed", "undetermined", "ask it why"]);
    assert.deepEqual(target.events, ["prepare", "begin", "keep", "discard"]);
  });

  faultTest(13, "says what may be left behind, along with the cause", async () => {
    const { end, surroundings } = await run({ dump: { text: "" } }, { leaves: true });
    assert.match(String(end), /trailer is missing/);
    assert(surroundings.lines.includes("parts may be left"));
  });
});

describe("dumpDatabases", () => {
  faultTest(35, "refuses a malformed place in S3 before any request, without quoting it", async () => {
    for (const directory of [
      "s3://",
      "s3://B/x",
      "s3://AKIA:canary@bucket/x",
      "S3://bucket",
      "s3:bucket",
      "s3://bucket/../x",
    ]) {
      const cluster = new FakeCluster({});
      await assert.rejects(dumpDatabases(cluster, { ...options, directory }, new FakeSurroundings()), (error) => {
        assert(error instanceof RecoveryError);
        assert.equal(error.kind, "usage");
        assert.doesNotMatch(error.message, /canary/);
        return true;
      });
      assert.deepEqual(cluster.commands, []);
    }
  });
});
