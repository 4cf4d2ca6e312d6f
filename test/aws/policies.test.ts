import assert from "node:assert/strict";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { backupReaderPolicy, backupWriterPolicy, type PolicyDocument } from "../../domain/backups/iam.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";

const bucket = "harbor-backups";
const region = "eu-west-2";
const scope = "postgresql-harbor-cluster-harbor-cluster";
const source = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const object = (folder: string): string => `spilo/${folder}/wal/12/wal_005/000000010000000000000001.lz4`;
const own = object(`${scope}/11e85b8a-3f92-4c86-8d42-5056348c1e7e`);
const lost = object(`${scope}/${source}`);
const neighbour = object(`${scope}-2/11e85b8a-3f92-4c86-8d42-5056348c1e7e`);
const another = object("another");

/**
 * moto enforces the actions and resources of a user's policy on S3, but no conditions. So listing, which has one, is not
 * tried here.
 */
describe("the IAM policies for backups, enforced", function () {
  this.timeout("1m");
  let aws: TestAws;
  /** The emulator alone, because versitygw knows no IAM policies. */
  let settings: ReturnType<typeof clientSettings>;
  let owner: S3Client;

  before("a bucket with objects", async function () {
    this.timeout("10m");
    aws = await startTestAws();
    settings = clientSettings(aws.environment, "other");
    owner = new S3Client(settings);
    await owner.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  beforeEach(async () => {
    await enforcePolicies(false);
    for (const Key of [own, lost, neighbour, another])
      await owner.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "as before" }));
  });
  after(() => aws.stop());

  async function enforcePolicies(on: boolean): Promise<void> {
    const { ok } = await fetch(`${settings.endpoint}/moto-api/reset-auth`, { method: "POST", body: on ? "0" : "inf" });
    assert(ok);
  }

  /** S3 as a user who has this policy and no other. */
  async function holderOf(name: string, document: PolicyDocument): Promise<S3Client> {
    const iam = new IAMClient(settings);
    await iam.send(new CreateUserCommand({ UserName: name }));
    const policy = { UserName: name, PolicyName: "backups", PolicyDocument: JSON.stringify(document) };
    await iam.send(new PutUserPolicyCommand(policy));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? "",
      secretAccessKey: AccessKey?.SecretAccessKey ?? "",
    };
    await enforcePolicies(true);
    return new S3Client({ ...settings, credentials });
  }

  async function allowed(s3: S3Client, key: string): Promise<string[]> {
    const place = { Bucket: bucket, Key: key };
    const requests = {
      read: () => s3.send(new GetObjectCommand(place)),
      write: () => s3.send(new PutObjectCommand({ ...place, Body: "new" })),
      delete: () => s3.send(new DeleteObjectCommand(place)),
    };
    const permitted: string[] = [];
    for (const [name, request] of Object.entries(requests)) {
      const error: unknown = await request().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (error === undefined) permitted.push(name);
      else
        assert(error instanceof Error && `${error.name} ${error.message}`.includes("AccessDenied"), `${name} ${key}`);
    }
    return permitted;
  }

  it("let the writer read, write and delete below its scope, and only read the restore's source", async () => {
    const writer = await holderOf("writer", backupWriterPolicy({ bucket, region, scope, readOnlyUids: [source] }));
    assert.deepEqual(await allowed(writer, own), ["read", "write", "delete"]);
    assert.deepEqual(await allowed(writer, lost), ["read"]);
    assert.deepEqual(await allowed(writer, neighbour), []);
    assert.deepEqual(await allowed(writer, another), []);
  });

  it("let the reader read below its scope, and nothing else", async () => {
    const reader = await holderOf("reader", backupReaderPolicy({ bucket, region, scope }));
    assert.deepEqual(await allowed(reader, own), ["read"]);
    assert.deepEqual(await allowed(reader, lost), ["read"]);
    assert.deepEqual(await allowed(reader, neighbour), []);
    assert.deepEqual(await allowed(reader, another), []);
  });

  it("limit a reader with a UID to that database", async () => {
    const reader = await holderOf("reader-of-one", backupReaderPolicy({ bucket, region, scope, uid: source }));
    assert.deepEqual(await allowed(reader, lost), ["read"]);
    assert.deepEqual(await allowed(reader, own), []);
  });
});
