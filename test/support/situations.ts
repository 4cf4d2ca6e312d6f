import fc from "fast-check";
import { stringify } from "yaml";
import { checkReport } from "../../domain/check/check.ts";
import type { KubernetesObject } from "../../domain/check/manifest.ts";
import type { CheckReport } from "../../domain/check/report.ts";
import { resourcesOfState } from "../../domain/check/state.ts";
import { harborOperatorPgHba, runbookPgHba } from "../../domain/harbor/pg-hba.ts";
import { checkManifests } from "../../cli/check/manifests.ts";
import { checkCluster } from "../../operations/check/live.ts";
import { soundPodConfig, type ExampleResource } from "../policy-examples.ts";

/** How often each code is found, passed checks left out. */
export type CodeCounts = Readonly<Record<string, number>>;

const object = (apiVersion: string, kind: string, name: string, more: object): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { namespace: "registry", name },
  ...more,
});

const mistakes: readonly [key: string, value: unknown][] = [
  ["CLONE_METHOD", "CLONE_WITH_WALG"],
  ["CLONE_METHOD", undefined],
  ["CLONE_SCOPE", ""],
  ["CLONE_SCOPE", "a/b"],
  ["clone_scope", "postgresql-harbor-harbor"],
  ["CLONE_WAL_S3_BUCKET", undefined],
  ["CLONE_WAL_BUCKET_SCOPE_SUFFIX", ""],
  ["CLONE_TARGET_TIME", "2026-11-21T09:30:00Z"],
  ["CLONE_TARGET_TIME", "yesterday"],
  ["CLONE_TARGET_INCLUSIVE", "false"],
  ["CLONE_AWS_REGION", undefined],
  ["CLONE_AWS_SECRET_ACCESS_KEY", "CANARY"],
  ["CLONE_HOST", "db"],
  ["USE_WALG_BACKUP", true],
  ["USE_WALG_BACKUP", "yes"],
  ["USE_WALG_RESTORE", "1"],
  ["BACKUP_NUM_TO_RETAIN", 5],
  ["BACKUP_NUM_TO_RETAIN", "1"],
  ["BACKUP_SCHEDULE", "@daily"],
  ["BACKUP_SCHEDULE", "*/10 * * * *"],
  ["WAL_BUCKET_SCOPE_SUFFIX", "/x"],
  ["AWS_ENDPOINT", "https://s3.eu-west-2.amazonaws.com"],
  ["SCOPE", "postgresql-harbor-harbor"],
  ["AWS_DEFAULT_REGION", "eu-west-2"],
];
const podConfig = fc.subarray([...mistakes], { maxLength: 4 }).map((changes) => {
  const data = Object.entries({ ...soundPodConfig, ...Object.fromEntries(changes) });
  return object("v1", "ConfigMap", "pod-config", {
    data: Object.fromEntries(data.filter(([, value]) => value !== undefined)),
  });
});

const otherConfigMap = fc
  .dictionary(
    fc.constantFrom("LOG_LEVEL", "DATABASE_URL", "api_token", "db-password", "application.properties", "tls.key"),
    fc.constantFrom(
      "",
      "debug",
      "12:30:45",
      "postgres://app:CANARY@db/app",
      "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n",
    ),
  )
  .map((data) => object("v1", "ConfigMap", "settings", { data }));

const image = fc.constantFrom(
  ...["spilo-16:3.3-p3", "spilo-16:3.3-p1", "spilo-17:4.0-p2", "spilo-12:1.6-p5", "spilo-16:latest", "postgres:12"].map(
    (tag) => `ghcr.io/zalando/${tag}`,
  ),
);
const hbaLines = ["local all all reject", "hostssl all all md5", "hostnossl all all 10.0.0.0/8 reject", "# a comment"];
const hbaList = fc
  .tuple(fc.subarray(hbaLines), fc.constantFrom<readonly string[]>(runbookPgHba, harborOperatorPgHba, []))
  .map(([own, rest]) => [...own, ...rest]);
const postgresql = fc
  .record({ dockerImage: image, patroni: fc.record({ pg_hba: hbaList }) }, { requiredKeys: [] })
  .map((spec) => object("acid.zalan.do/v1", "postgresql", "postgresql-registry-harbor", { spec }));
const harborCluster = image.map((each) =>
  object("goharbor.io/v1beta1", "HarborCluster", "harbor", {
    spec: { database: { kind: "Zlando/PostgreSQL", spec: { zlandoPostgreSql: { image: each } } } },
  }),
);
const repositories = fc.constantFrom<unknown>(
  [{ name: "repo1", schedules: { full: "0 1 * * 0" } }],
  [{ name: "repo1", schedules: { full: "0 0 30 2 *" } }],
  [{ name: "repo1" }],
  [],
  "repo1",
);
const postgresCluster = repositories.map((repos) =>
  object("postgres-operator.crunchydata.com/v1beta1", "PostgresCluster", "calendar-db", {
    spec: { backups: { pgbackrest: { repos } } },
  }),
);

/** Objects of one namespace, with a database among them. */
export const situations: fc.Arbitrary<readonly KubernetesObject[]> = fc
  .tuple(
    fc.oneof(postgresql, harborCluster, postgresCluster),
    fc.array(fc.oneof(podConfig, otherConfigMap, postgresql), { maxLength: 3 }),
  )
  .map(([database, others]) => [database, ...others]);

/** An object as a program declares it. */
export function declaredOf({ apiVersion, kind, metadata, ...rest }: KubernetesObject, index: number): ExampleResource {
  const group = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
  return {
    type: `kubernetes:${group}:${kind}`,
    name: `object-${index}`,
    props: { apiVersion, kind, metadata, ...rest },
  };
}

/** The same resources as `pulumi stack export` writes them. */
export function stateOf(resources: readonly ExampleResource[]): unknown {
  const urnOf = ({ name, type }: ExampleResource): string => `urn:pulumi:dev::postgres-recovery::${type}::${name}`;
  return JSON.parse(
    JSON.stringify({
      version: 3,
      deployment: {
        resources: resources.map((resource) => ({
          urn: urnOf(resource),
          custom: true,
          type: resource.type,
          ...(resource.type === "pulumi:pulumi:Stack" ? { outputs: resource.props } : { inputs: resource.props }),
          dependencies: resources.filter(({ name }) => resource.dependsOn?.includes(name) === true).map(urnOf),
          ...(resource.createSeconds !== undefined && { customTimeouts: { create: resource.createSeconds } }),
        })),
      },
    }),
  );
}

export function reportOfState(resources: readonly ExampleResource[]): CheckReport {
  return checkReport({ source: "state", context: null, resources: resourcesOfState(stateOf(resources)) });
}

export function reportOfManifests(objects: readonly KubernetesObject[]): Promise<CheckReport> {
  const text = objects.map((each) => stringify(each, { version: "1.1" })).join("---\n");
  return checkManifests(["-"], () => Promise.resolve(text));
}

export function reportOfCluster(objects: readonly KubernetesObject[]): Promise<CheckReport> {
  const isConfigMap = ({ kind }: KubernetesObject): boolean => kind === "ConfigMap";
  const client = {
    context: "test",
    listDatabases: () => Promise.resolve(objects.filter((each) => !isConfigMap(each))),
    listConfigMaps: () => Promise.resolve(objects.filter(isConfigMap)),
  };
  return checkCluster(client, undefined);
}

/** The codes of a report. */
export function codesIn({ findings }: CheckReport): CodeCounts {
  return counted(findings.filter(({ severity }) => severity !== "ok").map(({ code }) => code));
}

/** How often each text is in a list, sorted by the text. */
export function counted(codes: readonly string[]): CodeCounts {
  const groups = Map.groupBy(codes.toSorted(), (code) => code);
  return Object.fromEntries([...groups].map(([code, each]) => [code, each.length]));
}
