import assert from "node:assert/strict";
import type { PolicyResource } from "@pulumi/policy";
import { runbookPgHba } from "../../../domain/harbor/pg-hba.ts";
import { resourcePolicy } from "../../../policy/policy.ts";
import { buckets } from "../../../domain/check/stack-judges.ts";
import type { ExampleResource } from "../../policy-examples.ts";
import { judged, saidOf } from "../../support/policies.ts";

const resource = (type: string, props: Record<string, unknown>, name = "one"): ExampleResource => ({
  type,
  name,
  props,
});

/** A resource as a judge of a whole stack gets it. */
function related(type: string, props: object, more: Partial<PolicyResource> = {}): PolicyResource {
  const options = { protect: false, ignoreChanges: [], aliases: [], additionalSecretOutputs: [] };
  return {
    type,
    props,
    name: "one",
    urn: `urn:pulumi:lab::p::${type}::one`,
    opts: { ...options, customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 } },
    dependencies: [],
    propertyDependencies: {},
    isType: () => false,
    asType: () => undefined,
    ...more,
  };
}

/** The names of the policies that say something. */
async function names(...resources: ExampleResource[]): Promise<string[]> {
  return [...(await saidOf(resources)).keys()];
}

describe("the resources that a policy judges", () => {
  it("a HarborCluster and a postgresql resource: the image of the database", async () => {
    const image = "ghcr.io/zalando/spilo-16:3.3-p1";
    const spec = { database: { spec: { zlandoPostgreSql: { image } } } };
    assert.deepEqual(await names(resource("kubernetes:goharbor.io/v1beta1:HarborCluster", { spec })), [
      "image-keeps-every-backup",
    ]);
    assert.deepEqual(
      await names(resource("kubernetes:acid.zalan.do/v1:postgresql", { spec: { dockerImage: image } })),
      ["image-keeps-every-backup"],
    );
  });

  it("a postgresql resource: its list of pg_hba, whole or patched", async () => {
    const lists = { bad: ["local all all reject", ...runbookPgHba], good: [...runbookPgHba] };
    const owned = { annotations: { "pulumi.com/patchFieldManager": "us" } };
    const declared = (type: string, list: readonly string[], metadata: object): ExampleResource =>
      resource(`kubernetes:acid.zalan.do/v1:${type}`, { metadata, spec: { patroni: { pg_hba: list } } });
    assert.deepEqual(await names(declared("postgresql", lists.bad, {})), ["pg-hba-locks-out"]);
    assert.deepEqual(await names(declared("postgresql", lists.good, {})), []);
    assert.deepEqual(await names(declared("postgresqlPatch", lists.bad, owned)), ["pg-hba-locks-out"]);
    assert.deepEqual(await names(declared("postgresqlPatch", lists.good, {})), ["pg-hba-patch-unowned"]);
    assert.deepEqual(await names(resource("kubernetes:acid.zalan.do/v1:postgresqlPatch", { spec: {} })), []);
  });

  it("the policy of a secret: only that of a copy of Harbor's", async () => {
    const policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "*" }] });
    const of = (name: string): ExampleResource =>
      resource("aws:secretsmanager/secretPolicy:SecretPolicy", {
        secretArn: `arn:aws:secretsmanager:eu-west-2:123456789012:secret:${name}-Ab12Cd`,
        policy,
      });
    assert.deepEqual(await names(of("postgres-recovery/harbor/harbor/core-key")), ["secret-copy-public"]);
    assert.deepEqual(await names(of("another")), []);
    assert.deepEqual(await names(resource("aws:secretsmanager/secretPolicy:SecretPolicy", { policy })), []);
    assert.deepEqual(
      await names(resource("aws:secretsmanager/secret:Secret", { name: "another", recoveryWindowInDays: 0 })),
      [],
    );
  });

  it("a command over SSH, and one that is only updated or deleted", async () => {
    const upgrade = "pgbackrest stanza-upgrade";
    for (const text of ["create", "update", "delete"])
      assert.deepEqual(await names(resource("command:remote:Command", { [text]: upgrade })), [
        "stanza-command-forbidden",
      ]);
  });

  it("a ConfigMap with other settings is not taken for pod-config", async () => {
    const data = { "application.properties": "colour=blue", LOG_LEVEL: "debug" };
    assert.deepEqual(await names(resource("kubernetes:core/v1:ConfigMap", { data })), []);
    assert.deepEqual(await names(resource("kubernetes:core/v1:ConfigMap", {})), []);
    assert.deepEqual(await names(resource("kubernetes:core/v1:Secret", { data: { password: "x" } })), []);
  });

  it("buckets in the older types, and a lock in years", async () => {
    const bucket = { bucket: "b" };
    const everything = [
      resource("aws:s3/bucketV2:BucketV2", bucket),
      resource("aws:s3/bucketVersioningV2:BucketVersioningV2", {
        ...bucket,
        versioningConfiguration: { status: "Enabled" },
      }),
      resource("aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2", {
        ...bucket,
        rule: { defaultRetention: { years: 1 } },
      }),
    ];
    const said = await names(...everything);
    assert(said.includes("bucket-not-encrypted"));
    assert(!said.includes("bucket-not-versioned") && !said.includes("bucket-lock-short"));
    const podConfig = (days: string): ExampleResource =>
      resource("kubernetes:core/v1:ConfigMap", { data: { WAL_S3_BUCKET: "b", BACKUP_NUM_TO_RETAIN: days } });
    assert(!(await names(...everything, podConfig("365"))).includes("bucket-lock-short"));
    assert((await names(...everything, podConfig("366"))).includes("bucket-lock-short"));
    assert(!(await names(...everything, podConfig("many"))).includes("bucket-lock-short"));
  });

  it("a credential in pod-config is told of once", async () => {
    const data = { USE_WALG_BACKUP: "true", AWS_REGION: "eu-west-2", AWS_SECRET_ACCESS_KEY: "x" };
    assert.deepEqual(await names(resource("kubernetes:core/v1:ConfigMap", { data })), ["pod-config-credential"]);
  });

  it("a setting belongs to the bucket that its name comes from, whatever is known of that name", () => {
    const bucket = related("aws:s3/bucket:Bucket", { bucket: "b" });
    const other = related("aws:s3/bucket:Bucket", { bucket: "c" }, { urn: "other" });
    const versioning = related(
      "aws:s3/bucketVersioning:BucketVersioning",
      { bucket: "b", versioningConfiguration: { status: "Enabled" } },
      { propertyDependencies: { bucket: [other] } },
    );
    const unversioned = buckets([bucket, other, versioning]).filter(
      ({ finding }) => finding.code === "bucket-not-versioned",
    );
    assert.deepEqual(
      unversioned.map(({ urn }) => urn),
      [bucket.urn],
    );
  });

  it("a bucket that this project only looks up is not judged; another stack's bucket of that name is", () => {
    const adopted = { name: "database-backups-adopted" };
    const urn = "urn:pulumi:lab::p::postgres-recovery:backups:DatabaseBackupsBucket$aws:s3/bucket:Bucket::x";
    assert.deepEqual(buckets([related("aws:s3/bucket:Bucket", {}, { ...adopted, urn })]), []);
    assert(buckets([related("aws:s3/bucket:Bucket", {}, adopted)]).length > 0);
    assert(buckets([related("aws:s3/bucket:Bucket", {}, { urn })]).length > 0);
  });

  it("settings of another bucket do not count", async () => {
    const versioning = (bucket: string): ExampleResource =>
      resource("aws:s3/bucketVersioning:BucketVersioning", { bucket, versioningConfiguration: { status: "Enabled" } });
    const bucket = resource("aws:s3/bucket:Bucket", { bucket: "b" });
    assert((await names(bucket, versioning("c"))).includes("bucket-not-versioned"));
    assert(!(await names(bucket, versioning("b"))).includes("bucket-not-versioned"));
  });
});

describe("a policy whose judge fails", () => {
  it("fails the pack, and so the update: it never says that all is right", async () => {
    const broken = resourcePolicy("clone-method-wrong", () => {
      throw new TypeError("a mistake of this program");
    });
    await assert.rejects(judged(broken, [resource("kubernetes:core/v1:ConfigMap", {})]), /a mistake of this program/);
  });
});
