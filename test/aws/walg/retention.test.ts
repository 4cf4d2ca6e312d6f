import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { startTestAws, type TestAws } from "../../support/aws.ts";
import { createBucket, putObject, runWalg, storedObjects, walgEnvironment } from "../../support/walg-bucket.ts";

/**
 * A bucket that WAL-G 3.0.5 wrote on two timelines, with deltas, a permanent backup, and one that was killed: the names of
 * all objects, the content of the small ones, and what `wal-show` and `delete retain` made of it.
 */
const capture = z
  .object({
    objects: z.record(z.string(), z.string().nullable()),
    afterRetain2: z.array(z.string()),
    deletedByRetain1: z.array(z.string()),
    walShow: z.string(),
    walShowJson: z.string(),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "../../fixtures/walg/v3.0.5/two-timelines.json"), "utf8")));

function contentOf(text: string | null): Buffer {
  if (text === null) return Buffer.from("not kept in the capture");
  return text.startsWith("base64:") ? Buffer.from(text.slice("base64:".length), "base64") : Buffer.from(text);
}

const withoutTimes = (text: string): string => text.replaceAll(/"time":"[^"]*"/g, '"time":"…"');

describe("the WAL-G stand-in shows and deletes as WAL-G does", function () {
  this.timeout("2m");
  let aws: TestAws;

  /** Uploads the capture to a place of its own. Sentinels follow each other in their order, a second apart. */
  async function place(name: string): Promise<Record<string, string>> {
    const prefix = `spilo/${name}/uid/wal/12`;
    const isSentinel = (object: string): boolean => object.endsWith("_sentinel.json");
    const objects = Object.entries(capture.objects).map(([object, text]) => ({ object, content: contentOf(text) }));
    await Promise.all(
      objects
        .filter(({ object }) => !isSentinel(object))
        .map(({ object, content }) => putObject(aws, `${prefix}/${object}`, content)),
    );
    const order = (object: string): string => object.slice("basebackups_005/base_00000001".length);
    const sentinels = objects.filter(({ object }) => isSentinel(object));
    for (const { object, content } of sentinels.toSorted((one, other) =>
      order(one.object) < order(other.object) ? -1 : 1,
    ))
      await putObject(aws, `${prefix}/${object}`, content, { thenWait: true });
    return walgEnvironment(aws, prefix);
  }

  const names = async (name: string): Promise<string[]> =>
    [...(await storedObjects(aws, `spilo/${name}/uid/wal/12/`)).keys()].toSorted();

  before(async function () {
    this.timeout("10m");
    aws = await startTestAws();
    await createBucket(aws);
  });
  after(() => aws.stop());

  it("wal-show prints timelines, switch point and counts, as a table and as JSON", async () => {
    const environment = await place("show");
    const table = await runWalg(environment, ["wal-show"]);
    assert.equal(table.stdout, capture.walShow);
    const json = await runWalg(environment, ["wal-show", "--detailed-json"]);
    assert.equal(withoutTimes(json.stdout), withoutTimes(capture.walShowJson));
  });

  it("wal-show names a segment that is missing", async () => {
    const environment = await place("gap");
    const { stdout: before } = await runWalg(environment, ["wal-show"]);
    assert(!before.includes("LOST_SEGMENTS"));
    await putObject(aws, "spilo/gap/uid/wal/12/wal_005/00000002000000000000001F.lz4", Buffer.from("x"));
    const { stdout, exitCode } = await runWalg(environment, ["wal-show", "--detailed-json"]);
    assert.match(stdout, /"id":2,.*"missing_segments":\["00000002000000000000001E"\].*"status":"LOST_SEGMENTS"/);
    assert.equal(exitCode, 0);
  });

  it("delete retain FULL 2 keeps what WAL-G keeps: the permanent backup, a killed one, and history files", async () => {
    const environment = await place("retain");
    const dry = await runWalg(environment, ["delete", "retain", "FULL", "2"]);
    assert.match(dry.stderr, /Dry run, nothing were deleted$/m);
    assert.deepEqual(await names("retain"), Object.keys(capture.objects).toSorted());
    const { exitCode, stderr } = await runWalg(environment, ["delete", "retain", "FULL", "2", "--confirm"]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await names("retain"), capture.afterRetain2.toSorted());
  });

  it("delete retain FULL 1 deletes the WAL behind the permanent backup, as WAL-G does", async () => {
    const environment = await place("one");
    const { stderr } = await runWalg(environment, ["delete", "retain", "FULL", "1", "--confirm"]);
    const deleted = [...stderr.matchAll(/will be deleted: (?<name>\S+), from/g)].map(({ groups }) => groups?.["name"]);
    const known = deleted.filter((name) => name !== undefined && name in capture.objects);
    assert.deepEqual(known.toSorted(), capture.deletedByRetain1.filter((name) => name in capture.objects).toSorted());
  });

  it("delete before FIND_FULL keeps the full backup of a delta", async () => {
    const environment = await place("before");
    const delta = "base_000000010000000000000013_D_00000001000000000000000E";
    await runWalg(environment, ["delete", "before", "FIND_FULL", delta, "--confirm"]);
    const left = await names("before");
    assert(left.includes("basebackups_005/base_000000010000000000000008_backup_stop_sentinel.json"));
    assert(!left.some((name) => name.includes("base_000000010000000000000005")));
    const missing = await runWalg(environment, ["delete", "before", "FIND_FULL", "base_00", "--confirm"]);
    assert.equal(missing.exitCode, 1);
  });
});
