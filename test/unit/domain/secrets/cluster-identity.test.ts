import assert from "node:assert/strict";
import { sameIdentity, withWhatWasKnown } from "../../../../domain/secrets/cluster-identity.ts";
import { backupsFromEnvironment } from "../../../../domain/spilo/backups-from-environment.ts";

describe("the identity of a database", () => {
  const scope = "postgresql-harbor-cluster-harbor-cluster";
  const backups = (values: Record<string, string>, namespace = "harbor-cluster") =>
    backupsFromEnvironment(
      namespace,
      scope,
      new Map(Object.entries(values).map(([name, value]) => [name, { name, value }])),
    );
  const bucket = { WAL_S3_BUCKET: "backups", PGVERSION: "12" };

  it("has backups below its UID when the operator's own configuration names the bucket", () => {
    assert.equal(
      backups({ ...bucket, WAL_BUCKET_SCOPE_PREFIX: "", WAL_BUCKET_SCOPE_SUFFIX: "/uid" }),
      `s3://backups/spilo/${scope}/uid/wal/12`,
    );
  });

  it("has backups below the namespace's name otherwise", () => {
    assert.equal(backups(bucket), `s3://backups/spilo/harbor-cluster-${scope}/wal/12`);
    assert.equal(backups(bucket, "default"), `s3://backups/spilo/${scope}/wal/12`);
  });

  it("uses a complete prefix unchanged", () => {
    assert.equal(backups({ ...bucket, WALG_S3_PREFIX: "s3://other/place" }), "s3://other/place");
  });

  it("is unknown without a bucket", () => {
    assert.equal(backups({ PGVERSION: "12" }), null);
  });

  it("is the same only if every part is", () => {
    const identity = { harbor: "a/b", uid: "1", backups: "s3://x", systemIdentifier: "7" };
    assert(sameIdentity(identity, { ...identity }));
    for (const change of [{ harbor: "a/c" }, { uid: "2" }, { backups: null }, { systemIdentifier: "8" }])
      assert(!sameIdentity(identity, { ...identity, ...change }), JSON.stringify(change));
  });

  it("reuses earlier knowledge only for the same UID", () => {
    const before = { harbor: "a/b", uid: "1", backups: "s3://x", systemIdentifier: "7" };
    const now = { harbor: "a/b", uid: "1", backups: null, systemIdentifier: null };
    assert.deepEqual(withWhatWasKnown(now, before), before);
    assert.deepEqual(withWhatWasKnown({ ...now, uid: "2" }, before), { ...now, uid: "2" });
    assert.deepEqual(withWhatWasKnown(now, undefined), now);
  });
});
