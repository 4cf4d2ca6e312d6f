import assert from "node:assert/strict";
import { steps, type ReportOf } from "../../../../domain/steps/steps.ts";
import { RecoveryError } from "../../../../domain/errors.ts";
import { compareEnvironment } from "../../../../operations/harbor/environment.ts";
import { FakeHarbor } from "../../../support/fake-harbor.ts";
import { faultSuite } from "../../../support/fault-test.ts";

const podConfigData = { WAL_S3_BUCKET: "bkt", CLONE_SCOPE: "lost" };
const podSecretData = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "CANARY" };
const request = steps["harbor environment"].request.parse({
  version: 1,
  kubernetes: { context: "test" },
  cluster: "harbor-cluster/harbor-cluster",
  podConfigData,
  podSecretData,
});

interface Live {
  readonly podConfig?: Record<string, string> | undefined;
  readonly podSecret?: Record<string, string> | undefined;
  readonly checks?: readonly [podConfig: string | undefined, podSecret: string | undefined];
  readonly instances?: readonly [podConfig: string | undefined, podSecret: string | undefined];
  /** Keys that this program set in either. */
  readonly owned?: readonly string[];
}

class FakeEnvironment extends FakeHarbor {
  constructor({
    podConfig = podConfigData,
    podSecret = podSecretData,
    checks = ["c1", "c1"],
    instances = ["i1", "i2"],
    owned = [],
  }: Live) {
    super();
    const fields = Object.fromEntries(owned.map((key) => [`f:${key}`, {}]));
    const managedFields = [{ manager: "postgres-recovery", fieldsV1: { "f:data": fields } }];
    const object = (data: Record<string, string>, index: 0 | 1) => ({
      data,
      managedFields,
      annotations: {
        ...(checks[index] !== undefined && { "postgres-recovery/check": checks[index] }),
        ...(instances[index] !== undefined && { "postgres-recovery/instance": instances[index] }),
      },
    });
    this.getConfigMap = ({ namespace, name }) => {
      assert.equal(`${namespace}/${name}`, "harbor-operator-ns/pod-config");
      return Promise.resolve(object(podConfig, 0));
    };
    this.getPodSecret = ({ namespace, name }) => {
      assert.equal(`${namespace}/${name}`, "harbor-cluster/pod-secret");
      return Promise.resolve(object(podSecret, 1));
    };
  }
}

function compared(live: Live = {}): Promise<ReportOf<"harbor environment">> {
  return compareEnvironment(new FakeEnvironment(live), request);
}

faultSuite(111, "the comparison of pod-config and the pod Secret with what is declared", () => {
  it("names the check by which both were written while they are as declared", async () => {
    const { check, differs } = await compared();
    assert.deepEqual([check, differs], ["c1", []]);
  });

  it("ignores a key that somebody else added, which the preflight judges", async () => {
    assert.equal((await compared({ podConfig: { ...podConfigData, FOREIGN: "1" } })).check, "c1");
  });

  const different: [what: string, live: Live, differs: string[]][] = [
    ["a CLONE_ value that is not there yet", { podConfig: { WAL_S3_BUCKET: "bkt" } }, ["pod-config CLONE_SCOPE"]],
    ["a value that was edited", { podConfig: { ...podConfigData, WAL_S3_BUCKET: "x" } }, ["pod-config WAL_S3_BUCKET"]],
    [
      "a value of our own that is declared no longer",
      { podConfig: { ...podConfigData, CLONE_TARGET_TIME: "t" }, owned: ["CLONE_TARGET_TIME"] },
      ["pod-config CLONE_TARGET_TIME"],
    ],
    [
      "a key that was rotated",
      { podSecret: { ...podSecretData, AWS_SECRET_ACCESS_KEY: "CANARY-old" } },
      ["the pod Secret AWS_SECRET_ACCESS_KEY"],
    ],
  ];
  for (const [what, live, differs] of different) {
    it(`names no check for ${what}, and shows no value`, async () => {
      const report = await compared(live);
      assert.deepEqual([report.check, report.differs], [null, differs]);
      assert.doesNotMatch(JSON.stringify(report), /CANARY/);
    });
  }

  it("names no check when the two objects do not name the same one, or none", async () => {
    const none: [string | undefined, string | undefined][] = [
      ["c1", "c2"],
      ["c1", undefined],
      [undefined, "c1"],
      [undefined, undefined],
    ];
    for (const checks of none) assert.equal((await compared({ checks })).check, null);
  });

  it("names the id of each object, and no check when one has none, as an object that somebody else made", async () => {
    assert.deepEqual((await compared()).instances, { podConfig: "i1", podSecret: "i2" });
    const foreign = await compared({ instances: ["i1", undefined] });
    assert.deepEqual([foreign.check, foreign.instances], [null, { podConfig: "i1", podSecret: null }]);
    assert.equal((await compared({ instances: [undefined, "i2"] })).check, null);
  });

  it("names the CLONE_ values that this program has set, and no others", async () => {
    const podConfig = { ...podConfigData, CLONE_HOST: "by hand" };
    const { clone } = await compared({ podConfig, owned: ["WAL_S3_BUCKET", "CLONE_SCOPE"] });
    assert.deepEqual(clone, { CLONE_SCOPE: "lost" });
  });

  it("finds that both are missing", async () => {
    const kubernetes = new FakeHarbor();
    const { check, differs, instances } = await compareEnvironment(kubernetes, request);
    assert.deepEqual([check, differs], [null, ["pod-config is missing", "the pod Secret is missing"]]);
    assert.deepEqual(instances, { podConfig: null, podSecret: null });
  });

  it("fails when one cannot be read", async () => {
    const kubernetes = new FakeEnvironment({});
    kubernetes.getPodSecret = () => Promise.reject(new RecoveryError("kubernetes-forbidden", "403"));
    await assert.rejects(compareEnvironment(kubernetes, request), /403/);
  });
});
