import assert from "node:assert/strict";
import { BackupReaders, BackupWriter } from "../../../components/backups/access.ts";
import { ArtifactsBucket, DatabaseBackupsBucket, type BucketArgs } from "../../../components/backups/buckets.ts";
import { faultTest } from "../../support/fault-test.ts";
import { optionsOf, registered, type Registered } from "../../support/pulumi-mocks.ts";

const place = { name: "harbor-backups", region: "eu-west-2" };

describe("the declared buckets", () => {
  const declared = (args: BucketArgs): Promise<Registered[]> =>
    registered(
      () => {
        new DatabaseBackupsBucket("backups", args);
      },
      () => "",
    );
  const types = (resources: readonly Registered[]): string[] =>
    resources.map(({ type }) => type.replace(/.*:/, "")).sort();

  it("declares every setting of a bucket, each in the bucket's region", async () => {
    const resources = await declared({ ...place, objectLock: { mode: "compliance", days: 30 } });
    assert.deepEqual(types(resources), [
      "Bucket",
      "BucketLifecycleConfiguration",
      "BucketObjectLockConfiguration",
      "BucketOwnershipControls",
      "BucketPolicy",
      "BucketPublicAccessBlock",
      "BucketServerSideEncryptionConfiguration",
      "BucketVersioning",
      "DatabaseBackupsBucket",
      "Stack",
    ]);
    for (const { inputs, type } of resources.filter(({ type: name }) => name.startsWith("aws:")))
      assert.equal(inputs["region"], "eu-west-2", type);
    const lock = resources.find(({ type }) => type.endsWith("BucketObjectLockConfiguration"));
    assert.deepEqual(lock?.inputs["rule"], { defaultRetention: { mode: "COMPLIANCE", days: 30 } });
    // It can only be set on a new bucket, so a change would replace the bucket.
    assert.equal(resources.find(({ type }) => type.endsWith(":Bucket"))?.inputs["objectLockEnabled"], undefined);
  });

  it("are protected by default and never deleted with the stack", async () => {
    const resources = await declared(place);
    assert.equal(optionsOf.get("backups")?.protect, true);
    const retained = resources
      .filter(({ type }) => type.startsWith("aws:"))
      .map(({ name }) => optionsOf.get(name)?.retainOnDelete);
    assert.deepEqual(new Set(retained), new Set([true]));
    await declared({ ...place, protect: false });
    assert.equal(optionsOf.get("backups")?.protect, false);
  });

  it("only looks up an adopted bucket", async () => {
    const resources = await declared({
      ...place,
      adopt: true,
      kmsKey: "alias/harbor",
      objectLock: { mode: "governance", days: 1 },
    });
    assert.deepEqual(types(resources), ["Bucket", "DatabaseBackupsBucket", "Stack"]);
  });

  faultTest(
    73,
    "have no lifecycle rule that expires or moves a current object, and expire the markers that are left",
    async () => {
      for (const noncurrentDays of [undefined, 1, 365]) {
        const resources = await declared({ ...place, noncurrentDays });
        const rules = JSON.stringify(
          resources.find(({ type }) => type.endsWith("BucketLifecycleConfiguration"))?.inputs["rules"],
        );
        assert.match(rules, new RegExp(`"noncurrentVersionExpiration":{"noncurrentDays":${noncurrentDays ?? 90}}`));
        assert.doesNotMatch(rules, /"transitions"|noncurrentVersionTransitions/);
        assert.deepEqual(rules.match(/"expiration":\{[^}]*\}/g), ['"expiration":{"expiredObjectDeleteMarker":true}']);
      }
    },
  );

  it("are two component types of their own", async () => {
    const resources = await registered(
      () => {
        new ArtifactsBucket("artifacts", { ...place, name: "harbor-artifacts" });
      },
      () => "",
    );
    assert(types(resources).includes("ArtifactsBucket"));
  });

  faultTest(
    72,
    "have policies that stay when the stack no longer declares them, because they may be attached",
    async () => {
      const place = { bucket: "b", region: "eu-west-2", scope: "s" };
      const resources = await registered(
        () => {
          new BackupWriter("writer", { writer: place });
          new BackupReaders("readers", { own: place, source: { ...place, bucket: "theirs" } });
          new BackupReaders("only-own", { own: place });
        },
        () => "",
      );
      const policies = resources.filter(({ type }) => type === "aws:iam/policy:Policy").map(({ name }) => name);
      assert.deepEqual(policies, ["writer", "readers-own", "readers-source", "only-own-own"]);
      for (const name of policies) assert.equal(optionsOf.get(name)?.retainOnDelete, true, name);
    },
  );
});
