import assert from "node:assert/strict";
import type { FaultNumber } from "../../faults.ts";
import { proofTimeLimits } from "../../../domain/restore/proof/request.ts";
import { duration } from "../../../domain/duration.ts";
import fc from "fast-check";
import type { Settings } from "../../../settings/schema.ts";
import { parseSettings } from "../../../settings/settings.ts";
import { faultTest } from "../../support/fault-test.ts";

const uid = "99e85b8a-3f92-4c86-8d42-5056348c1e7e";
const keys = { accessKeyId: "CANARY-id", secretAccessKey: "CANARY-key" };
const harbor = {
  cluster: "harbor-cluster/harbor-cluster",
  externalUrl: "https://harbor.example.com",
  spiloImage: "ghcr.io/zalando/spilo-16:3.3-p3",
  backup: { credentials: "secret" },
  buckets: {
    artifacts: { name: "harbor-artifacts", region: "eu-west-2" },
    databaseBackups: { name: "harbor-database", region: "eu-west-2", kmsKey: "alias/harbor" },
  },
};
const restore = {
  id: "r1",
  scope: "postgresql-harbor-cluster-harbor-cluster",
  uid,
  postgresVersion: 12,
  credentials: "secret",
};

function parsed(config: Record<string, unknown>, secretKeys = ["harborSecrets"]): Settings {
  const values = Object.entries({ kubernetes: { context: "lab" }, ...config }).map(
    ([key, value]) => [key, JSON.stringify(value)] as const,
  );
  return parseSettings({ stack: "lab", values: new Map(values), secretKeys: new Set(secretKeys) });
}

function problemsOf(config: Record<string, unknown>, secretKeys?: string[]): string {
  try {
    parsed(config, secretKeys);
  } catch (error) {
    assert(error instanceof Error);
    assert.doesNotMatch(error.message, /CANARY/);
    return error.message;
  }
  return assert.fail("the settings were accepted");
}

describe("the settings of Harbor", () => {
  it("are absent in a stack that does not name them", () => {
    assert.equal(parsed({}).harbor, undefined);
  });

  it("fill in the defaults, and name the store in full", () => {
    assert.deepEqual(parsed({ harbor, harborSecrets: { backup: keys } }).harbor, {
      cluster: { namespace: "harbor-cluster", name: "harbor-cluster" },
      operatorNamespace: "harbor-operator-ns",
      podConfig: "pod-config",
      podSecret: "pod-secret",
      externalUrl: "https://harbor.example.com",
      spiloImage: "ghcr.io/zalando/spilo-16:3.3-p3",
      buckets: {
        artifacts: { name: "harbor-artifacts", region: "eu-west-2", adopt: false, noncurrentDays: 90 },
        databaseBackups: {
          name: "harbor-database",
          region: "eu-west-2",
          adopt: false,
          kmsKey: "alias/harbor",
          noncurrentDays: 90,
        },
      },
      iamPolicies: true,
      secrets: { also: [], adopt: false, region: "eu-west-2", replicas: [], restore: true, recoveryWindowDays: 30 },
      drill: {
        credentials: "secret",
        expect: { databases: [], queries: [] },
        amcheck: "if-installed",
        resources: { cpu: "1", memory: "2Gi" },
      },
      endpointUrls: {},
      timeLimits: { operator: duration("5m"), pod: duration("10m"), resource: duration("15m") },
      ownPgHbaLines: [],
      backup: {
        bucket: "harbor-database",
        region: "eu-west-2",
        endpoint: undefined,
        bucketOwner: undefined,
        kmsKey: "alias/harbor",
        schedule: "0 1 * * *",
        retainDays: 5,
        credentials: "secret",
      },
      restore: undefined,
      restoreReadTimeLimit: undefined,
      proof: undefined,
    });
  });

  it("fill in how a restore is proven, and take a number for the text of a result", () => {
    const query = { database: "core", sql: "select count(*) from project" };
    const expect = {
      databases: ["core"],
      queries: [
        { ...query, equals: 3 },
        { ...query, atLeast: 1 },
      ],
    };
    const lostAt = "2026-11-21T09:30:00+00:00";
    const declared = { ...restore, expect, lostAt, proof: { amcheck: "always", timeLimits: { backup: "2h" } } };
    const found = parsed({
      harbor: { ...harbor, restore: declared },
      harborSecrets: { backup: keys, restore: keys },
    }).harbor;
    assert.deepEqual(found?.proof, {
      amcheck: "always",
      harbor: { insecure: false },
      registry: { problems: "report", root: "", database: "core", digests: false },
      timeLimits: { ...proofTimeLimits.parse({}), backup: duration("2h") },
      lostAt,
      systemIdentifier: undefined,
      expect: {
        databases: ["core"],
        queries: [
          { ...query, equals: "3" },
          { ...query, atLeast: 1 },
        ],
      },
    });
    assert.doesNotMatch(JSON.stringify(found.restore), /proof|expect|lostAt/);
  });

  it("refuse a query with two results or none, a reason of one word, and a moment without its offset", () => {
    const query = { database: "core", sql: "select 1" };
    const wrong = {
      ...restore,
      lostAt: "2026-11-21T09:30:00",
      expect: {
        queries: [query, { ...query, equals: "1", atLeast: 1 }],
        systemIdentifier: 7301234567890123456n.toString(16),
      },
      proof: { skip: "because", harbor: { url: "harbor.example.com" } },
    };
    const problems = problemsOf({
      harbor: { ...harbor, restore: wrong },
      harborSecrets: { backup: keys, restore: keys },
    });
    for (const part of [
      /expect\.queries\[0\]/,
      /expect\.queries\[1\]/,
      /exactly one of equals, atLeast and empty/,
      /expect\.systemIdentifier/,
      /restore\.lostAt/,
      /proof\.skip/,
      /proof\.harbor\.url/,
    ])
      assert.match(problems, part);
  });

  it("use the own store for a restore that names no bucket, and another bucket with its region", () => {
    const ofRestore = (more: object): unknown =>
      parsed({
        harbor: {
          ...harbor,
          backup: { ...harbor.backup, endpoint: "http://minio:9000", bucketOwner: "123456789012" },
          buckets: { databaseBackups: { ...harbor.buckets.databaseBackups, adopt: true } },
          restore: { ...restore, ...more },
        },
        harborSecrets: { backup: keys, restore: keys },
      }).harbor?.restore;
    const common = {
      id: "r1",
      scope: restore.scope,
      postgresVersion: 12,
      versionInPath: true,
      credentials: "secret",
      source: { uid },
    };
    assert.deepEqual(ofRestore({}), {
      ...common,
      bucket: "harbor-database",
      region: "eu-west-2",
      endpoint: "http://minio:9000",
      bucketOwner: "123456789012",
    });
    assert.deepEqual(ofRestore({ bucket: "other-bucket", region: "us-east-1" }), {
      ...common,
      bucket: "other-bucket",
      region: "us-east-1",
      endpoint: undefined,
      bucketOwner: undefined,
    });
  });

  it("have the backup read before a restore only when asked, for 12 hours at most", () => {
    const limit = (more: object): unknown =>
      parsed({
        harbor: { ...harbor, restore: { ...restore, ...more } },
        harborSecrets: { backup: keys, restore: keys },
      }).harbor?.restoreReadTimeLimit;
    assert.deepEqual([{}, { readTimeLimit: "6h" }, { read: true }, { read: true, readTimeLimit: "36h" }].map(limit), [
      undefined,
      undefined,
      duration("12h"),
      duration("36h"),
    ]);
  });

  it("take regions, roles and keys of GovCloud and China", () => {
    for (const [region, partition] of [
      ["us-gov-west-1", "aws-us-gov"],
      ["cn-northwest-1", "aws-cn"],
    ]) {
      const databaseBackups = {
        ...harbor.buckets.databaseBackups,
        region,
        kmsKey: `arn:${partition}:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      };
      const credentials = { irsaRoleArn: `arn:${partition}:iam::123456789012:role/backups` };
      const { harbor: found } = parsed({
        harbor: {
          ...harbor,
          spiloImage: "ghcr.io/zalando/spilo-16:3.2-p3",
          backup: { ...harbor.backup, credentials },
          buckets: { databaseBackups },
        },
      });
      assert.deepEqual([found?.backup.region, found?.secrets.region], [region, region]);
    }
  });

  faultTest(71, "name AWS's addresses with TLS, and its accounts by their number", () => {
    const problems = problemsOf({
      harbor: {
        ...harbor,
        backup: { ...harbor.backup, bucketOwner: "my-account" },
        endpointUrls: { s3: "http://10.0.0.7:9000", secretsManager: "https://vpce-1.amazonaws.com/path" },
      },
      harborSecrets: { backup: keys },
    });
    for (const problem of [
      /must be an AWS account: 12 digits\n *→ at harbor\.backup\.bucketOwner/,
      /must be https:\/\/…: plain http[^\n]*\n *→ at harbor\.endpointUrls\.s3/,
      /without a path[^\n]*\n *→ at harbor\.endpointUrls\.secretsManager/,
    ])
      assert.match(problems, problem);
  });

  it("distinguish a source with a UID from one with a prefix", () => {
    const config = {
      harbor: { ...harbor, restore: { ...restore, uid: undefined, prefix: "harbor-cluster-" } },
      harborSecrets: { backup: keys, restore: keys },
    };
    assert.deepEqual(parsed(config).harbor?.restore?.source, { prefix: "harbor-cluster-" });
  });

  faultTest(35, "name every problem in every key at once, and print no value", () => {
    const problems = problemsOf(
      {
        harbor: {
          ...harbor,
          cluster: `${"n".repeat(30)}/${"m".repeat(17)}`,
          externalUrl: "harbor.example.com",
          spiloImage: "ghcr.io/zalando/spilo-17:4.0-p3",
          pgHba: ["host all all all reject"],
          backup: {
            endpoint: "http://minio:9000/harbor-database",
            retainDays: 1,
            schedule: "daily",
            credentials: { irsaRoleArn: "role/x" },
          },
          buckets: {
            artifacts: { name: "harbor-database", region: "eu-west" },
            databaseBackups: { name: "harbor-database", region: "eu-west-2", adopted: true },
          },
          secrets: { recoveryWindowDays: 0 },
          restore: {
            ...restore,
            scope: "a/b",
            uid: `/${uid}`,
            prefix: "x",
            postgresVersion: 13,
            targetTime: "2026-11-21 09:30 CET",
            region: "eu-west-2",
          },
        },
        harborSecrets: { backup: { accessKeyId: "CANARY with spaces" } },
      },
      [],
    );
    assert.deepEqual(
      problems
        .split("\n")
        .filter((line) => line.startsWith("  → at"))
        .map((line) => line.slice("  → at ".length))
        .toSorted(),
      [
        "harbor.backup.credentials.irsaRoleArn",
        "harbor.backup.endpoint",
        "harbor.backup.retainDays",
        "harbor.backup.schedule",
        "harbor.buckets.artifacts.name",
        "harbor.buckets.artifacts.region",
        "harbor.buckets.databaseBackups",
        "harbor.buckets.databaseBackups.adopt",
        "harbor.cluster",
        "harbor.externalUrl",
        "harbor.pgHba",
        "harbor.restore.postgresVersion",
        "harbor.restore.prefix",
        "harbor.restore.region",
        "harbor.restore.scope",
        "harbor.restore.targetTime",
        "harbor.restore.uid",
        "harbor.restore.uid",
        "harbor.secrets.recoveryWindowDays",
        "harbor.spiloImage",
        "harbor.spiloImage",
        "harborSecrets",
        "harborSecrets.backup.accessKeyId",
        "harborSecrets.backup.secretAccessKey",
        "harborSecrets.restore",
      ],
    );
  });

  const wrongRestores: [fault: FaultNumber, what: string, restore: object, problem: RegExp][] = [
    [19, "no scope", { ...restore, scope: undefined }, /harbor\.restore\.scope/],
    [19, "an empty scope", { ...restore, scope: "" }, /harbor\.restore\.scope/],
    [20, "neither a UID nor a prefix", { ...restore, uid: undefined }, /exactly one of uid and prefix/],
    [20, "a UID and a prefix", { ...restore, prefix: "harbor-cluster-" }, /exactly one of uid and prefix/],
    [20, "a UID in capitals", { ...restore, uid: uid.toUpperCase() }, /UID in small letters/],
    [
      20,
      "a prefix without its hyphen",
      { ...restore, uid: undefined, prefix: "harbor-cluster" },
      /NAMESPACE- with its hyphen/,
    ],
    [22, "a target time without an offset", { ...restore, targetTime: "2026-11-21T09:30:00" }, /offset from UTC/],
    [
      23,
      "an endpoint of AWS",
      { ...restore, bucket: "other", region: "eu-west-2", endpoint: "https://s3.eu-west-2.amazonaws.com" },
      /leave the endpoint out for AWS/,
    ],
    [23, "another bucket without its region", { ...restore, bucket: "other" }, /required together with bucket/],
    [23, "a zone for a region", { ...restore, bucket: "other", region: "eu-west-2a" }, /must be the bucket's region/],
    [24, "a newer PostgreSQL than Harbor's", { ...restore, postgresVersion: 14 }, /harbor\.restore\.postgresVersion/],
  ];
  for (const [fault, what, wrong, problem] of wrongRestores) {
    faultTest(fault, `refuse a restore with ${what} before anything is touched`, () => {
      assert.match(
        problemsOf({ harbor: { ...harbor, restore: wrong }, harborSecrets: { backup: keys, restore: keys } }),
        problem,
      );
    });
  }

  faultTest(26, "refuse an unsupported image before anything is touched", () => {
    assert.match(
      problemsOf({
        harbor: { ...harbor, spiloImage: "registry.opensource.zalan.do/acid/spilo-12:1.6-p3" },
        harborSecrets: { backup: keys },
      }),
      /at harbor\.spiloImage/,
    );
  });

  faultTest(26, "refuse a role with an image that does not pass it on", () => {
    const withRole = {
      ...harbor,
      spiloImage: "x/spilo-14:2.1-p6",
      backup: { credentials: { irsaRoleArn: "arn:aws:iam::123456789012:role/r" } },
    };
    assert.match(problemsOf({ harbor: withRole }), /does not pass the IAM role on/);
    assert.match(
      problemsOf({ harbor: { ...withRole, spiloImage: "ghcr.io/zalando/spilo-16:3.3-p3" } }),
      /cannot assume an IAM role.*use ghcr\.io\/zalando\/spilo-16:3\.2-p3/,
    );
  });

  faultTest(26, "refuse an image of which nothing is known", () => {
    const other = {
      harbor: { ...harbor, spiloImage: "ghcr.io/zalando/spilo-16:latest" },
      harborSecrets: { backup: keys },
    };
    assert.match(problemsOf(other), /nothing is known about it[^]*at harbor\.spiloImage/);
  });

  faultTest(77, "refuse a schedule that cron does not run, and say which field is wrong", () => {
    const withSchedule = (schedule: string): Record<string, unknown> => ({
      harbor: { ...harbor, backup: { ...harbor.backup, schedule } },
      harborSecrets: { backup: keys },
    });
    assert.match(problemsOf(withSchedule("61 25 * * x")), /has no valid minute[^]*at harbor\.backup\.schedule/);
    assert.match(problemsOf(withSchedule("a b c d e")), /has no valid minute/);
    assert.match(problemsOf(withSchedule("0 1 31 2 *")), /never comes/);
    assert.equal(parsed(withSchedule("30 2 * * mon-fri")).harbor?.backup.schedule, "30 2 * * mon-fri");
  });

  it("accept names of 46 characters together, and refuse 47", () => {
    const withNames = (length: number): Record<string, unknown> => ({
      harbor: { ...harbor, cluster: `n/${"x".repeat(length - 1)}` },
      harborSecrets: { backup: keys },
    });
    assert.deepEqual(parsed(withNames(46)).harbor?.cluster, { namespace: "n", name: "x".repeat(45) });
    assert.match(problemsOf(withNames(47)), /at most 46 characters together/);
  });
});

describe("the keys in harborSecrets", () => {
  it("are required where credentials say secret, on both sides", () => {
    const problems = problemsOf({ harbor: { ...harbor, restore } });
    assert.match(problems, /at harborSecrets\.backup/);
    assert.match(problems, /at harborSecrets\.restore/);
  });

  it("are not required with roles", () => {
    const withRole = {
      ...harbor,
      spiloImage: "ghcr.io/zalando/spilo-16:3.2-p3",
      backup: { credentials: { irsaRoleArn: "arn:aws:iam::123456789012:role/r" } },
    };
    assert.equal(parsed({ harbor: withRole }).harborSecrets, undefined);
  });

  it("are refused in plain text", () => {
    assert.match(
      problemsOf({ harbor, harborSecrets: { backup: keys } }, []),
      /holds secrets in plain text: set it with `pulumi config set --secret`/,
    );
  });

  it("are refused inside the key harbor", () => {
    assert.match(
      problemsOf({ harbor: { ...harbor, backup: { ...harbor.backup, ...keys } } }, ["harbor"]),
      /a secret value inside the key harbor/,
    );
  });

  it("never appear in an error, whatever is wrong with them", () => {
    const canary = fc.constantFrom("CANARY", "CANARY with a space", "CANARY\n", "");
    const anything = fc.oneof(
      canary,
      fc.array(canary),
      fc.record({ accessKeyId: canary, secretAccessKey: fc.oneof(canary, fc.integer()) }, { requiredKeys: [] }),
    );
    fc.assert(
      fc.property(
        fc.record({ backup: anything, restore: anything }, { requiredKeys: [] }),
        fc.boolean(),
        (harborSecrets, secret) => {
          try {
            parsed({ harbor, harborSecrets }, secret ? ["harborSecrets"] : []);
          } catch (error) {
            assert.doesNotMatch(error instanceof Error ? error.message : "", /CANARY/);
          }
        },
      ),
    );
  });
});
