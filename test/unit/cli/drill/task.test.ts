import assert from "node:assert/strict";
import { drillTask, type DrillParts, type DrillTaskOptions } from "../../../../cli/drill/task.ts";
import { duration } from "../../../../domain/duration.ts";
import { taskProblem } from "../../../../domain/steps/steps.ts";
import { parseSettings } from "../../../../settings/settings.ts";
import { faultTest } from "../../../support/fault-test.ts";

const drill = {
  rpo: "1h",
  rto: "2h",
  expect: { databases: ["core"], queries: [{ database: "core", sql: "select count(*) from project", equals: 3 }] },
  amcheck: "always",
  resources: { cpu: "2", memory: "4Gi", storageClass: "fast" },
};
const harbor = {
  cluster: "harbor-cluster/harbor-cluster",
  externalUrl: "https://harbor.example.com",
  spiloImage: "ghcr.io/zalando/spilo-16:3.2-p3",
  backup: { credentials: "secret", bucketOwner: "123456789012" },
  buckets: { databaseBackups: { name: "harbor-database", region: "eu-west-2" } },
  endpointUrls: { s3: "https://vpce-1.s3.eu-west-2.vpce.amazonaws.com" },
};
const minute = duration("1m");
const options: DrillTaskOptions = {
  checkTimeout: minute,
  startTimeout: minute,
  restoreTimeout: minute,
  queryTimeout: minute,
  indexTimeout: minute,
  dumpTimeout: minute,
  removeTimeout: minute,
};

function declared(changes: object = {}) {
  const harborSecrets = { backup: { accessKeyId: "canary-own", secretAccessKey: "canary-own-key" } };
  const values = { kubernetes: { context: "lab" }, harbor: { ...harbor, ...changes }, harborSecrets };
  const texts = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)] as const);
  return parseSettings({ stack: "lab", values: new Map(texts), secretKeys: new Set(["harborSecrets"]) }).harbor;
}

function partsOf(changes: Partial<DrillParts> = {}): DrillParts {
  return {
    cluster: { namespace: "harbor-cluster", name: "harbor-cluster" },
    source: {
      bucket: "harbor-database",
      region: "eu-west-2",
      scope: "db",
      source: { prefix: "" },
      postgresVersion: 12,
      versionInPath: true,
    },
    expect: undefined,
    declared: undefined,
    environment: { AWS_ACCESS_KEY_ID: "canary-id", AWS_SECRET_ACCESS_KEY: "canary-key" },
    ...changes,
  };
}

describe("the task of a drill", () => {
  it("takes what the stack says, and options win", () => {
    const parts = partsOf({ declared: declared({ drill }) });
    const task = drillTask(parts, options);
    assert.deepEqual(task.targets, { rpo: 3600, rto: 7200 });
    assert.deepEqual(
      task.expect.queries.map(({ equals }) => equals),
      ["3"],
    );
    assert.deepEqual(task.resources, { cpu: "2", memory: "4Gi", volume: undefined, storageClass: "fast" });
    assert.deepEqual(
      [task.image, task.amcheck, task.endpointUrl, task.restore.bucketOwner],
      [harbor.spiloImage, "always", harbor.endpointUrls.s3, "123456789012"],
    );
    const expect = { databases: ["x"], queries: [] };
    const other = drillTask({ ...parts, expect }, { ...options, rpo: minute, cpu: "1", amcheck: "never" });
    assert.deepEqual([other.targets.rpo, other.resources.cpu, other.amcheck, other.expect], [60, "1", "never", expect]);
    assert.equal(taskProblem("drill run", task), undefined);
  });

  it("has defaults without a stack, and without the setting", () => {
    for (const parts of [partsOf(), partsOf({ declared: declared() })]) {
      const { amcheck, expect, resources, targets } = drillTask(parts, options);
      assert.deepEqual([amcheck, expect], ["if-installed", { databases: [], queries: [] }]);
      assert.deepEqual(targets, { rpo: undefined, rto: undefined });
      assert.deepEqual([resources.cpu, resources.memory], ["1", "2Gi"]);
    }
  });

  it("uses a role of the stack or of the options, and then no keys", () => {
    const irsaRoleArn = "arn:aws:iam::123456789012:role/reader";
    const stack = partsOf({ declared: declared({ drill: { credentials: { irsaRoleArn } } }) });
    for (const task of [drillTask(stack, options), drillTask(partsOf(), { ...options, irsaRoleArn })])
      assert.deepEqual([task.restore.credentials, task.keys], [{ irsaRoleArn }, undefined]);
  });

  faultTest(176, "is refused by the settings when a target is no duration, with every other mistake", () => {
    const wrong = { drill: { rpo: "soon", resources: { cpu: "many" }, expect: { systemIdentifier: "7" } } };
    assert.throws(
      () => declared(wrong),
      /a duration is[^]*drill\.rpo[^]*systemIdentifier[^]*drill\.expect[^]*a quantity[^]*drill\.resources\.cpu/,
    );
  });

  it("refuses keys that only work with a session token", () => {
    const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "canary" };
    assert.throws(() => drillTask(partsOf({ environment }), options), { code: "drill-keys-temporary" });
    assert.equal(drillTask(partsOf({ environment: {} }), options).keys, undefined);
  });
});
