import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { S3Error, type S3Code } from "../../clients/aws/s3-error.ts";
import { connectS3, type S3Access } from "../../clients/aws/s3.ts";
import { segmentName } from "../../domain/walg/segment-name.ts";
import { WalgListingReader } from "../../domain/walg/storage.ts";
import { suggestRestores } from "../../operations/restore/suggest.ts";
import { listWal } from "../../operations/backups/listing.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { backupObjects, walgPrefix } from "../support/walg.ts";
import { faultTest } from "../support/fault-test.ts";

const bucket = "harbor-database-backups";
const location = { bucket, prefix: walgPrefix };
const never = new AbortController().signal;
const segments = 2300;
/** Backups of four databases, in every form of the path. */
const places = [
  walgPrefix,
  walgPrefix.replace("99e85b8a", "11e85b8a").replace("/12", ""),
  "spilo/harbor-cluster-postgresql-harbor-cluster-harbor-cluster/wal/12",
  "spilo/unfinished/wal/13",
];

describe("reading backups from S3", function () {
  this.timeout("2m");
  let aws: TestAws;
  let access: S3Access;

  before("a bucket with backups, and with more WAL than one page of a listing holds", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    const { credentials, endpoint, region } = clientSettings(aws.environment, "s3");
    access = { endpoint, region, keys: credentials };
    const client = new S3Client(clientSettings(aws.environment, "s3"));
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    const atOnce = pLimit(16);
    const put = (Key: string, Body: string) =>
      atOnce(() => client.send(new PutObjectCommand({ Bucket: bucket, Key, Body })));
    const finished = places.slice(0, 3).flatMap((prefix) => backupObjects(3, 0, { prefix }));
    const unfinished = backupObjects(3, 0, { prefix: places[3] ?? "" }).filter(
      ({ key }) => !key.endsWith("sentinel.json"),
    );
    await Promise.all([
      ...[...finished, ...unfinished].map(({ key }) => put(key, `{"PgVersion":120022}`)),
      ...Array.from({ length: segments }, (_, index) => put(`${walgPrefix}/wal_005/${segmentName(1, index)}.lz4`, "w")),
      put("another/folder/object", "text of it"),
    ]);
    client.destroy();
  });

  after(() => aws.stop());

  faultTest(32, "lists every key of a prefix once, in order, page by page: 2,300 keys", async () => {
    const [keys, pages]: [string[], number[]] = [[], []];
    await connectS3(access).list({ bucket, prefix: `${walgPrefix}/wal_005/` }, never, (page) => {
      keys.push(...page.map(({ key }) => key));
      pages.push(page.length);
      return undefined;
    });
    assert.deepEqual(
      keys,
      Array.from({ length: segments }, (_, index) => `${walgPrefix}/wal_005/${segmentName(1, index)}.lz4`),
    );
    assert.deepEqual(pages, [1000, 1000, 300]);
  });

  faultTest(32, "does not take backups behind delete markers for backups", async () => {
    const Bucket = "deleted-backups";
    const client = new S3Client(clientSettings(aws.environment, "s3"));
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    const [kept, deleted] = [backupObjects(3, 0), backupObjects(9, 0)];
    for (const { key } of [...kept, ...deleted])
      await client.send(new PutObjectCommand({ Bucket, Key: key, Body: `{"PgVersion":120022}` }));
    for (const { key } of deleted) await client.send(new DeleteObjectCommand({ Bucket, Key: key }));
    const { DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    client.destroy();
    assert.equal(DeleteMarkers.length, deleted.length);
    const reader = new WalgListingReader(walgPrefix);
    await connectS3(access).list({ bucket: Bucket, prefix: `${walgPrefix}/` }, never, (page) => {
      for (const object of page) reader.add(object);
      return undefined;
    });
    assert.deepEqual(
      reader.listing.backups.map(({ name }) => name),
      ["base_000000010000000000000003"],
    );
  });

  it("lists only the keys after one key, up to and including another", async () => {
    const keys: string[] = [];
    const key = (segment: number): string => `${walgPrefix}/wal_005/${segmentName(1, segment)}.lz4`;
    const take = (page: readonly { key: string }[]): undefined => void keys.push(...page.map((object) => object.key));
    await connectS3(access).list(
      { bucket, prefix: `${walgPrefix}/wal_005/`, after: key(100), through: key(1500) },
      never,
      take,
    );
    assert.deepEqual([keys[0], keys.at(-1), keys.length], [key(101), key(1500), 1400]);
  });

  faultTest(32, "lists no object behind a delete marker, and no older version of another", async () => {
    const s3 = new S3Client(clientSettings(aws.environment, "s3"));
    const Bucket = "versioned-backups";
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    for (const [Key, Body] of [
      ["spilo/deleted", "old"],
      ["spilo/rewritten", "old"],
      ["spilo/rewritten", "the newer text"],
    ] as const)
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    const { DeleteMarker } = await s3.send(new DeleteObjectCommand({ Bucket, Key: "spilo/deleted" }));
    assert.equal(DeleteMarker, true);
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.deepEqual([Versions.length, DeleteMarkers.length], [3, 1]);
    s3.destroy();

    const client = connectS3(access);
    const found: (string | number)[] = [];
    await client.list({ bucket: Bucket, prefix: "spilo/" }, never, (page) => {
      found.push(...page.flatMap(({ key, size }) => [key, size]));
      return undefined;
    });
    assert.deepEqual(found, ["spilo/rewritten", 14]);
    assert.deepEqual((await client.level({ bucket: Bucket, prefix: "spilo" }, never)).objects.length, 1);
    await assert.rejects(client.text({ bucket: Bucket, key: "spilo/deleted" }, never), { code: "s3-object-gone" });
  });

  it("stops listing once it knows enough", async () => {
    let pages = 0;
    await connectS3(access).list({ bucket, prefix: "spilo/" }, never, () => {
      pages += 1;
      return "enough";
    });
    assert.equal(pages, 1);
  });

  it("finds all WAL from a given segment on, with parallel listings", async () => {
    const reader = new WalgListingReader(walgPrefix);
    await listWal(connectS3(access), location, { timeline: 1, segment: 7 }, reader, never);
    assert.deepEqual(
      reader.listing.wal.get(1)?.map(({ first, last }) => [first, last]),
      [[7, segments - 1]],
    );
  });

  it("lists one level and reads a small object", async () => {
    const s3 = connectS3(access);
    assert.deepEqual((await s3.level({ bucket, prefix: "another" }, never)).folders, ["folder"]);
    const { folders, objects } = await s3.level({ bucket, prefix: "another/folder" }, never);
    assert.deepEqual([folders, objects.map(({ key, size }) => [key, size])], [[], [["another/folder/object", 10]]]);
    assert.equal(await s3.text({ bucket, key: "another/folder/object" }, never), "text of it");
  });

  it("suggests every place that holds backups, written as a stack setting", async () => {
    const { places: found } = await suggestRestores(connectS3(access), bucket, never);
    assert.deepEqual(
      found
        .map(({ scope, uid, postgresVersion, versionInPath, backups }) => [
          scope,
          uid,
          postgresVersion,
          versionInPath,
          backups,
        ])
        .sort(),
      [
        ["harbor-cluster-postgresql-harbor-cluster-harbor-cluster", null, 12, true, 1],
        ["postgresql-harbor-cluster-harbor-cluster", "11e85b8a-3f92-4c86-8d42-5056348c1e7e", null, false, 1],
        ["postgresql-harbor-cluster-harbor-cluster", "99e85b8a-3f92-4c86-8d42-5056348c1e7e", 12, true, 1],
        ["unfinished", null, 13, true, 0],
      ],
    );
    assert.equal(found.at(-1)?.newest, null);
  });

  async function problemOf(wrong: Partial<S3Access>, otherBucket = bucket): Promise<[S3Code, string]> {
    try {
      await connectS3({ ...access, ...wrong }).level({ bucket: otherBucket, prefix: "spilo" }, never);
    } catch (error) {
      assert(error instanceof S3Error, String(error));
      assert(
        !JSON.stringify([error.message, error.next]).includes(access.keys?.secretAccessKey ?? "-"),
        "a key is in the error",
      );
      return [error.code, error.message];
    }
    throw new Error("nothing was wrong");
  }

  const keys = (): NonNullable<S3Access["keys"]> => access.keys ?? { accessKeyId: "", secretAccessKey: "" };

  faultTest(23, "names a bucket that does not exist", async () => {
    assert.equal((await problemOf({}, "no-such-bucket-here"))[0], "s3-bucket-missing");
  });

  faultTest(23, "tells a wrong secret access key from an unknown access key ID", async () => {
    assert.equal(
      (await problemOf({ keys: { ...keys(), secretAccessKey: "canary-wrong" } }))[0],
      "aws-credentials-rejected",
    );
    assert.equal((await problemOf({ keys: { ...keys(), accessKeyId: "UNKNOWN" } }))[0], "aws-credentials-rejected");
  });

  faultTest(23, "names a region that is not the bucket's", async () => {
    const [code, message] = await problemOf({ region: "us-east-1" });
    assert.equal(code, "s3-region-wrong");
    assert.match(message, /eu-west-2/);
  });

  faultTest(23, "says when nothing, or something other than S3, answers at the endpoint", async () => {
    assert.equal((await problemOf({ endpoint: "http://127.0.0.1:9" }))[0], "s3-unreachable");
    const server = createServer((_request, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>login</html>"),
    ).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    assert.equal((await problemOf({ endpoint: `http://127.0.0.1:${port}` }))[0], "s3-answer-unreadable");
    server.close();
  });

  faultTest(23, "reports a refused listing in whatever form S3 refuses it", async () => {
    const answers = [`<Error><Code>AccessDenied</Code><Message>no</Message></Error>`, ""];
    for (const body of answers) {
      const server = createServer((_request, response) =>
        response.writeHead(403, { "content-type": "application/xml" }).end(body),
      ).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      assert.equal((await problemOf({ endpoint: `http://127.0.0.1:${port}` }))[0], "s3-forbidden");
      server.close();
    }
  });

  it("rejects with the abort signal's reason", async () => {
    await assert.rejects(
      connectS3(access).level({ bucket, prefix: "spilo" }, AbortSignal.abort(new Error("stopped"))),
      /stopped/,
    );
  });
});
