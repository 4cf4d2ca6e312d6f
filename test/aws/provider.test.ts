import assert from "node:assert/strict";
import { CreatePolicyVersionCommand, GetPolicyCommand, GetPolicyVersionCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { DeleteSecretCommand, DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { unknownString } from "../../sandbox/pulumi/property-diff.ts";
import { clientSettings, startTestAws, type TestAws } from "../support/aws.ts";
import { EngineProject } from "../support/engine.ts";

/** A program whose resources use the provider `aws`, configured as a user would. */
function program(body: string): string {
  return `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
const { AWS_ENDPOINT_URL: url, AWS_ENDPOINT_URL_S3: s3 } = process.env;
const provider = new aws.Provider("aws", {
  region: "eu-west-2",
  accessKey: process.env.KEY_ID,
  secretKey: process.env.KEY,
  endpoints: [{ s3, secretsmanager: url, iam: url }],
  skipCredentialsValidation: true,
});
const options = { provider };
${body}`;
}

describe("stand-in for the AWS provider on the real Pulumi engine", function () {
  this.timeout("2m");
  let aws: TestAws;
  let project: EngineProject;
  let s3: S3Client;
  let manager: SecretsManagerClient;
  let iam: IAMClient;

  before("AWS and the engine", async function () {
    this.timeout("20m");
    aws = await startTestAws();
    const {
      AWS_ACCESS_KEY_ID = "",
      AWS_SECRET_ACCESS_KEY = "",
      AWS_ENDPOINT_URL = "",
      AWS_ENDPOINT_URL_S3 = "",
    } = aws.environment;
    project = await EngineProject.create({
      AWS_ENDPOINT_URL,
      AWS_ENDPOINT_URL_S3,
      KEY_ID: AWS_ACCESS_KEY_ID,
      KEY: AWS_SECRET_ACCESS_KEY,
      AWS_EC2_METADATA_DISABLED: "true",
    });
    s3 = new S3Client(clientSettings(aws.environment, "s3"));
    manager = new SecretsManagerClient(clientSettings(aws.environment, "other"));
    iam = new IAMClient(clientSettings(aws.environment, "other"));
  });
  after(() => project.remove());
  after(() => aws.stop());

  async function up(body: string): Promise<void> {
    await project.write(program(body));
    const { exitCode, stdout, stderr } = await project.up();
    assert.equal(exitCode, 0, stdout + stderr);
  }
  /** The steps that a preview of this program shows. */
  async function preview(body: string): Promise<Map<string, string[]>> {
    await project.write(program(body));
    return project.preview();
  }

  const secret = (args: string) => `new aws.secretsmanager.Secret("kept", { name: "kept", ${args} }, options);`;

  it("previews a create with unknown outputs, and with the inputs that do not depend on them", async () => {
    await project.write(
      program(`const b = new aws.s3.Bucket("first", {}, options);
      new aws.s3.BucketVersioning("first", { bucket: b.bucket, versioningConfiguration: { status: "Enabled" } }, options);
      new aws.iam.Policy("uses", { policy: b.arn.apply((arn) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "s3:*", Resource: arn }] })) }, options);
      export const { arn, bucket } = b;`),
    );
    const { exitCode, stdout, stderr } = await project.pulumi("preview", "--json", "--stack", "test");
    assert.equal(exitCode, 0, stdout + stderr);
    assert(stdout.includes(unknownString));
    assert.match(stdout, /"bucket": "first-[0-9a-f]{7}"/);
  });

  it("creates under a generated name, and a second up changes nothing", async () => {
    const body = `export const { bucket } = new aws.s3.Bucket("first", { tags: { team: "a" } }, options);`;
    assert.deepEqual((await preview(body)).get("Bucket first"), ["create"]);
    await up(body);
    const bucket = await project.resource("Bucket", "first");
    assert.match(bucket?.id ?? "", /^first-[0-9a-f]{7}$/);
    assert(bucket);
    assert.equal(bucket.outputs?.["arn"], `arn:aws:s3:::${bucket.id ?? ""}`);
    await s3.send(new HeadBucketCommand({ Bucket: bucket.id }));
    const { exitCode, stdout } = await project.up("--expect-no-changes");
    assert.equal(exitCode, 0, stdout);
    assert.equal((await project.resource("Bucket", "first"))?.id, bucket.id);
  });

  it("updates in place and returns the tags that AWS then has", async () => {
    const body = `new aws.s3.Bucket("first", { tags: { team: "b" } }, options);`;
    assert.deepEqual((await preview(body)).get("Bucket first"), ["update"]);
    await up(body);
    const Bucket = (await project.resource("Bucket", "first"))?.id ?? "";
    assert.deepEqual((await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet, [{ Key: "team", Value: "b" }]);
  });

  it("deletes what the program no longer declares", async () => {
    await up("");
    assert.equal(await project.resource("Bucket", "first"), undefined);
  });

  it("changes a secret's description and key in place, replaces it for a new name, and deletes it with its recovery window", async () => {
    await up(secret(`description: "one", recoveryWindowInDays: 7`));
    const changed = secret(
      `description: "two", recoveryWindowInDays: 7, kmsKeyId: "alias/harbor", replicas: [{ region: "eu-west-1" }]`,
    );
    assert.deepEqual((await preview(changed)).get("Secret kept"), ["update"]);
    await up(changed);
    const found = await manager.send(new DescribeSecretCommand({ SecretId: "kept" }));
    assert.deepEqual(
      [found.Description, found.KmsKeyId, found.ReplicationStatus?.map(({ Region }) => Region)],
      ["two", "alias/harbor", ["eu-west-1"]],
    );

    const renamed = secret(`description: "two", recoveryWindowInDays: 7`).replace('name: "kept"', 'name: "other"');
    assert((await preview(renamed)).get("Secret kept")?.includes("replace"));
    await up("");
    const deleted = await manager.send(new DescribeSecretCommand({ SecretId: "kept" }));
    const days = ((deleted.DeletedDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    assert(days > 6 && days < 8, `deleted in ${days} days`);
  });

  it("treats a secret that is scheduled for deletion as gone, although its name is still taken", async () => {
    await up(secret(`name: "pending"`).replace('name: "kept", ', ""));
    await manager.send(new DeleteSecretCommand({ SecretId: "pending", RecoveryWindowInDays: 7 }));
    const refreshed = await project.pulumi("refresh", "--yes", "--skip-preview", "--stack", "test");
    assert.equal(refreshed.exitCode, 0, refreshed.stderr);
    assert.equal(await project.resource("Secret", "kept"), undefined);
    const { exitCode, stdout } = await project.up();
    assert.notEqual(exitCode, 0);
    // AWS itself says that it is scheduled for deletion.
    assert.match(stdout, /Secret kept: api error \w+: .*(pending already exists|scheduled for deletion)/);
    await up("");
  });

  it("refresh sees outside changes, and the next up reverts them", async () => {
    const body = `const { bucket } = new aws.s3.Bucket("b", { bucket: "drifting" }, options);
      new aws.s3.BucketVersioning("b", { bucket, versioningConfiguration: { status: "Enabled" } }, options);
      new aws.s3.BucketPolicy("b", { bucket, policy: JSON.stringify({ Version: "2012-10-17", Statement: [] }) }, options);`;
    await up(body);
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: "drifting", VersioningConfiguration: { Status: "Suspended" } }),
    );
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: "drifting" }));
    const refreshed = await project.pulumi("refresh", "--yes", "--skip-preview", "--stack", "test");
    assert.equal(refreshed.exitCode, 0, refreshed.stderr);
    const plan = await preview(body);
    assert.deepEqual(plan.get("BucketVersioning b"), ["update"]);
    assert.deepEqual(plan.get("BucketPolicy b"), ["create"]);
    assert.equal(plan.get("Bucket b")?.includes("update") ?? false, false);
    await up(body);
    assert.equal((await project.up("--expect-no-changes")).exitCode, 0);
    await up("");
  });

  it("get reads an existing resource without owning it, and fails for a missing one", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "somebodys" }));
    await up(`aws.s3.Bucket.get("theirs", "somebodys", {}, options);`);
    const read = await project.resource("Bucket", "theirs");
    assert.equal(read?.outputs?.["arn"], "arn:aws:s3:::somebodys");
    await project.write(program(`aws.s3.Bucket.get("theirs", "nobodys", {}, options);`));
    const { exitCode, stdout } = await project.pulumi("preview", "--stack", "test");
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /resource 'nobodys' does not exist/);
    await up("");
    await s3.send(new HeadBucketCommand({ Bucket: "somebodys" }));
  });

  it("makes a policy's new document the default version and stays within AWS's limit of five versions", async () => {
    const body = (action: string) =>
      `new aws.iam.Policy("p", { name: "p", policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "${action}", Resource: "*" }] }) }, options);`;
    await up(body("s3:Get1"));
    const PolicyArn = (await project.resource("Policy", "p"))?.id ?? "";
    const PolicyDocument = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Deny", Action: "s3:*", Resource: "*" }],
    });
    for (let version = 2; version <= 5; version += 1)
      await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument }));
    await up(body("s3:Get7"));
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    const { PolicyVersion } = await iam.send(
      new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }),
    );
    assert.match(decodeURIComponent(PolicyVersion?.Document ?? ""), /s3:Get7/);
    await up("");
  });

  it("keeps the provider's keys and properties marked as secret out of the plain state", async () => {
    await up(secret(`description: pulumi.secret("CANARY-description")`).replace('name: "kept"', 'name: "canary"'));
    const state = await project.stateText();
    assert.equal(
      (await manager.send(new DescribeSecretCommand({ SecretId: "canary" }))).Description,
      "CANARY-description",
    );
    assert.doesNotMatch(state, /CANARY/);
    assert(!state.includes(aws.environment["AWS_SECRET_ACCESS_KEY"] ?? "?"));
    await up("");
  });

  for (const [what, body, message] of [
    ["resource", `new aws.kinesis.Stream("s", {}, options);`, /does not know aws:kinesis\/stream:Stream/],
    [
      "property",
      `new aws.s3.Bucket("b", { acl: "private" }, options);`,
      /acl.*not supported by the stand-in for the AWS provider|not supported by the stand-in for the AWS provider.*acl/s,
    ],
  ] as const)
    it(`refuses an unknown ${what} by name`, async () => {
      await project.write(program(body));
      const { exitCode, stdout } = await project.up();
      assert.notEqual(exitCode, 0);
      assert.match(stdout, message);
    });

  it("names the resource in every AWS error", async () => {
    await project.write(program(`new aws.iam.Policy("broken", { policy: "not JSON" }, options);`));
    const { exitCode, stdout } = await project.up();
    assert.notEqual(exitCode, 0);
    assert.match(stdout, /aws:iam\/policy:Policy broken: api error MalformedPolicyDocument/);
  });
});
