import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { z } from "zod";
import { waitUntil } from "../../../sandbox/host/processes.ts";
import { startTestAws, type TestAws } from "../../support/aws.ts";
import { Postgres12 } from "../../support/postgres-12.ts";
import { walgPrefix } from "../../support/walg.ts";
import {
  putObject,
  removeObject,
  runWalg,
  storedObjects,
  uploadCapturedBucket,
  walgEnvironment,
} from "../../support/walg-bucket.ts";

const ownPrefix = "spilo/ours/uid/wal/12";
const folder = "basebackups_005";

/** The form of a JSON value: the names and types, not the values; of many members of one form, one. */
function form(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(form);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, form(inner)]);
  const keysAreNames = entries.some(([key]) => /[/.]|^postgres$|^public/.test(key));
  return keysAreNames ? { "…": entries[0]?.[1] } : Object.fromEntries(entries);
}

const verificationSchema = z.object({
  integrity: z.object({
    status: z.string(),
    details: z.array(
      z.object({
        timeline_id: z.literal(1),
        start_segment: z.string(),
        end_segment: z.string(),
        segments_count: z.number(),
        status: z.string(),
      }),
    ),
  }),
  timeline: z.object({
    status: z.string(),
    details: z.object({ current_timeline_id: z.literal(1), highest_storage_timeline_id: z.literal(1) }),
  }),
});

function segmentAfter(name: string): string {
  return `${name.slice(0, 8)}${(BigInt(`0x${name.slice(8)}`) + 1n).toString(16).toUpperCase().padStart(16, "0")}`;
}

const jsonForm = (content: Buffer | undefined): unknown => form(JSON.parse(content?.toString("utf8") ?? ""));

/** What `tar` shows of a part, without owners' ids, sizes and times. */
async function members(part: Buffer | undefined): Promise<string[]> {
  const { stdout: tar } = await execa("lz4", ["-dc"], { input: part ?? "", encoding: "buffer" });
  const { stdout } = await execa("tar", ["-tvPf", "-"], { input: tar });
  return stdout.split("\n").map((line) => {
    const [mode = "", owner = "", , , , name = ""] = line.split(/\s+/);
    return `${mode} ${owner} ${name.replace(/(.)\/$/, "$1")}`;
  });
}

describe("the WAL-G stand-in writes what WAL-G would write", function () {
  this.timeout("3m");
  let aws: TestAws;
  let environment: Record<string, string>;
  let postgres: Postgres12;
  let ours: Map<string, Buffer>;
  let theirs: Map<string, Buffer>;
  let identifier: string;

  const push = async (variables: Record<string, string> = {}): Promise<string> => {
    const psql = { PGHOST: postgres.directory, PGUSER: "postgres", ...variables };
    const { exitCode, stderr } = await runWalg({ ...environment, ...psql }, ["backup-push", postgres.data]);
    assert.equal(exitCode, 0, stderr);
    // S3 shows times in whole seconds, and WAL-G orders backups by them.
    await sleep(1100);
    return /Wrote backup with name (?<name>\S+) to storage default/.exec(stderr)?.groups?.["name"] ?? "";
  };
  const names: string[] = [];

  before(
    "a database of PostgreSQL 12 with a full backup, two deltas, and rows before and after each",
    async function () {
      this.timeout("10m");
      aws = await startTestAws();
      await uploadCapturedBucket(aws);
      environment = walgEnvironment(aws, ownPrefix);
      postgres = await Postgres12.prepare();
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      await postgres.create(["env", ...variables, postgres.walg, "wal-push", "%p"].join(" "));
      await postgres.query(
        "CREATE TABLE events (id serial PRIMARY KEY, what text); CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 40) FROM generate_series(1, 2000) n",
      );
      const note = (what: string) => postgres.query(`INSERT INTO events (what) VALUES ('${what}')`);
      await note("before-full");
      names.push(await push());
      await note("before-delta");
      await postgres.query("UPDATE wide SET repeat = 'changed' WHERE n % 500 = 0");
      names.push(await push({ WALG_DELTA_MAX_STEPS: "2" }));
      await note("before-delta-of-delta");
      names.push(await push({ WALG_DELTA_MAX_STEPS: "2" }));
      await note("last-in-wal");
      identifier = await postgres.query("SELECT system_identifier FROM pg_control_system()");
      const last = await postgres.query("SELECT pg_walfile_name(pg_switch_wal())");
      await waitUntil(`${last} in the archive`, 60, async () => {
        const archived = await postgres.query("SELECT last_archived_wal FROM pg_stat_archiver");
        return archived >= last;
      });
      [ours, theirs] = await Promise.all([storedObjects(aws, `${ownPrefix}/`), storedObjects(aws, `${walgPrefix}/`)]);
    },
  );
  after(async () => {
    await postgres.stop();
    await aws.stop();
  });

  it("names the backups by segment and parent", () => {
    const [full = "", delta = "", deltaOfDelta = ""] = names;
    assert.match(full, /^base_[0-9A-F]{24}$/);
    assert.equal(delta, `${delta.slice(0, 29)}_D_${full.slice(5, 29)}`);
    assert.equal(deltaOfDelta, `${deltaOfDelta.slice(0, 29)}_D_${delta.slice(5, 29)}`);
  });

  it("has the objects of a backup, and the fields and types of its JSON", () => {
    const theirFull = "base_000000010000000000000002";
    const theirDelta = "base_000000010000000000000005_D_000000010000000000000002";
    const objectsOf = (objects: Map<string, Buffer>, backup: string): string[] =>
      [...objects.keys()]
        .filter((name) => name.includes(`/${backup}/`))
        .map((name) => name.split(`/${backup}/`)[1] ?? "");
    for (const [own = "", their] of [
      [names[0], theirFull],
      [names[1], theirDelta],
    ] as const) {
      assert.deepEqual(objectsOf(ours, own).toSorted(), objectsOf(theirs, their).toSorted());
      for (const name of ["_backup_stop_sentinel.json", "/metadata.json", "/files_metadata.json"])
        assert.deepEqual(
          jsonForm(ours.get(`${folder}/${own}${name}`)),
          jsonForm(theirs.get(`${folder}/${their}${name}`)),
          name,
        );
    }
  });

  it("has the tar files of a full backup: modes, owners and names of the members", async () => {
    for (const part of ["part_001.tar.lz4", "part_003.tar.lz4", "pg_control.tar.lz4"]) {
      const [own, their] = await Promise.all([
        members(ours.get(`${folder}/${names[0] ?? ""}/tar_partitions/${part}`)),
        members(theirs.get(`${folder}/base_000000010000000000000002/tar_partitions/${part}`)),
      ]);
      // The numbers of databases and of what users made in them differ.
      const catalogue = (line: string): boolean => !/\/base\/\d{2,}|pg_internal|backup_manifest/.test(line);
      assert.deepEqual(own.filter(catalogue), their.filter(catalogue), part);
    }
  });

  it("archives every segment, the .backup files, and nothing under another name", () => {
    const wal = [...ours.keys()].filter((name) => name.startsWith("wal_005/"));
    assert(wal.length > 6);
    for (const name of wal) assert.match(name, /^wal_005\/[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?\.lz4$/);
    assert.equal(wal.filter((name) => name.includes(".backup")).length, 3);
  });

  it("stores only the changed pages in a delta", () => {
    const size = (backup = ""): number => ours.get(`${folder}/${backup}/tar_partitions/part_001.tar.lz4`)?.length ?? 0;
    assert(size(names[1]) * 10 < size(names[0]), `${size(names[1])} to ${size(names[0])} bytes`);
  });

  it("wal-verify compares the archive with the running database, and exits with 0 even when a segment is lost", async () => {
    // The end is left out: an idle database still writes a little WAL.
    const verify = async (): Promise<unknown> => {
      const psql = { PGHOST: postgres.directory, PGUSER: "postgres", WALG_UPLOAD_CONCURRENCY: "1" };
      const parameters = ["wal-verify", "integrity", "timeline", "--json"];
      const { exitCode, stdout, stderr } = await runWalg({ ...environment, ...psql }, parameters);
      assert.equal(exitCode, 0, stderr);
      const { integrity, timeline } = verificationSchema.parse(JSON.parse(stdout));
      const runs = integrity.details.map(({ start_segment, status }) => `${status} from ${start_segment}`);
      return [integrity.status, ...runs, timeline.status];
    };
    const first = (names[0] ?? "").slice("base_".length);
    assert.deepEqual(await verify(), ["OK", `FOUND from ${first}`, "OK"]);
    const second = segmentAfter(first);
    const lost = [second, segmentAfter(second)];
    for (const name of lost) await removeObject(aws, `${ownPrefix}/wal_005/${name}.lz4`);
    assert.deepEqual(await verify(), [
      "FAILURE",
      `FOUND from ${first}`,
      `MISSING_LOST from ${second}`,
      `FOUND from ${segmentAfter(lost[1] ?? "")}`,
      "OK",
    ]);
    for (const name of lost)
      await putObject(aws, `${ownPrefix}/wal_005/${name}.lz4`, ours.get(`wal_005/${name}.lz4`) ?? Buffer.alloc(0));
  });

  it("PostgreSQL 12 recovers the delta of a delta, and finds every row", async () => {
    const restored = await Postgres12.prepare();
    try {
      const { exitCode, stderr } = await runWalg(environment, ["backup-fetch", restored.data, names[2] ?? ""]);
      assert.equal(exitCode, 0, stderr);
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      await restored.recover(["env", ...variables, restored.walg, "wal-fetch", "%f", "%p"].join(" "));
      const events = "SELECT string_agg(what, ' ' ORDER BY id) FROM events";
      assert.equal(await restored.query(events), "before-full before-delta before-delta-of-delta last-in-wal");
      const sum = "SELECT md5(string_agg(repeat, '' ORDER BY n)) FROM wide";
      assert.equal(await restored.query(sum), await postgres.query(sum));
      assert.equal(await restored.query("SELECT system_identifier FROM pg_control_system()"), identifier);
    } finally {
      await restored.stop();
    }
  });
});
