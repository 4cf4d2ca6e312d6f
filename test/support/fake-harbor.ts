import type { ExecResult } from "../../clients/kubernetes/exec.ts";
import type { HarborClient } from "../../clients/kubernetes/harbor.ts";
import {
  harborClusterSchema,
  podSchema,
  podSecretSchema,
  postgresqlSchema,
  statefulSetSchema,
  type DatabasePod,
  type HarborCluster,
  type Postgresql,
  type StatefulSet,
} from "../../domain/harbor/objects.ts";
import { generationAnnotation } from "../../domain/harbor/names.ts";
import { runbookPgHba } from "../../domain/harbor/pg-hba.ts";
import type { LivePodConfig } from "../../domain/harbor/pod-config-owners.ts";
import type { Neighbour } from "../../domain/restore/neighbours.ts";
import type { VolumeClaim } from "../../domain/restore/volumes.ts";
import type { ContainerVariable } from "../../domain/kubernetes/container.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { SecretContent } from "../../domain/kubernetes/secret.ts";

export const harbor = { namespace: "harbor-cluster", name: "harbor-cluster" };
export const databaseName = "postgresql-harbor-cluster-harbor-cluster";
/** When the fake `postgresql` resource was created. */
export const databaseCreated = "2026-11-21T09:50:00Z";
export const databaseUid = "11e85b8a-3f92-4c86-8d42-5056348c1e7e";

/** The Zalando operator's configuration as it must be. */
const operatorConfigMap = {
  pod_environment_configmap: "harbor-operator-ns/pod-config",
  pod_environment_secret: "pod-secret",
  wal_s3_bucket: "bkt",
  secret_name_template: "{username}.{cluster}.credentials",
};

type HbaScript = (list: readonly string[]) => readonly string[];

/** A Kubernetes cluster with one Harbor, which answers with whatever was set before. */
export class FakeHarbor implements HarborClient {
  readonly context = "test";
  harborCluster: HarborCluster | undefined = harborClusterSchema.parse({
    metadata: { ...harbor, uid: "h", generation: 1 },
    spec: {},
  });
  postgresql: Postgresql | undefined = undefined;
  statefulSet: StatefulSet | undefined = undefined;
  pods: DatabasePod[] = [];
  systemIdentifier: string | undefined = undefined;
  configMaps: Record<string, Record<string, string>> = { "harbor-operator-ns/postgres-operator": operatorConfigMap };
  /** The managed fields of every ConfigMap. */
  managedFields: unknown = [];
  /** The managed fields of the pod Secret. */
  podSecretFields: unknown = [];
  secrets: Record<string, SecretContent> = {};
  deploymentVariables: ContainerVariable[] = [];
  operatorConfigurations: Record<string, unknown> = {};
  /** Every list that was applied. */
  readonly applied: (readonly string[])[] = [];
  /** Names of the Pods that were deleted, in order. */
  readonly deleted: string[] = [];
  /** Every remote command, as `POD: ARGV`. */
  readonly commands: string[] = [];
  /** The resource's list after an apply, so that a test can let somebody write at the same time. */
  afterApply: HbaScript = (list) => list;
  onDelete: (pod: DatabasePod) => void = () => undefined;
  onExec: (pod: string, command: string, stdin?: string) => string | ExecResult = () => "";
  /** Called before each read of the resource. */
  onRead: () => void = () => undefined;

  /** Creates a `postgresql` resource with this list. */
  make(...parameters: Parameters<typeof postgresqlOf>): void {
    this.postgresql = postgresqlOf(...parameters);
  }

  /** All HarborClusters; undefined when they may not be listed. */
  harborClusters: ObjectName[] | undefined = [harbor];
  listHarborClusters = (): Promise<ObjectName[]> =>
    this.harborClusters === undefined ? Promise.reject(new Error("forbidden")) : Promise.resolve(this.harborClusters);

  kubernetesUid = "c0ffee00-3f92-4c86-8d42-5056348c1e7e";
  getKubernetesUid = (): Promise<string> => Promise.resolve(this.kubernetesUid);
  getHarborCluster = (): Promise<HarborCluster | undefined> => Promise.resolve(this.harborCluster);
  getPostgresql = (): Promise<Postgresql | undefined> => {
    this.onRead();
    return Promise.resolve(this.postgresql);
  };
  neighbours: Neighbour[] = [];
  listDatabases = (): Promise<Neighbour[]> => Promise.resolve(this.neighbours);
  claims: VolumeClaim[] = [];
  listVolumeClaims = (): Promise<VolumeClaim[]> => Promise.resolve(this.claims);
  getStatefulSet = (): Promise<StatefulSet | undefined> => Promise.resolve(this.statefulSet);
  /** Whether the Service exists, for each time that it is asked for. */
  services: boolean[] = [];
  hasService = (): Promise<boolean> => Promise.resolve(this.services.shift() ?? false);
  listPods = (): Promise<DatabasePod[]> => Promise.resolve(this.pods);
  getSystemIdentifier = (): Promise<string | undefined> => Promise.resolve(this.systemIdentifier);
  getConfigMap = ({ namespace, name }: ObjectName): Promise<LivePodConfig | undefined> => {
    const data = this.configMaps[`${namespace}/${name}`];
    return Promise.resolve(data && { data, managedFields: this.managedFields });
  };
  getPodSecret = ({ namespace, name }: ObjectName): Promise<LivePodConfig | undefined> => {
    const secret = this.secrets[`${namespace}/${name}`];
    const metadata = { managedFields: this.podSecretFields };
    return Promise.resolve(secret && podSecretSchema.parse({ ...secret, metadata }));
  };
  getSecret = ({ namespace, name }: ObjectName): Promise<SecretContent | undefined> =>
    Promise.resolve(this.secrets[`${namespace}/${name}`]);
  createSecret: HarborClient["createSecret"] = ({ metadata: { namespace, name }, type, data }) => {
    if (this.secrets[`${namespace}/${name}`] !== undefined) return Promise.resolve("exists");
    this.secrets[`${namespace}/${name}`] = { type, data };
    return Promise.resolve("created");
  };
  listDeploymentVariables = (): Promise<ContainerVariable[]> => Promise.resolve(this.deploymentVariables);
  getOperatorConfiguration = ({ name }: ObjectName): Promise<unknown> =>
    Promise.resolve(this.operatorConfigurations[name]);
  listOperatorConfigurations = (): Promise<string[]> => Promise.resolve(Object.keys(this.operatorConfigurations));

  applyPgHba: HarborClient["applyPgHba"] = (postgresql, { list, replacedLists }) => {
    this.applied.push(list);
    const { uid, annotations } = postgresql.metadata;
    const generation = annotations[generationAnnotation(harbor)] ?? "1";
    this.make(this.afterApply(list), { uid, generation, replacedLists });
    return this.postgresql === undefined ? Promise.reject(new Error("gone")) : Promise.resolve(this.postgresql);
  };

  deletePod = (pod: DatabasePod): Promise<void> => {
    this.deleted.push(pod.metadata.name);
    this.onDelete(pod);
    return Promise.resolve();
  };

  readonly exec: HarborClient["exec"] = ({ pod }, argv, { stdin = "", stdout: sink }) => {
    const command = argv.join(" ");
    this.commands.push(`${pod}: ${command}`);
    const answer = this.onExec(pod, command, stdin);
    if (typeof answer !== "string") return Promise.resolve(answer);
    sink?.end(answer);
    return Promise.resolve({ end: "exited", code: 0, stdout: sink === undefined ? answer : "", stderr: "" });
  };
}

/** The database's `postgresql` resource with this list. */
export function postgresqlOf(
  pg_hba: readonly string[],
  {
    uid = databaseUid,
    generation = "1",
    replacedLists = 0,
  }: { readonly uid?: string; readonly generation?: string; readonly replacedLists?: number } = {},
): Postgresql {
  const annotations = {
    "harbor-cluster.harborcluster.checksum.goharbor.io/harbor-cluster": generation,
    ...(replacedLists > 0 && { "postgres-recovery/replaced-pg-hba-lists": String(replacedLists) }),
  };
  return postgresqlSchema.parse({
    metadata: { namespace: harbor.namespace, name: databaseName, uid, annotations, creationTimestamp: databaseCreated },
    spec: { postgresql: { version: "12" }, numberOfInstances: 1, patroni: { pg_hba } },
    status: { PostgresClusterStatus: "Running" },
  });
}

/** A StatefulSet of the database. */
export function statefulSetOf({
  revision = "new",
  replicas = 1,
  hba = runbookPgHba,
  env = {},
}: { revision?: string; replicas?: number; hba?: readonly string[]; env?: Record<string, string> } = {}): StatefulSet {
  return statefulSetSchema.parse({
    metadata: { namespace: harbor.namespace, name: databaseName, uid: "s" },
    spec: { replicas, template: { spec: { containers: [spilo(hba, env)] } } },
    status: { updateRevision: revision },
  });
}

interface PodOptions {
  readonly revision?: string;
  readonly role?: string;
  readonly ready?: boolean;
  readonly uid?: string;
  readonly hba?: readonly string[];
  readonly running?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Keys of the Secret `pod-secret` that the Pod gets under their own names. */
  readonly keys?: readonly string[];
  /** What Patroni writes about its member. */
  readonly patroni?: object | undefined;
}

/** A Pod of the database. */
export function podOf(
  number: number,
  {
    revision = "new",
    role = "",
    ready = true,
    uid = `uid-${number}`,
    hba = runbookPgHba,
    running = true,
    env = {},
    keys = [],
    patroni,
  }: PodOptions = {},
): DatabasePod {
  return podSchema.parse({
    metadata: {
      namespace: harbor.namespace,
      name: `${databaseName}-${number}`,
      uid,
      labels: { "controller-revision-hash": revision, ...(role !== "" && { "spilo-role": role }) },
      annotations: patroni === undefined ? {} : { status: JSON.stringify(patroni) },
    },
    spec: { containers: [spilo(hba, env, keys)] },
    status: {
      phase: "Running",
      podIP: `10.1.0.${number + 2}`,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      containerStatuses: [{ name: "postgres", state: running ? { running: {} } : {} }],
    },
  });
}

function spilo(pg_hba: readonly string[], env: Readonly<Record<string, string>>, keys: readonly string[] = []) {
  const variables = { SPILO_CONFIGURATION: JSON.stringify({ postgresql: { pg_hba } }), ...env };
  return {
    name: "postgres",
    image: "ghcr.io/zalando/spilo-16:3.3-p3",
    env: [
      ...Object.entries(variables).map(([name, value]) => (value === "" ? { name } : { name, value })),
      ...keys.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: "pod-secret", key } } })),
    ],
  };
}
