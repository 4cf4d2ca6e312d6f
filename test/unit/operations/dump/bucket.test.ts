import assert from "node:assert/strict";
import { duration } from "../../../../domain/duration.ts";
import { isAws, publicAccessRemark, type DumpBucket } from "../../../../domain/dump/bucket.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { dumpDatabases } from "../../../../operations/dump/dump.ts";
import { FakeSurroundings } from "../../../support/fake-cluster.ts";
import { faultTest } from "../../../support/fault-test.ts";
import { generatedSql, streamingCluster } from "../../../support/streamed-dump.ts";
import { StubS3 } from "../../../support/stub-s3.ts";

const account = "123456789012";
const options = {
  cluster: { namespace: "calendar", name: "calendar-db" },
  uid: "1",
  pod: "calendar-db-0",
  timeLimit: duration("1m"),
};
const allBlocks = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
const blocks = (off?: string): string => {
  const settings = allBlocks.map((name) => `<${name}>${name !== off}</${name}>`).join("");
  return `<PublicAccessBlockConfiguration>${settings}</PublicAccessBlockConfiguration>`;
};
const policy = (isPublic: boolean): string => `<PolicyStatus><IsPublic>${isPublic}</IsPublic></PolicyStatus>`;
const denied = [403, "<Error><Code>AccessDenied</Code></Error>"] as const;

describe("a dump into S3", () => {
  let s3: StubS3;
  let surroundings: FakeSurroundings;

  beforeEach(async () => {
    s3 = await StubS3.start();
    s3.settings.set("publicAccessBlock", [200, blocks()]).set("policyStatus", [200, policy(false)]);
    surroundings = new FakeSurroundings();
  });
  afterEach(() => {
    s3.stop();
  });

  const dump = (bucket: DumpBucket, directory = "s3://dumps-of-dev/dev") => {
    const cluster = streamingCluster({ frames: generatedSql(1000) });
    return dumpDatabases(cluster, { ...options, directory, bucket }, surroundings);
  };
  async function refused(bucket: DumpBucket): Promise<RecoveryError> {
    const error = await dump(bucket).catch((thrown: unknown) => thrown);
    assert(error instanceof RecoveryError, String(error));
    assert.equal(s3.received.filter(({ what }) => what.startsWith("PUT")).length, 0, "content was sent");
    return error;
  }

  faultTest(70, "names the account that must own the bucket in every request", async () => {
    await dump({ owner: account, endpointUrl: s3.awsEndpointUrl });
    const methods = s3.received.map(({ what }) => what.split(" ")[0]);
    assert.deepEqual(methods.sort(), ["GET", "GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT"]);
    assert.deepEqual(new Set(s3.headers("x-amz-expected-bucket-owner")), new Set([account]));
  });

  faultTest(70, "takes the account of the credentials where they name it", async () => {
    process.env["AWS_ACCOUNT_ID"] = "210987654321";
    await dump({ endpointUrl: s3.awsEndpointUrl });
    assert.deepEqual(new Set(s3.headers("x-amz-expected-bucket-owner")), new Set(["210987654321"]));
  });

  faultTest(70, "sends nothing to AWS when it is not known whose the bucket must be", async () => {
    const error = await refused({ endpointUrl: s3.awsEndpointUrl });
    assert.deepEqual([error.code, error.kind], ["s3-owner-unknown", "usage"]);
    assert.match(error.next ?? "", /--bucket-owner.*stanza\.dumpBucket\.owner/);
    assert.deepEqual(s3.received, []);
  });

  faultTest(70, "says that the owner may be another one when S3 denies access", async () => {
    s3.settings.set("uploads", denied);
    const error = await refused({ owner: account, endpointUrl: s3.awsEndpointUrl });
    assert.equal(error.code, "s3-forbidden");
    assert.match(error.next ?? "", /^check that account 123456789012 owns the bucket; the credentials need/);
  });

  faultTest(69, "says that AWS_ENDPOINT_URL is not used, and only where it matters", async () => {
    process.env["AWS_ENDPOINT_URL"] = s3.endpointUrl;
    await dump({ endpointUrl: s3.endpointUrl });
    assert.deepEqual(
      surroundings.lines.filter((line) => line.includes("AWS_ENDPOINT_URL")),
      [],
    );
    await assert.rejects(dump({}), { code: "s3-owner-unknown" });
    assert.deepEqual(
      surroundings.lines.filter((line) => line.includes("AWS_ENDPOINT_URL")),
      ["AWS_ENDPOINT_URL is not used, and AWS itself is asked; --endpoint-url names another address"],
    );
  });

  it("needs no account with another store, which has none", async () => {
    await dump({ endpointUrl: s3.endpointUrl });
    assert.deepEqual(new Set(s3.headers("x-amz-expected-bucket-owner")), new Set([undefined]));
  });

  faultTest(71, "is refused, and the upload aborted, when AWS does not say that it encrypts", async () => {
    s3.encryption = undefined;
    const error = await refused({ owner: account, endpointUrl: s3.awsEndpointUrl });
    assert.equal(error.code, "s3-not-encrypted");
    assert(s3.received.some(({ what }) => what === "DELETE ?uploadId=u"));
  });

  faultTest(71, "asks for the KMS key, and is refused when the store uses another encryption", async () => {
    const kmsKey = "alias/dumps";
    const error = await refused({ endpointUrl: s3.endpointUrl, kmsKey });
    assert.equal(error.code, "s3-not-encrypted");
    s3.encryption = "aws:kms";
    await dump({ endpointUrl: s3.endpointUrl, kmsKey });
    const begun = s3.received.filter(({ what }) => what.startsWith("POST ?uploads"));
    assert.deepEqual(
      begun.map(({ headers }) => [
        headers["x-amz-server-side-encryption"],
        headers["x-amz-server-side-encryption-aws-kms-key-id"],
      ]),
      [
        ["aws:kms", kmsKey],
        ["aws:kms", kmsKey],
      ],
    );
  });

  faultTest(71, "notes that another store does not confirm encryption", async () => {
    s3.encryption = undefined;
    await dump({ endpointUrl: s3.endpointUrl });
    assert(surroundings.lines.includes("bucket dumps-of-dev: the store does not confirm that it encrypts the dump"));
  });

  faultTest(71, "is refused before anything is read from the database when everybody may read the bucket", async () => {
    s3.settings.set("publicAccessBlock", [404, "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>"]);
    s3.settings.set("policyStatus", [200, policy(true)]);
    assert.equal((await refused({ owner: account, endpointUrl: s3.awsEndpointUrl })).code, "s3-bucket-public");
    assert.deepEqual(surroundings.lines, []);
  });

  for (const block of allBlocks) {
    faultTest(71, `is refused for a public policy when the block ${block} is off`, async () => {
      s3.settings.set("publicAccessBlock", [200, blocks(block)]).set("policyStatus", [200, policy(true)]);
      assert.equal((await refused({ owner: account, endpointUrl: s3.awsEndpointUrl })).code, "s3-bucket-public");
    });
  }

  faultTest(71, "notes that it is not known whether the bucket is public", async () => {
    s3.settings.set("publicAccessBlock", denied).set("policyStatus", denied);
    await dump({ owner: account, endpointUrl: s3.awsEndpointUrl });
    assert.match(surroundings.lines[0] ?? "", /^bucket dumps-of-dev: it is not known whether public access is blocked/);
  });

  faultTest(71, "takes no settings of a bucket for a folder", async () => {
    await assert.rejects(dump({ kmsKey: "alias/dumps" }, "/nowhere"), { code: "dump-place-invalid" });
  });

  it("knows AWS also behind a VPC endpoint and in China, and no name that only looks like it", () => {
    assert.deepEqual(
      [undefined, "https://s3.cn-north-1.amazonaws.com.cn", "https://vpce-1.s3.eu-west-2.vpce.amazonaws.com"].map(
        isAws,
      ),
      [true, true, true],
    );
    assert.deepEqual(["https://minio:9000", "https://amazonaws.com.example.org"].map(isAws), [false, false]);
  });

  faultTest(71, "judges public access by the bucket's blocks first, then by its policy", () => {
    const kind = (isBlocked: boolean | undefined, isPublic: boolean | undefined) =>
      publicAccessRemark({ isBlocked, isPublic })?.kind;
    assert.deepEqual([kind(true, true), kind(true, undefined)], [undefined, undefined]);
    assert.deepEqual([kind(false, true), kind(undefined, true)], ["refuse", "refuse"]);
    assert.deepEqual(
      [kind(false, false), kind(undefined, false), kind(undefined, undefined)],
      ["note", "note", "note"],
    );
  });
});
