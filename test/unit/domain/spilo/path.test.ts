import assert from "node:assert/strict";
import fc from "fast-check";
import { restorePath, type Restore } from "../../../../domain/restore/restore.ts";
import { s3Url } from "../../../../domain/aws/s3-location.ts";
import { backupPath, cloneLocations, overlap, spiloLocation, type SpiloPath } from "../../../../domain/spilo/path.ts";
import { faultTest } from "../../../support/fault-test.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const scope = "postgresql-harbor-cluster-harbor-cluster";
const path: SpiloPath = { bucket: "bkt", scope, scopePrefix: "", scopeSuffix: `/${uid}`, postgresVersion: "12" };
const database = { bucket: "bkt", name: scope, namespace: "harbor-cluster", uid, postgresVersion: "12" };

describe("where Spilo keeps backups", () => {
  it("is the runbook's place followed by the version", () => {
    assert.equal(s3Url(spiloLocation(path)), `s3://bkt/spilo/${scope}/${uid}/wal/12`);
  });

  it("is wal itself for Spilo before 2.0-p2", () => {
    assert.equal(s3Url(spiloLocation({ ...path, postgresVersion: "" })), `s3://bkt/spilo/${scope}/${uid}/wal`);
  });

  faultTest(20, "appends a suffix without its slash directly to the scope, as Spilo does", () => {
    assert.equal(s3Url(spiloLocation({ ...path, scope: "y", scopeSuffix: "abc" })), "s3://bkt/spilo/yabc/wal/12");
  });

  it("includes the UID only when the operator's own configuration names the bucket", () => {
    assert.equal(s3Url(spiloLocation(backupPath(database, true))), `s3://bkt/spilo/${scope}/${uid}/wal/12`);
    assert.equal(s3Url(spiloLocation(backupPath(database, false))), `s3://bkt/spilo/harbor-cluster-${scope}/wal/12`);
  });

  faultTest(20, "omits the namespace in the namespace default", () => {
    assert.equal(
      s3Url(spiloLocation(backupPath({ ...database, namespace: "default" }, false))),
      `s3://bkt/spilo/${scope}/wal/12`,
    );
  });
});

describe("where Spilo looks for a backup to clone", () => {
  it("is a single place when the path has the version", () => {
    assert.deepEqual(cloneLocations(path, ["12", "13"], "12").map(s3Url), [`s3://bkt/spilo/${scope}/${uid}/wal/12`]);
  });

  it("is otherwise each version's folder that the image supports, newest first from the new database's version down, then wal", () => {
    const places = cloneLocations(
      { ...path, scope: "x", scopeSuffix: "", postgresVersion: "" },
      ["9.6", "10", "14", "12", "13", "11"],
      "12",
    );
    assert.deepEqual(
      places.map(({ prefix }) => prefix),
      ["spilo/x/wal/12", "spilo/x/wal/11", "spilo/x/wal/10", "spilo/x/wal/9.6", "spilo/x/wal"],
    );
  });
});

describe("a source and the new cluster's own backups", () => {
  const restore: Restore = {
    id: "r1",
    scope,
    source: { uid },
    postgresVersion: 12,
    versionInPath: true,
    bucket: "bkt",
    region: "eu-west-2",
    credentials: "secret",
  };

  faultTest(24, "overlap if the cluster kept its UID, or if neither has one", () => {
    assert(overlap(spiloLocation(restorePath(restore)), spiloLocation(backupPath(database, true))));
    const withoutUid = restorePath({ ...restore, source: { prefix: "harbor-cluster-" } });
    assert(overlap(spiloLocation(withoutUid), spiloLocation(backupPath(database, false))));
  });

  faultTest(24, "overlap when the old backups lie in wal itself and the new ones in a folder below", () => {
    const old = restorePath({ ...restore, source: { prefix: "harbor-cluster-" }, versionInPath: false });
    assert(overlap(spiloLocation(old), spiloLocation(backupPath(database, false))));
  });

  it("do not overlap for another UID, another bucket, or a name with the same beginning", () => {
    const own = spiloLocation(backupPath({ ...database, uid: uid.replace("99e8", "11e8") }, true));
    assert(!overlap(spiloLocation(path), own));
    assert(!overlap(spiloLocation(path), { ...spiloLocation(path), bucket: "other" }));
    assert(!overlap({ bucket: "b", prefix: "spilo/x/wal/1" }, { bucket: "b", prefix: "spilo/x/wal/12" }));
  });

  it("never overlap if the operator names the bucket and the UIDs differ", () => {
    const uids = fc.tuple(fc.uuid(), fc.uuid()).filter(([a, b]) => a !== b);
    fc.assert(
      fc.property(uids, ([lost, made]) => {
        const source = spiloLocation(restorePath({ ...restore, source: { uid: lost } }));
        assert(!overlap(source, spiloLocation(backupPath({ ...database, uid: made }, true))));
      }),
    );
  });
});
