import assert from "node:assert/strict";
import { duration } from "../../domain/duration.ts";
import { createHash } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { S3Error } from "../../clients/aws/s3-error.ts";
import { dumpTrailer } from "../../domain/dump/dump.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { dumpDatabases } from "../../operations/dump/dump.ts";
import { FakeCluster, FakeSurroundings } from "../support/fake-cluster.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { S3Proxy } from "../support/s3-proxy.ts";
import { generatedSql, streamingCluster, type StreamedDump } from "../support/streamed-dump.ts";
import type { DumpReport } from "../../domain/dump/report.ts";
import { faultSuite, faultTest } from "../support/fault-test.ts";

const bucket = "dumps-of-dev";
const options = {
  cluster: { namespace: "calendar", name: "calendar-db" },
  uid: "1",
  pod: "calendar-db-0",
  timeLimit: duration("1m"),
};
const key = "cluster/a/test.calendar.calendar-db.20261121T010000Z.sql.zst";
const sqlBytes = 30e6;
const frames = (): Iterable<Buffer> => generatedSql(sqlBytes);

describe("dumps in S3", function () {
  this.timeout("1m");
  let aws: TestAws;
  let s3: S3Client;
  let proxy: S3Proxy;
  const environment = { ...process.env };

  before("a bucket", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    s3 = new S3Client(clientSettings(aws.environment, "s3"));
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  beforeEach(async () => {
    proxy = await S3Proxy.start(aws.environment["AWS_ENDPOINT_URL_S3"] ?? "");
    process.env = {
      ...environment,
      ...aws.environment,
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    };
  });
  afterEach(() => {
    proxy.stop();
    process.env = { ...environment };
  });
  after(async () => {
    s3.destroy();
    await aws.stop();
  });

  const dumped = (dump: StreamedDump, directory: string, surroundings = new FakeSurroundings()): Promise<DumpReport> =>
    dumpDatabases(
      streamingCluster(dump),
      { ...options, directory, bucket: { endpointUrl: proxy.endpoint } },
      surroundings,
    );
  const objects = async (prefix: string): Promise<(string | undefined)[]> =>
    ((await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))).Contents ?? []).map(
      ({ Key }) => Key,
    );
  const unfinished = async () => (await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];

  /** The dump fails, an error from S3 names the bucket, and nothing stays in the bucket. */
  async function failsWithout(
    dump: StreamedDump,
    message: RegExp,
    surroundings = new FakeSurroundings(),
  ): Promise<RecoveryError> {
    const error = await dumped(dump, `s3://${bucket}/failed`, surroundings).catch((thrown: unknown) => thrown);
    assert(error instanceof RecoveryError, String(error));
    assert.match(error.message, message);
    const secret = aws.environment["AWS_SECRET_ACCESS_KEY"] ?? "-";
    assert(!JSON.stringify([error.message, error.next, surroundings.lines]).includes(secret), "a key is in the error");
    assert.deepEqual(await objects("failed"), []);
    assert.deepEqual(await unfinished(), []);
    return error;
  }

  it("arrive complete, in several parts", async () => {
    const report = await dumped({ frames: frames() }, `s3://${bucket}/cluster/a/`);
    assert.equal(report.file, `s3://${bucket}/${key}`);
    const { Body, ContentType, ContentLength, ETag } = await s3.send(
      new GetObjectCommand({ Bucket: bucket, Key: key }),
    );
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    assert.deepEqual([ContentType, ContentLength], ["application/zstd", report.size]);
    assert.match(ETag ?? "", /-5"?$/, "the parts that S3 counts");
    assert.equal(createHash("sha256").update(bytes).digest("hex"), report.sha256);
    const sql = zstdDecompressSync(bytes);
    assert.equal(sql.length, report.uncompressedSize);
    assert(sql.equals(Buffer.concat([...frames()])), "the SQL is another");
    assert(sql.toString("latin1").endsWith(dumpTrailer));
    assert.deepEqual(await unfinished(), []);
  });

  it("are verified and used again while they are fresh, and not after one byte has changed", async () => {
    const directory = `s3://${bucket}/again`;
    const dump = async () => {
      const cluster = streamingCluster({ frames: generatedSql(1000) });
      return dumpDatabases(
        cluster,
        { ...options, directory, bucket: { endpointUrl: proxy.endpoint }, maxAge: duration("1h") },
        new FakeSurroundings(Date.parse("2026-11-21T02:00:00Z") + (await objects("again")).length * 1000),
      ).then((report) => ({ report, dumped: cluster.ran("pg_dumpall").length }));
    };
    const first = await dump();
    const second = await dump();
    assert.deepEqual([first.dumped, second.dumped], [1, 0]);
    assert.deepEqual(second.report, { ...first.report, reused: true });

    const [Key = ""] = await objects("again");
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes }));
    const third = await dump();
    assert.deepEqual([third.dumped, third.report.reused], [1, undefined]);
  });

  faultTest(55, "abort what killed dumps of the same cluster have left, once it is older than a day", async () => {
    const left = ["calendar.calendar-db", "calendar.scheduler-db"].map(
      (name) => `left/test.${name}.20261120T010000Z.sql.zst`,
    );
    for (const Key of left) await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key }));
    try {
      const dump = (surroundings: FakeSurroundings) =>
        dumped({ frames: generatedSql(1000) }, `s3://${bucket}/left`, surroundings);
      await dump(new FakeSurroundings(Date.now()));
      assert.deepEqual((await unfinished()).map(({ Key }) => Key).sort(), left, "they may still be running");
      const tomorrow = new FakeSurroundings(Date.now() + 25 * 3_600_000);
      await dump(tomorrow);
      assert.deepEqual(
        (await unfinished()).map(({ Key }) => Key),
        left.slice(1),
        "another cluster's is left alone",
      );
      assert.match(tomorrow.lines.join("\n"), /aborted an unfinished upload of .*calendar-db/);
    } finally {
      for (const { Key, UploadId } of await unfinished())
        await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
  });

  it("stay invisible until they are proven complete", async () => {
    let seen: unknown;
    await dumped(
      {
        frames: frames(),
        at: { bytes: sqlBytes, happens: async () => (seen = [await objects("hidden"), (await unfinished()).length]) },
      },
      `s3://${bucket}/hidden`,
    );
    assert.deepEqual(seen, [[], 1]);
    assert.equal((await objects("hidden")).length, 1);
  });

  it("may be small and lie at the top level of the bucket", async () => {
    const { file } = await dumped({ frames: generatedSql(0) }, `s3://${bucket}`);
    assert.deepEqual(await objects("test."), [file.replace(`s3://${bucket}/`, "")]);
  });

  faultTest(13, "succeeds if only the answer to the last request is lost, because the object exists", async () => {
    proxy.interfere = (method, query) => (method === "POST" && query.has("uploadId") ? "lose the answer" : undefined);
    const { size } = await dumped({ frames: frames() }, `s3://${bucket}/lost-answer`);
    const [only] = await objects("lost-answer");
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: only }))).ContentLength, size);
    assert.deepEqual(await unfinished(), []);
  });

  faultTest(13, "leaves no object and no parts when the dump ends halfway", async () => {
    await failsWithout({ frames: [...frames()].slice(0, -200) }, /trailer is missing/);
  });

  faultTest(13, "leaves no object and no parts when the connection to pg_dumpall breaks halfway", async () => {
    await failsWithout(
      { frames: frames(), result: { end: "broken", message: "the connection closed" } },
      /the connection closed/,
    );
  });

  faultTest(
    13,
    "names the bucket and leaves no object and no parts when S3 drops every connection halfway",
    async () => {
      proxy.interfere = (method, query) =>
        method === "PUT" && Number(query.get("partNumber")) >= 3 ? "cut" : undefined;
      const error = await failsWithout({ frames: frames() }, /bucket dumps-of-dev .*no answer.*write part 3/);
      assert.equal(error.kind, "undetermined");
    },
  );

  faultTest(
    13,
    "names the bucket and the permissions and leaves no object and no parts when S3 denies a part",
    async () => {
      proxy.interfere = (method, query) =>
        method === "PUT" && Number(query.get("partNumber")) === 2 ? "deny" : undefined;
      const error = await failsWithout({ frames: frames() }, /bucket dumps-of-dev .*access is denied.*write part 2/);
      assert.match(error.next ?? "", /s3:PutObject.*docs\/dump\.md/);
    },
  );

  faultTest(13, "says that parts may be left when S3 goes away halfway and does not return", async () => {
    const surroundings = new FakeSurroundings();
    const dump = {
      frames: frames(),
      at: {
        bytes: 15e6,
        happens: () => {
          proxy.stop();
        },
      },
    };
    await assert.rejects(dumped(dump, `s3://${bucket}/gone`, surroundings), /bucket dumps-of-dev .*no answer/);
    assert.match(surroundings.lines.at(-1) ?? "", /parts of an unfinished upload may be left: bucket dumps-of-dev/);
    assert.deepEqual(await objects("gone"), []);
    for (const { Key, UploadId } of await unfinished())
      await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
  });

  faultTest(13, "leaves no object and no parts when stopped halfway", async () => {
    const surroundings = new FakeSurroundings();
    const stop = (): void => {
      surroundings.stop(new RecoveryError("interrupted", "interrupted"));
    };
    const error = await failsWithout(
      { frames: frames(), at: { bytes: 20e6, happens: stop } },
      /^interrupted$/,
      surroundings,
    );
    assert.equal(error.kind, "interrupted");
  });

  faultTest(13, "leaves no object and no parts when stopped while a part is being sent", async () => {
    const surroundings = new FakeSurroundings();
    proxy.interfere = (_method, query) => {
      if (query.get("partNumber") === "3") surroundings.stop(new RecoveryError("interrupted", "interrupted"));
      return undefined;
    };
    await failsWithout({ frames: frames() }, /^interrupted$/, surroundings);
  });

  faultTest(13, "takes another name if an object with that name exists", async () => {
    const taken = key.replace("cluster/a", "taken");
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: taken, Body: "earlier" }));
    const { file } = await dumped({ frames: generatedSql(0) }, `s3://${bucket}/taken`);
    assert.match(file, /T010001Z/);
    assert.equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: taken }))).ContentLength, 7);
    assert.deepEqual(await unfinished(), []);
  });

  faultTest(
    13,
    "fails and leaves the other object as it is if one with that name appears during the dump",
    async () => {
      const taken = key.replace("cluster/a", "overtaken");
      const happens = () => s3.send(new PutObjectCommand({ Bucket: bucket, Key: taken, Body: "earlier" }));
      await assert.rejects(
        dumped({ frames: frames(), at: { bytes: 20e6, happens } }, `s3://${bucket}/overtaken`),
        /an object of that name exists; it was not changed/,
      );
      assert.equal((await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: taken }))).ContentLength, 7);
      assert.deepEqual(await unfinished(), []);
    },
  );

  faultSuite(23, "fails before pg_dumpall starts:", () => {
    async function refused(directory: string, message: RegExp): Promise<RecoveryError> {
      const cluster = new FakeCluster({});
      const place = { directory, bucket: { endpointUrl: proxy.endpoint } };
      const error = await dumpDatabases(cluster, { ...options, ...place }, new FakeSurroundings()).catch(
        (thrown: unknown) => thrown,
      );
      assert(error instanceof RecoveryError, String(error));
      assert.match(error.message, message);
      assert.deepEqual(cluster.ran("pg_dumpall"), []);
      assert.deepEqual(await unfinished(), []);
      return error;
    }

    it("the bucket does not exist", async () => {
      const error = await refused("s3://no-such-bucket-here/x", /bucket no-such-bucket-here .*there is no such bucket/);
      assert.equal(error.kind, "usage");
    });

    it("the region is missing", async () => {
      delete process.env["AWS_REGION"];
      const error = await refused(`s3://${bucket}`, /no AWS region is set/);
      assert.equal(error.kind, "usage");
    });

    it("the credentials are missing", async () => {
      delete process.env["AWS_ACCESS_KEY_ID"];
      const error = await refused(`s3://${bucket}`, /there are no AWS credentials/);
      assert(error instanceof S3Error);
    });

    it("the secret access key is wrong", async () => {
      process.env["AWS_SECRET_ACCESS_KEY"] = "canary-wrong";
      const error = await refused(`s3://${bucket}`, /the credentials are not accepted/);
      assert(!error.message.includes("canary"));
    });

    it("writing is not allowed", async () => {
      proxy.interfere = (method) => (method === "POST" ? "deny" : undefined);
      const error = await refused(`s3://${bucket}`, /access is denied/);
      assert.match(error.next ?? "", /s3:PutObject/);
    });

    it("checking whether the name is free is not allowed", async () => {
      proxy.interfere = (method) => (method === "HEAD" ? "deny" : undefined);
      const error = await refused(`s3://${bucket}`, /access is denied.*look for/);
      assert.match(error.next ?? "", /s3:ListBucket/);
    });
  });
});
