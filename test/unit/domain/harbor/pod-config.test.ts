import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { gravest } from "../../../../domain/finding.ts";
import { restorePath, type Backup, type Restore } from "../../../../domain/restore/restore.ts";
import { podConfigData, podSecretData, podSecretKeys } from "../../../../domain/harbor/pod-config.ts";
import { checkPodConfig } from "../../../../domain/harbor/pod-config-check.ts";
import { spiloLocation } from "../../../../domain/spilo/path.ts";
import { knownVariables } from "../../../../domain/spilo/variables.ts";
import { faultTest } from "../../../support/fault-test.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const backup: Backup = {
  bucket: "harbor-db",
  region: "eu-west-2",
  schedule: "0 1 * * *",
  retainDays: 5,
  credentials: "secret",
};
const restore: Restore = {
  id: "r1",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  source: { uid },
  postgresVersion: 12,
  versionInPath: true,
  bucket: "harbor-db",
  region: "eu-west-2",
  credentials: "secret",
};
const backupOnly = {
  WAL_S3_BUCKET: "harbor-db",
  USE_WALG_BACKUP: "true",
  USE_WALG_RESTORE: "true",
  BACKUP_SCHEDULE: "0 1 * * *",
  BACKUP_NUM_TO_RETAIN: "5",
  WALG_UPLOAD_CONCURRENCY: "2",
  WALG_DOWNLOAD_CONCURRENCY: "2",
  AWS_REGION: "eu-west-2",
};

describe("pod-config", () => {
  it("has the backup's values and no CLONE_ value without a restore", () => {
    assert.deepEqual(podConfigData(backup, undefined), backupOnly);
  });

  it("also has the runbook's values with a restore, without those that Spilo ignores", () => {
    assert.deepEqual(podConfigData(backup, { ...restore, targetTime: "2026-11-21T09:30:00Z" }), {
      ...backupOnly,
      CLONE_METHOD: "CLONE_WITH_WALE",
      CLONE_SCOPE: "postgresql-harbor-cluster-harbor-cluster",
      CLONE_WAL_S3_BUCKET: "harbor-db",
      CLONE_WAL_BUCKET_SCOPE_PREFIX: "",
      CLONE_WAL_BUCKET_SCOPE_SUFFIX: `/${uid}`,
      CLONE_PGVERSION: "12",
      CLONE_USE_WALG_RESTORE: "true",
      CLONE_WALG_DOWNLOAD_CONCURRENCY: "2",
      CLONE_TARGET_TIME: "2026-11-21T09:30:00+00:00",
      CLONE_AWS_REGION: "eu-west-2",
    });
  });

  it("lets Spilo search the versions' folders and wal itself for old backups", () => {
    assert.equal(podConfigData(backup, { ...restore, versionInPath: false })["CLONE_PGVERSION"], undefined);
  });

  it("names roles on both sides with IRSA, because Spilo copies none from one to the other", () => {
    const irsaRoleArn = "arn:aws:iam::123456789012:role/harbor-backup";
    const data = podConfigData(
      { ...backup, credentials: { irsaRoleArn } },
      { ...restore, credentials: { irsaRoleArn: `${irsaRoleArn}-reader` } },
    );
    assert.equal(data["AWS_ROLE_ARN"], irsaRoleArn);
    assert.equal(data["CLONE_AWS_ROLE_ARN"], `${irsaRoleArn}-reader`);
    assert.equal(data["CLONE_AWS_WEB_IDENTITY_TOKEN_FILE"], "/var/run/secrets/eks.amazonaws.com/serviceaccount/token");
    assert.equal(data["CLONE_AWS_STS_REGIONAL_ENDPOINTS"], "regional");
  });

  faultTest(
    23,
    "has an endpoint only for an S3-compatible store, and then also the region, path style and WAL-G",
    () => {
      assert(!Object.keys(podConfigData(backup, restore)).some((key) => key.includes("ENDPOINT")));
      const data = podConfigData(
        { ...backup, endpoint: "http://minio:9000" },
        { ...restore, endpoint: "http://minio:9000" },
      );
      for (const side of ["", "CLONE_"]) {
        assert.equal(data[`${side}AWS_ENDPOINT`], "http://minio:9000");
        assert.equal(data[`${side}AWS_REGION`], "eu-west-2");
        assert.equal(data[`${side}AWS_S3_FORCE_PATH_STYLE`], "true");
        assert.equal(data[`${side}USE_WALG_BACKUP`], "true");
      }
    },
  );

  it("encrypts with the customer's key if there is one", () => {
    const data = podConfigData({ ...backup, kmsKey: "alias/harbor" }, undefined);
    assert.equal(data["WALG_S3_SSE"], "aws:kms");
    assert.equal(data["WALG_S3_SSE_KMS_ID"], "alias/harbor");
  });

  it("has only known keys and text values, and passes the check, whatever the settings", () => {
    const credentials = fc.constantFrom("secret" as const, { irsaRoleArn: "arn:aws:iam::123456789012:role/r" });
    const store = {
      region: fc.constantFrom("eu-west-2", "us-gov-west-1"),
      endpoint: fc.constantFrom(undefined, "http://minio:9000"),
      bucket: fc.constantFrom("bkt", "other-bucket"),
      credentials,
    };
    const backups = fc.record({
      ...store,
      schedule: fc.constant("0 1 * * *"),
      retainDays: fc.integer({ min: 2, max: 99 }),
      kmsKey: fc.constantFrom(undefined, "alias/k"),
    });
    const restores = fc.record({
      ...store,
      id: fc.constant("r1"),
      scope: fc.constant("postgresql-a-b"),
      source: fc.oneof(
        fc.uuid().map((id) => ({ uid: id })),
        fc.constant({ prefix: "harbor-cluster-" }),
      ),
      postgresVersion: fc.integer({ min: 10, max: 12 }),
      versionInPath: fc.boolean(),
      targetTime: fc.constantFrom(undefined, "2026-11-21T09:30:00Z", "2026-11-21 09:30:00.123456+02:00"),
    });
    fc.assert(
      fc.property(backups, fc.option(restores, { nil: undefined }), (anyBackup, anyRestore) => {
        const data = podConfigData(anyBackup, anyRestore);
        for (const [key, value] of Object.entries(data)) {
          assert(knownVariables.has(key), key);
          assert.equal(typeof value, "string");
        }
        const keys = { accessKeyId: "id", secretAccessKey: "key" };
        const secret = podSecretData({
          backup: anyBackup.credentials === "secret" ? keys : undefined,
          restore: anyRestore?.credentials === "secret" ? keys : undefined,
        });
        assert.deepEqual(podSecretKeys(anyBackup, anyRestore), Object.keys(secret));
        assert.equal(gravest(checkPodConfig(data, secret)), "ok");
        assert.equal(
          Object.keys(data).some((key) => key.startsWith("CLONE_")),
          anyRestore !== undefined,
        );
      }),
    );
  });

  it("names exactly the place that the path formula gives", () => {
    const data = podConfigData(backup, restore);
    const value = (name: string): string => data[`CLONE_${name}`] ?? "";
    const written = `spilo/${value("WAL_BUCKET_SCOPE_PREFIX")}${value("SCOPE")}${value("WAL_BUCKET_SCOPE_SUFFIX")}/wal/${value("PGVERSION")}`;
    assert.equal(written, spiloLocation(restorePath(restore)).prefix);
  });
});

describe("the pod Secret", () => {
  it("holds each key pair under its own names", () => {
    assert.deepEqual(
      podSecretData({
        backup: { accessKeyId: "a", secretAccessKey: "b" },
        restore: { accessKeyId: "c", secretAccessKey: "d" },
      }),
      {
        AWS_ACCESS_KEY_ID: "a",
        AWS_SECRET_ACCESS_KEY: "b",
        CLONE_AWS_ACCESS_KEY_ID: "c",
        CLONE_AWS_SECRET_ACCESS_KEY: "d",
      },
    );
  });

  it("is empty with roles", () => {
    assert.deepEqual(podSecretData({}), {});
  });
});

describe("docs/pod-config.md", () => {
  it("accounts for every key that is written, and for every key of the runbook", async () => {
    const page = await readFile(new URL("../../../../docs/pod-config.md", import.meta.url), "utf8");
    const endpoint = "http://minio:9000";
    const credentials = { irsaRoleArn: "arn:aws:iam::123456789012:role/r" };
    const written = podConfigData(
      { ...backup, endpoint, credentials, kmsKey: "alias/k" },
      { ...restore, targetTime: "2026-11-21T09:30:00Z" },
    );
    const ofRunbook = [
      "USEWALG_RESTORE",
      "CLONE_HOST",
      "CLONE_USER",
      "CLONE_PORT",
      "CLONE_AWS_ACCESS_KEY_ID",
      "CLONE_AWS_SECRET_ACCESS_KEY",
      "CLONE_AWS_ENDPOINT",
    ];
    for (const key of [
      ...Object.keys(written),
      ...ofRunbook,
      ...Object.keys(podSecretData({ backup: { accessKeyId: "a", secretAccessKey: "b" } })),
    ]) {
      // The table has one row for a variable and its counterpart with the prefix.
      assert(page.includes(`\`${key}\``) || page.includes(`\`${key.replace(/^CLONE_/, "")}\``), key);
    }
  });
});
