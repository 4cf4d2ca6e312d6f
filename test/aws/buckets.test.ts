import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetPolicyCommand, GetPolicyVersionCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { EngineProject } from "../support/engine.ts";
import { inOrder } from "../support/in-order.ts";

const importFile = z.looseObject({
  resources: z.array(z.looseObject({ type: z.string(), component: z.boolean().default(false) })),
});
const scope = "postgresql-harbor-cluster-harbor-cluster";
const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const kmsKey = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const program = (body: string): string => `
import { BackupReaders, BackupWriter } from "CHECKOUT/components/backups/access.ts";
import { ArtifactsBucket, DatabaseBackupsBucket } from "CHECKOUT/components/backups/buckets.ts";
const region = "eu-west-2";
${body}`;
const whole = `
new ArtifactsBucket("artifacts", { name: "harbor-artifacts", region, kmsKey: "${kmsKey}", protect: false });
new DatabaseBackupsBucket("backups", { name: "harbor-backups", region, objectLock: { mode: "governance", days: 14 }, noncurrentDays: 30, protect: false });
new DatabaseBackupsBucket("theirs", { name: "somebodys-backups", region, adopt: true });
new BackupWriter("writer", { writer: { bucket: "harbor-backups", region, scope: "${scope}", readOnlyUids: ["${uid}"] } });
new BackupReaders("readers", { own: { bucket: "harbor-backups", region, scope: "${scope}" } });`;

describe("backup buckets on the real Pulumi engine", function () {
  this.timeout("10m");
  inOrder();
  let aws: TestAws;
  let project: EngineProject;
  let s3: S3Client;

  before("AWS, the engine, and one up", async function () {
    this.timeout("20m");
    aws = await startTestAws();
    s3 = new S3Client(clientSettings(aws.environment, "s3"));
    await s3.send(new CreateBucketCommand({ Bucket: "somebodys-backups" }));
    project = await EngineProject.create(aws.environment);
    await project.write(program(whole));
    const { exitCode, stdout, stderr } = await project.up();
    assert.equal(exitCode, 0, stdout + stderr);
  });
  after(() => project.remove());
  after(() => aws.stop());

  for (const Bucket of ["harbor-artifacts", "harbor-backups"]) {
    it(`${Bucket} has versions, no public access, no ACLs and TLS only, according to S3`, async () => {
      assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, "Enabled");
      const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      const blocked = {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      };
      assert.deepEqual(PublicAccessBlockConfiguration, blocked);
      const { OwnershipControls } = await s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
      assert.deepEqual(OwnershipControls?.Rules, [{ ObjectOwnership: "BucketOwnerEnforced" }]);
      const { Policy = "" } = await s3.send(new GetBucketPolicyCommand({ Bucket }));
      const everything = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
      const deny = { Effect: "Deny", Principal: "*" };
      assert.deepEqual(JSON.parse(Policy), {
        Version: "2012-10-17",
        Statement: [
          {
            Sid: "DenyWithoutTls",
            ...deny,
            Action: "s3:*",
            Resource: everything,
            Condition: { Bool: { "aws:SecureTransport": "false" } },
          },
          {
            Sid: "DenyOldTls",
            ...deny,
            Action: "s3:*",
            Resource: everything,
            Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } },
          },
          {
            Sid: "DenyKeysOfTheUploader",
            ...deny,
            Action: "s3:PutObject",
            Resource: `arn:aws:s3:::${Bucket}/*`,
            Condition: { Null: { "s3:x-amz-server-side-encryption-customer-algorithm": "false" } },
          },
        ],
      });
    });

    it(`${Bucket} has no lifecycle rule that touches a current object`, async () => {
      const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      assert.deepEqual(
        Rules.map(({ ID }) => ID),
        ["expire-noncurrent-versions", "abort-unfinished-uploads"],
      );
      for (const rule of Rules) {
        // Not of a current object: only of markers that hide nothing any more.
        assert.deepEqual([rule.Expiration?.Days, rule.Expiration?.Date], [undefined, undefined]);
        assert.equal(rule.Transitions, undefined);
        assert.equal(rule.Status, "Enabled");
      }
      assert.equal(Rules[0]?.Expiration?.ExpiredObjectDeleteMarker, true);
      assert.equal(Rules[1]?.Expiration, undefined);
      assert.equal(Rules[0].NoncurrentVersionExpiration?.NoncurrentDays, Bucket === "harbor-backups" ? 30 : 90);
      assert.equal(Rules[1]?.AbortIncompleteMultipartUpload?.DaysAfterInitiation, 7);
    });
  }

  it("encrypts with the given key and a bucket key, or else with S3's own key", async () => {
    const rules = async (Bucket: string) =>
      (await s3.send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules ?? [];
    const [withKey] = await rules("harbor-artifacts");
    assert.deepEqual(withKey?.ApplyServerSideEncryptionByDefault, { SSEAlgorithm: "aws:kms", KMSMasterKeyID: kmsKey });
    assert.equal(withKey.BucketKeyEnabled, true);
    assert.equal((await rules("harbor-backups"))[0]?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm, "AES256");
  });

  it("with Object Lock, deleting only hides an object, and its version cannot be deleted", async () => {
    const Bucket = "harbor-backups";
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    assert.deepEqual(ObjectLockConfiguration?.Rule?.DefaultRetention, { Mode: "GOVERNANCE", Days: 14 });
    const Key = `spilo/${scope}/${uid}/wal/12/basebackups_005/base_x_backup_stop_sentinel.json`;
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "{}" }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await assert.rejects(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })), /lock/i);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
    assert.deepEqual(
      Versions.map((version) => version.VersionId),
      [VersionId],
    );
    assert.equal(
      await (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString(),
      "{}",
    );
  });

  it("looks an adopted bucket up and changes none of its settings", async () => {
    const Bucket = "somebodys-backups";
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status, undefined);
    await assert.rejects(s3.send(new GetBucketPolicyCommand({ Bucket })), { name: "NoSuchBucketPolicy" });
    await assert.rejects(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })), {
      name: "NoSuchLifecycleConfiguration",
    });
  });

  it("creates the IAM policies, according to IAM", async () => {
    const iam = new IAMClient(clientSettings(aws.environment, "other"));
    const documentOf = async (name: string): Promise<unknown> => {
      const PolicyArn = (await project.resource("Policy", name))?.id;
      const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
      const { PolicyVersion } = await iam.send(
        new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }),
      );
      return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ""));
    };
    const list = {
      Sid: "ListBackups",
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: "arn:aws:s3:::harbor-backups",
      Condition: { StringLike: { "s3:prefix": "spilo/postgresql-harbor-cluster-harbor-cluster/*" } },
    };
    const objects = "arn:aws:s3:::harbor-backups/spilo/postgresql-harbor-cluster-harbor-cluster";
    assert.deepEqual(await documentOf("writer"), {
      Version: "2012-10-17",
      Statement: [
        list,
        {
          Sid: "WriteBackups",
          Effect: "Allow",
          Action: [
            "s3:GetObject",
            "s3:PutObject",
            "s3:ListMultipartUploadParts",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
          ],
          Resource: `${objects}/*`,
        },
        {
          Sid: "NeverIntoTheSource",
          Effect: "Deny",
          Action: ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
          Resource: [`${objects}/99e85b8a-3f92-4c86-8d42-5056348c1e7e/*`],
        },
      ],
    });
    assert.deepEqual(await documentOf("readers-own"), {
      Version: "2012-10-17",
      Statement: [list, { Sid: "ReadBackups", Effect: "Allow", Action: ["s3:GetObject"], Resource: `${objects}/*` }],
    });
  });

  it("a second up changes nothing", async () => {
    const { exitCode, stdout } = await project.up("--expect-no-changes");
    assert.equal(exitCode, 0, stdout);
  });

  it("imports an adopted bucket as docs/buckets.md describes, then secures it in place", async () => {
    const handedOver = whole.replace(", adopt: true", ", protect: false");
    const file = join(project.directory, "import.json");
    await project.write(program(handedOver));
    const previewed = await project.pulumi("preview", "--stack", "test", "--import-file", file);
    assert.equal(previewed.exitCode, 0, previewed.stdout);
    const { resources, ...rest } = importFile.parse(JSON.parse(await readFile(file, "utf8")));
    const kept = resources
      .filter(({ type }) => type === "aws:s3/bucket:Bucket")
      .map((resource) => ({ ...resource, id: "somebodys-backups" }));
    await writeFile(
      file,
      JSON.stringify({ ...rest, resources: [...resources.filter(({ component }) => component), ...kept] }),
    );
    const imported = await project.pulumi(
      "import",
      "--stack",
      "test",
      "--file",
      file,
      "--yes",
      "--generate-code=false",
    );
    assert.equal(imported.exitCode, 0, imported.stdout + imported.stderr);
    const { exitCode, stdout } = await project.up();
    assert.equal(exitCode, 0, stdout);
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket: "somebodys-backups" }))).Status, "Enabled");
    assert.equal((await project.up("--expect-no-changes")).exitCode, 0);
  });

  it("destroy takes the buckets out of the stack and leaves them with their settings", async () => {
    const { exitCode, stdout } = await project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "test");
    assert.equal(exitCode, 0, stdout);
    for (const Bucket of ["harbor-artifacts", "harbor-backups", "somebodys-backups"])
      await s3.send(new ListObjectVersionsCommand({ Bucket }));
    assert.equal((await s3.send(new GetBucketVersioningCommand({ Bucket: "harbor-backups" }))).Status, "Enabled");
    assert.notEqual((await s3.send(new GetBucketPolicyCommand({ Bucket: "harbor-artifacts" }))).Policy, undefined);
  });
});
