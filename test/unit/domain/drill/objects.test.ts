import assert from "node:assert/strict";
import { z } from "zod";
import { drillObjects, type DrillPlan } from "../../../../domain/drill/objects.ts";
import { patroniPermissions } from "../../../../domain/drill/permissions.ts";
import { namespaceName } from "../../../../domain/drill/namespace.ts";
import { podConfigData } from "../../../../domain/harbor/pod-config.ts";
import { roleRules } from "../../../../domain/kubernetes/permissions.ts";
import { spiloStart } from "../../../../sandbox/spilo/start.ts";
import { faultTest } from "../../../support/fault-test.ts";

const plan: DrillPlan = {
  id: "20261129-005500-3fa9",
  image: "ghcr.io/zalando/spilo-16:3.3-p3",
  restore: {
    id: "drill",
    bucket: "bkt",
    region: "eu-west-2",
    scope: "postgresql-harbor-cluster-harbor-cluster",
    source: { uid: "99e85b8a-3f92-4c86-8d42-5056348c1e7e" },
    postgresVersion: 12,
    versionInPath: true,
    credentials: "secret",
    targetTime: "2026-11-21T09:30:00+00:00",
  },
  keys: { accessKeyId: "canary-id", secretAccessKey: "canary-key" },
  passwords: { superuser: "canary-superuser", standby: "canary-standby" },
  resources: { cpu: "1", memory: "2Gi", volume: "7Gi" },
};

const environment = z.array(
  z.object({
    name: z.string(),
    value: z.string().optional(),
    valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() }).optional(),
  }),
);
const podSchema = z.object({
  spec: z.object({
    containers: z.tuple([z.looseObject({ env: environment, resources: z.unknown() })]),
    volumes: z.array(z.looseObject({ name: z.string() })),
  }),
});

const objectOf = (kind: string, changes: Partial<DrillPlan> = {}): object => {
  const found = drillObjects({ ...plan, ...changes }).find(({ object }) => "kind" in object && object.kind === kind);
  assert(found, kind);
  return found.object;
};
const pod = (changes: Partial<DrillPlan> = {}) => podSchema.parse(objectOf("Pod", changes)).spec;
const plainVariables = (changes: Partial<DrillPlan> = {}): Record<string, string> =>
  Object.fromEntries(
    pod(changes).containers[0].env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );

describe("the objects of a drill", () => {
  it("are all in its own namespace, with its labels", () => {
    const metadata = z.object({
      metadata: z.object({ namespace: z.string(), labels: z.record(z.string(), z.string()) }),
    });
    for (const { object } of drillObjects(plan)) {
      const { namespace, labels } = metadata.parse(object).metadata;
      assert.deepEqual([namespace, labels["postgres-recovery/drill"]], [namespaceName(plan.id), plan.id]);
    }
  });

  it("clone with exactly the variables that a restore writes to pod-config", () => {
    const { restore } = plan;
    const declared = podConfigData({ ...restore, schedule: "0 1 * * *", retainDays: 5 }, restore);
    const clones = ([name]: [string, string]): boolean => name.startsWith("CLONE_");
    const found = Object.entries(plainVariables()).filter(clones);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(Object.entries(declared).filter(clones)));
  });

  faultTest(171, "let Spilo clone the database and write no backup, by its own rules", () => {
    const secret = { CLONE_AWS_ACCESS_KEY_ID: "id", CLONE_AWS_SECRET_ACCESS_KEY: "key" };
    const start = spiloStart({ ...plainVariables(), ...secret, KUBERNETES_SERVICE_HOST: "10.0.0.1" });
    assert.deepEqual([start.method, start.backups, start.archiveCommand], ["clone_with_wale", undefined, "/bin/true"]);
    assert.deepEqual(start.warnings, []);
    const configuration: unknown = JSON.parse(plainVariables()["SPILO_CONFIGURATION"] ?? "");
    assert.deepEqual(z.object({ bootstrap: z.unknown() }).parse(configuration).bootstrap, {
      dcs: { postgresql: { parameters: { archive_mode: "off" } } },
    });
  });

  faultTest(107, "have keys and passwords in the Secret alone", () => {
    for (const { object } of drillObjects(plan)) {
      const isSecret = "kind" in object && object.kind === "Secret";
      assert.equal(JSON.stringify(object).includes("canary"), isSecret);
    }
    const byReference = pod().containers[0].env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []);
    const { stringData } = z.object({ stringData: z.record(z.string(), z.string()) }).parse(objectOf("Secret"));
    assert.deepEqual(byReference.toSorted(), Object.keys(stringData).toSorted());
    assert.deepEqual(
      new Set(Object.values(stringData)),
      new Set(["canary-id", "canary-key", "canary-superuser", "canary-standby"]),
    );
  });

  it("let a role read the backups instead of keys", () => {
    const irsaRoleArn = "arn:aws:iam::123456789012:role/reader";
    const changes = { keys: undefined, restore: { ...plan.restore, credentials: { irsaRoleArn } } };
    assert(
      JSON.stringify(objectOf("ServiceAccount", changes)).includes(`"eks.amazonaws.com/role-arn":"${irsaRoleArn}"`),
    );
    assert.equal(plainVariables(changes)["CLONE_AWS_ROLE_ARN"], irsaRoleArn);
    assert(!JSON.stringify(objectOf("Secret", changes)).includes("CLONE_"));
  });

  it("limit the Pod, and give its volume the size that was computed", () => {
    const { containers, volumes } = pod({ resources: { ...plan.resources, storageClass: "fast" } });
    const both = { cpu: "1", memory: "2Gi" };
    assert.deepEqual(containers[0].resources, { requests: both, limits: both });
    assert.deepEqual(volumes[0], {
      name: "pgdata",
      ephemeral: {
        volumeClaimTemplate: {
          spec: {
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: "7Gi" } },
            storageClassName: "fast",
          },
        },
      },
    });
  });

  it("give Patroni no more than the rights that the drill's own role names, and let nobody connect", () => {
    const { rules } = z.object({ rules: z.unknown() }).parse(objectOf("Role"));
    assert.deepEqual(rules, roleRules(patroniPermissions));
    const { spec } = z
      .object({
        spec: z.object({
          policyTypes: z.array(z.string()),
          ingress: z.array(z.unknown()),
          egress: z.array(z.unknown()),
        }),
      })
      .parse(objectOf("NetworkPolicy", { s3Port: 9000 }));
    assert.deepEqual([spec.policyTypes, spec.ingress], [["Ingress", "Egress"], []]);
    const ports = z.tuple([z.object({ ports: z.array(z.object({ port: z.int() })) })]).parse(spec.egress)[0].ports;
    assert.deepEqual(
      ports.map(({ port }) => port).toSorted((a, b) => a - b),
      [53, 53, 443, 6443, 9000],
    );
  });
});
