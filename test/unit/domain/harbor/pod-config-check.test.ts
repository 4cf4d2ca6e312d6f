import assert from "node:assert/strict";
import type { FaultNumber } from "../../../faults.ts";
import fc from "fast-check";
import type { Severity } from "../../../../domain/catalogue/finding-codes.ts";
import { gravest } from "../../../../domain/finding.ts";
import { checkPodConfig } from "../../../../domain/harbor/pod-config-check.ts";
import { faultSuite, faultTest } from "../../../support/fault-test.ts";

const good: Record<string, string> = {
  WAL_S3_BUCKET: "harbor-db",
  USE_WALG_BACKUP: "true",
  USE_WALG_RESTORE: "true",
  BACKUP_SCHEDULE: "0 1 * * *",
  BACKUP_NUM_TO_RETAIN: "5",
  AWS_REGION: "eu-west-2",
  CLONE_METHOD: "CLONE_WITH_WALE",
  CLONE_SCOPE: "postgresql-harbor-cluster-harbor-cluster",
  CLONE_WAL_S3_BUCKET: "harbor-db",
  CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/99e85b8a-3f92-4c86-8d42-5056348c1e7e",
  CLONE_PGVERSION: "12",
  CLONE_USE_WALG_RESTORE: "true",
  CLONE_AWS_REGION: "eu-west-2",
};
const podSecret = {
  AWS_ACCESS_KEY_ID: "CANARY-id",
  AWS_SECRET_ACCESS_KEY: "CANARY-key",
  CLONE_AWS_ACCESS_KEY_ID: "CANARY-clone-id",
  CLONE_AWS_SECRET_ACCESS_KEY: "CANARY-clone-key",
};

function without(...keys: string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(good).filter(([key]) => !keys.includes(key)));
}

describe("checkPodConfig", () => {
  it("accepts a pod-config that works", () => {
    assert.deepEqual(
      checkPodConfig(good, podSecret).map(({ severity }) => severity),
      ["ok"],
    );
  });

  const cases: [
    fault: FaultNumber,
    what: string,
    data: Record<string, unknown>,
    key: string,
    why: RegExp,
    severity?: Severity,
  ][] = [
    [19, "an empty CLONE_SCOPE", { ...good, CLONE_SCOPE: "" }, "CLONE_SCOPE", /empty database/],
    [19, "a missing CLONE_SCOPE", without("CLONE_SCOPE"), "CLONE_SCOPE", /empty database/],
    [19, "a missing CLONE_WAL_S3_BUCKET", without("CLONE_WAL_S3_BUCKET"), "CLONE_WAL_S3_BUCKET", /empty database/],
    [
      19,
      "a bucket with s3://",
      { ...good, CLONE_WAL_S3_BUCKET: "s3://harbor-db" },
      "CLONE_WAL_S3_BUCKET",
      /bucket's name alone/,
    ],
    [
      20,
      "a suffix without its slash",
      { ...good, CLONE_WAL_BUCKET_SCOPE_SUFFIX: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" },
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      /not a slash and a UID/,
    ],
    [
      20,
      "a suffix with a slash at its end",
      { ...good, CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/99e85b8a-3f92-4c86-8d42-5056348c1e7e/" },
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      /without a slash at the end/,
    ],
    [
      20,
      "a suffix in capitals",
      { ...good, CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/99E85B8A-3F92-4C86-8D42-5056348C1E7E" },
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      /small letters/,
    ],
    [
      20,
      "a suffix that is not a UID",
      { ...good, CLONE_WAL_BUCKET_SCOPE_SUFFIX: "/latest" },
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      /UID/,
    ],
    [20, "a scope with the UID in it", { ...good, CLONE_SCOPE: "pg/99e85b8a" }, "CLONE_SCOPE", /contains a slash/],
    [
      20,
      "a missing suffix and prefix",
      without("CLONE_WAL_BUCKET_SCOPE_SUFFIX"),
      "CLONE_WAL_BUCKET_SCOPE_SUFFIX",
      /namespace default/,
      "warn",
    ],
    [
      21,
      "CLONE_METHOD=CLONE_WITH_WALG",
      { ...good, CLONE_METHOD: "CLONE_WITH_WALG" },
      "CLONE_METHOD",
      /empty database/,
    ],
    [
      21,
      "CLONE_METHOD in small letters",
      { ...good, CLONE_METHOD: "clone_with_wale" },
      "CLONE_METHOD",
      /letter by letter/,
    ],
    [21, "a missing CLONE_METHOD", without("CLONE_METHOD"), "CLONE_METHOD", /empty database/],
    [21, "CLONE_USE_WALG_RESTORE=1", { ...good, CLONE_USE_WALG_RESTORE: "1" }, "CLONE_USE_WALG_RESTORE", /WAL-E/],
    [21, "CLONE_USE_WALG_RESTORE=yes", { ...good, CLONE_USE_WALG_RESTORE: "yes" }, "CLONE_USE_WALG_RESTORE", /WAL-E/],
    [21, "an empty CLONE_USE_WALG_RESTORE", { ...good, CLONE_USE_WALG_RESTORE: "" }, "CLONE_USE_WALG_RESTORE", /WAL-E/],
    [21, "CLONE_USE_WALG_RESTORE=True", { ...good, CLONE_USE_WALG_RESTORE: "True" }, "CLONE_USE_WALG_RESTORE", /WAL-E/],
    [21, "USEWALG_RESTORE", { ...good, USEWALG_RESTORE: "true" }, "USEWALG_RESTORE", /not a variable that Spilo reads/],
    [
      21,
      "NUMBER_OF_BACKUPS_TO_RETAIN",
      { ...good, NUMBER_OF_BACKUPS_TO_RETAIN: "14" },
      "NUMBER_OF_BACKUPS_TO_RETAIN",
      /not a variable that Spilo reads/,
    ],
    [21, "a key of another tool", { ...good, FOO: "1" }, "FOO", /not a variable that Spilo reads/],
    [
      21,
      "a key twice, in another case",
      { ...good, clone_scope: "x" },
      "clone_scope",
      /differs from CLONE_SCOPE only in case/,
    ],
    [21, "a boolean that is not text", { ...good, USE_WALG_BACKUP: true }, "USE_WALG_BACKUP", /not text/],
    [
      22,
      "a target time without a zone",
      { ...good, CLONE_TARGET_TIME: "2026-11-21T09:30:00" },
      "CLONE_TARGET_TIME",
      /offset from UTC/,
    ],
    [
      22,
      "a target time in a named zone",
      { ...good, CLONE_TARGET_TIME: "2026-11-21 09:30:00 CET" },
      "CLONE_TARGET_TIME",
      /offset from UTC/,
    ],
    [
      22,
      "a target time with Z",
      { ...good, CLONE_TARGET_TIME: "2026-11-21T09:30:00Z" },
      "CLONE_TARGET_TIME",
      /PostgreSQL refuses Z in its configuration/,
    ],
    [
      22,
      "a target time on 31 November",
      { ...good, CLONE_TARGET_TIME: "2026-11-31T09:30:00Z" },
      "CLONE_TARGET_TIME",
      /offset from UTC/,
    ],
    [
      22,
      "CLONE_TARGET_INCLUSIVE=false",
      { ...good, CLONE_TARGET_INCLUSIVE: "false" },
      "CLONE_TARGET_INCLUSIVE",
      /means true/,
    ],
    [
      22,
      "a timeline in words",
      { ...good, CLONE_TARGET_TIMELINE: "newest" },
      "CLONE_TARGET_TIMELINE",
      /neither latest/,
    ],
    [
      22,
      "a pause at the target",
      { ...good, USE_PAUSE_AT_RECOVERY_TARGET: "true" },
      "USE_PAUSE_AT_RECOVERY_TARGET",
      /wait until somebody resumes it/,
    ],
    [
      23,
      "CLONE_AWS_ENDPOINT of AWS",
      { ...good, CLONE_AWS_ENDPOINT: "https://s3.eu-west-2.amazonaws.com" },
      "CLONE_AWS_ENDPOINT",
      /leave the endpoint out/,
    ],
    [
      23,
      "CLONE_AWS_ENDPOINT with the bucket",
      { ...good, CLONE_AWS_ENDPOINT: "https://minio:9000/harbor-db" },
      "CLONE_AWS_ENDPOINT",
      /without a path/,
    ],
    [
      23,
      "AWS_ENDPOINT with http+path",
      { ...good, AWS_ENDPOINT: "http+path://minio:9000" },
      "AWS_ENDPOINT",
      /must be http/,
    ],
    [
      23,
      "WALE_S3_ENDPOINT with the bucket",
      { ...good, CLONE_WALE_S3_ENDPOINT: "https+path://harbor-db.minio:9000" },
      "CLONE_WALE_S3_ENDPOINT",
      /bucket/,
    ],
    [23, "a missing CLONE_AWS_REGION", without("CLONE_AWS_REGION"), "CLONE_AWS_REGION", /loca/],
    [23, "a missing AWS_REGION", without("AWS_REGION"), "AWS_REGION", /loca/],
    [
      23,
      "CLONE_AWS_REGION with a zone",
      { ...good, CLONE_AWS_REGION: "eu-west-2a" },
      "CLONE_AWS_REGION",
      /not a region/,
    ],
    [
      23,
      "AWS_DEFAULT_REGION",
      { ...good, AWS_DEFAULT_REGION: "eu-west-2" },
      "AWS_DEFAULT_REGION",
      /not a variable that Spilo reads/,
    ],
    [
      23,
      "a role without its token",
      { ...good, CLONE_AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/r" },
      "CLONE_AWS_WEB_IDENTITY_TOKEN_FILE",
      /missing beside/,
    ],
    [
      34,
      "a secret key",
      { ...good, CLONE_AWS_SECRET_ACCESS_KEY: "CANARY-7f3" },
      "CLONE_AWS_SECRET_ACCESS_KEY",
      /is a credential/,
    ],
    [
      34,
      "an access key's ID under a harmless name",
      { ...good, WALG_SENTINEL_USER_DATA: "AKIAIOSFODNN7EXAMPLE" },
      "WALG_SENTINEL_USER_DATA",
      /is a credential/,
    ],
    [
      34,
      "a proxy with a password",
      { ...good, https_proxy: "http://me:CANARY-7f3@proxy:3128" },
      "https_proxy",
      /is a credential/,
    ],
    [
      24,
      "a suffix of its own for backups",
      { ...good, WAL_BUCKET_SCOPE_SUFFIX: "/x" },
      "WAL_BUCKET_SCOPE_SUFFIX",
      /overwrites those of the old one/,
    ],
    [21, "a missing USE_WALG_BACKUP", without("USE_WALG_BACKUP"), "USE_WALG_BACKUP", /WAL-E/],
    [21, "BACKUP_NUM_TO_RETAIN=1", { ...good, BACKUP_NUM_TO_RETAIN: "1" }, "BACKUP_NUM_TO_RETAIN", /from 2 up/],
    [77, "a schedule of wrong values", { ...good, BACKUP_SCHEDULE: "a b c d e" }, "BACKUP_SCHEDULE", /valid minute/],
    [77, "a day that never comes", { ...good, BACKUP_SCHEDULE: "0 1 31 2 *" }, "BACKUP_SCHEDULE", /never comes/],
    [
      77,
      "two backups an hour",
      { ...good, BACKUP_SCHEDULE: "0,30 1 * * *" },
      "BACKUP_SCHEDULE",
      /every few minutes/,
      "warn",
    ],
    [21, "a schedule of six fields", { ...good, BACKUP_SCHEDULE: "0 0 1 * * *" }, "BACKUP_SCHEDULE", /five fields/],
    [
      21,
      "a backup every ten minutes",
      { ...good, BACKUP_SCHEDULE: "*/10 * * * *" },
      "BACKUP_SCHEDULE",
      /every few minutes/,
      "warn",
    ],
    [21, "CLONE_HOST", { ...good, CLONE_HOST: "pg" }, "CLONE_HOST", /is ignored/, "warn"],
    [21, "SCOPE", { ...good, SCOPE: "pg" }, "SCOPE", /operator itself/, "warn"],
    [
      24,
      "a prefix that begins with a host",
      { ...good, CLONE_WALG_S3_PREFIX: "s3:///spilo/x" },
      "CLONE_WALG_S3_PREFIX",
      /not s3:\/\/BUCKET\/PATH/,
    ],
    [
      24,
      "two prefixes",
      { ...good, CLONE_WALG_S3_PREFIX: "s3://b/x", CLONE_WALG_GS_PREFIX: "gs://b/x" },
      "CLONE_WALG_S3_PREFIX, CLONE_WALG_GS_PREFIX",
      /two places/,
    ],
  ];
  for (const [fault, what, data, key, why, severity = "refuse"] of cases) {
    faultTest(fault, `${severity === "refuse" ? "refuses" : "warns of"} ${what}`, () => {
      const findings = checkPodConfig(data, podSecret);
      const found = findings.filter(({ where }) => where === `pod-config ${key}`);
      assert(
        found.some((finding) => finding.severity === severity && why.test(finding.what)),
        JSON.stringify(findings),
      );
      assert.equal(gravest(findings), severity);
      assert(!JSON.stringify(findings).includes("CANARY"));
      assert(found.every(({ fix }) => fix !== ""));
    });
  }

  it("suggests the intended variable", () => {
    const fixes = checkPodConfig({
      ...good,
      USEWALG_RESTORE: "true",
      clone_aws_region: "x",
      CLONE_WALG_S3_ENDPOINT: "x",
    }).map(({ fix }) => fix);
    for (const meant of ["USE_WALG_RESTORE", "CLONE_AWS_REGION", "CLONE_AWS_ENDPOINT"])
      assert(fixes.includes(`write ${meant}`), meant);
  });

  faultTest(
    23,
    "refuses a key without its secret, or no credentials at all, when the pod Secret's keys are known",
    () => {
      const half = checkPodConfig(good, { ...podSecret, CLONE_AWS_SECRET_ACCESS_KEY: "" });
      assert.deepEqual(
        half.map(({ where, what }) => [where, what]),
        [
          [
            "pod Secret CLONE_AWS_SECRET_ACCESS_KEY",
            "is missing beside CLONE_AWS_ACCESS_KEY_ID: Spilo uses the node's own role instead and reports no error",
          ],
        ],
      );
      assert.equal(gravest(checkPodConfig(good, { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" })), "refuse");
      assert.equal(gravest(checkPodConfig(good)), "ok");
    },
  );

  faultSuite(75, "the pod Secret", () => {
    const inSecret: [what: string, values: Record<string, string>, code: string, where: string][] = [
      ["another scope", { CLONE_SCOPE: "CANARY-scope" }, "pod-secret-key-overrides", "pod Secret CLONE_SCOPE"],
      [
        "an endpoint",
        { AWS_ENDPOINT: "https://CANARY.example/path" },
        "store-endpoint-invalid",
        "pod Secret AWS_ENDPOINT",
      ],
      ["WAL-E", { CLONE_USE_WALG_RESTORE: "CANARY" }, "walg-value-not-true", "pod Secret CLONE_USE_WALG_RESTORE"],
      ["a misspelt name", { CLONE_TARGETTIME: "CANARY" }, "pod-config-key-unknown", "pod Secret CLONE_TARGETTIME"],
      [
        "a wrong target time",
        { CLONE_TARGET_TIME: "CANARY" },
        "clone-target-time-invalid",
        "pod Secret CLONE_TARGET_TIME",
      ],
    ];
    for (const [what, values, code, where] of inSecret) {
      it(`is judged like pod-config: ${what}`, () => {
        const findings = checkPodConfig(good, { ...podSecret, ...values });
        assert(
          findings.some((finding) => finding.code === code && finding.where === where),
          JSON.stringify(findings),
        );
        assert(!JSON.stringify(findings).includes("CANARY"));
      });
    }

    it("displaces a key of pod-config whose name differs only in case, as the operator does", () => {
      const findings = checkPodConfig(good, { ...podSecret, clone_scope: "x" });
      assert(findings.some(({ where, code }) => where === "pod-config CLONE_SCOPE" && code === "clone-scope-missing"));
    });

    it("may hold credentials", () => {
      assert.deepEqual(
        checkPodConfig(good, podSecret).map(({ code }) => code),
        ["pod-config-sound"],
      );
    });
  });

  it("accepts any form of region beside the endpoint of an S3-compatible store", () => {
    assert.equal(
      gravest(checkPodConfig({ ...good, CLONE_AWS_REGION: "garage", CLONE_AWS_ENDPOINT: "http://garage:3900" })),
      "ok",
    );
  });

  it("accepts a complete prefix instead of scope, bucket and suffix", () => {
    const data = {
      ...without("CLONE_SCOPE", "CLONE_WAL_S3_BUCKET", "CLONE_WAL_BUCKET_SCOPE_SUFFIX"),
      CLONE_WALG_S3_PREFIX: "s3://b/spilo/x/wal/12",
    };
    assert.equal(gravest(checkPodConfig(data)), "ok");
  });

  it("requires nothing for a clone without CLONE_ values", () => {
    const backupOnly = Object.fromEntries(Object.entries(good).filter(([key]) => !key.startsWith("CLONE_")));
    assert.equal(gravest(checkPodConfig(backupOnly, podSecret)), "ok");
  });

  it("never prints a value, whatever the data", () => {
    const canary = fc.string({ minLength: 0, maxLength: 8 }).map((noise) => `${noise}CANARY${noise}`);
    const keys = fc.oneof(
      fc.constantFrom(...Object.keys(good), "CLONE_AWS_SECRET_ACCESS_KEY", "clone_scope", "CLONE_TARGET_TIME"),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          keys.filter((key) => !key.includes("CANARY")),
          canary,
        ),
        (data) => {
          assert(!JSON.stringify(checkPodConfig(data, podSecret)).includes("CANARY"));
          assert(!JSON.stringify(checkPodConfig(good, data)).includes("CANARY"));
        },
      ),
    );
  });
});
