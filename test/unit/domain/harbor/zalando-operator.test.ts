import assert from "node:assert/strict";
import { gravest } from "../../../../domain/finding.ts";
import {
  checkZalandoConfiguration,
  readZalandoConfiguration,
  type DeclaredForOperator,
} from "../../../../domain/harbor/zalando-operator.ts";
import { faultTest } from "../../../support/fault-test.ts";

const data = {
  pod_environment_configmap: "harbor-operator-ns/pod-config",
  pod_environment_secret: "pod-secret",
  wal_s3_bucket: "harbor-db",
  aws_region: "eu-west-2",
  secret_name_template: "{username}.{cluster}.credentials",
  docker_image: "ghcr.io/zalando/spilo-16:3.3-p1",
  enable_teams_api: "false",
};
const declared: DeclaredForOperator = {
  podConfig: { namespace: "harbor-operator-ns", name: "pod-config" },
  podSecret: "pod-secret",
  podSecretHasKeys: true,
  backupBucket: "harbor-db",
  pamRoles: ["zalandos"],
};
const where = "ConfigMap harbor-operator-ns/postgres-operator";

function problemsOf(configMapData: Record<string, string>, more: Partial<DeclaredForOperator> = {}): string[] {
  const findings = checkZalandoConfiguration(
    readZalandoConfiguration({ configMapData }),
    { ...declared, ...more },
    where,
  );
  return findings.map(({ severity, what }) => `${severity}: ${what}`);
}

function without(key: keyof typeof data): Record<string, string> {
  return Object.fromEntries(Object.entries(data).filter(([name]) => name !== key));
}

describe("readZalandoConfiguration", () => {
  it("reads the same from the ConfigMap and from an OperatorConfiguration", () => {
    const operatorConfiguration = {
      apiVersion: "acid.zalan.do/v1",
      kind: "OperatorConfiguration",
      configuration: {
        docker_image: data.docker_image,
        kubernetes: {
          pod_environment_configmap: data.pod_environment_configmap,
          pod_environment_secret: data.pod_environment_secret,
          secret_name_template: data.secret_name_template,
        },
        aws_or_gcp: { wal_s3_bucket: data.wal_s3_bucket, aws_region: data.aws_region },
      },
    };
    assert.deepEqual(
      readZalandoConfiguration({ operatorConfiguration }),
      readZalandoConfiguration({ configMapData: data }),
    );
  });

  it("treats an empty value as none, and reads a boolean in either form", () => {
    assert.equal(readZalandoConfiguration({ configMapData: { wal_s3_bucket: "" } }).walS3Bucket, undefined);
    assert.equal(
      readZalandoConfiguration({ configMapData: { enable_owner_references: "true" } }).enableOwnerReferences,
      true,
    );
    assert.equal(
      readZalandoConfiguration({
        operatorConfiguration: { configuration: { kubernetes: { enable_owner_references: true } } },
      }).enableOwnerReferences,
      true,
    );
  });

  it("refuses an object that is not an OperatorConfiguration", () => {
    assert.throws(() => readZalandoConfiguration({ operatorConfiguration: { spec: {} } }));
  });
});

describe("checkZalandoConfiguration", () => {
  it("accepts an operator that names everything", () => {
    assert.deepEqual(problemsOf(data), ["ok: names pod-config, the pod Secret and wal_s3_bucket"]);
    assert.deepEqual(problemsOf({ ...data, pod_environment_configmap: "pod-config" }), [
      "ok: names pod-config, the pod Secret and wal_s3_bucket",
    ]);
  });

  const refused: [what: string, data: Record<string, string>, problem: RegExp][] = [
    ["a missing pod_environment_configmap", without("pod_environment_configmap"), /names no pod_environment_configmap/],
    [
      "another pod_environment_configmap",
      { ...data, pod_environment_configmap: "default/pod-config" },
      /names a different pod_environment_configmap/,
    ],
    ["a missing pod_environment_secret", without("pod_environment_secret"), /names no pod_environment_secret/],
    [
      "another pod_environment_secret",
      { ...data, pod_environment_secret: "other" },
      /names a different pod_environment_secret/,
    ],
    ["a missing wal_s3_bucket", without("wal_s3_bucket"), /has no wal_s3_bucket/],
    ["the operator's default template of names", without("secret_name_template"), /a different secret_name_template/],
    ["enable_owner_references", { ...data, enable_owner_references: "true" }, /enable_owner_references/],
  ];
  for (const [what, configMapData, problem] of refused) {
    faultTest(19, `refuses ${what}, because the operator would silently ignore what is declared`, () => {
      const findings = checkZalandoConfiguration(readZalandoConfiguration({ configMapData }), declared, where);
      assert.equal(gravest(findings), "refuse");
      assert.match(findings.map((finding) => finding.what).join(), problem);
      assert(findings.every((finding) => finding.where === where && finding.fix.length > 0));
    });
  }

  it("names every problem at once", () => {
    assert.equal(problemsOf({}).length, 4);
  });

  it("warns of another bucket, of another Secret although no keys are needed, and of a role without its pam line", () => {
    assert.match(problemsOf({ ...data, wal_s3_bucket: "dummy" }).join(), /^warn: has a different wal_s3_bucket/);
    assert.match(
      problemsOf(data, { podSecret: "other", podSecretHasKeys: false }).join(),
      /^warn: names a different pod_environment_secret; it creates no database without that Secret/,
    );
    assert.match(
      problemsOf({ ...data, pam_role_name: "ops" }).join(),
      /^warn: has a pam_role_name that is in no pam line/,
    );
  });
});
