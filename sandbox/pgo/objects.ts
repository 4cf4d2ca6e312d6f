import { hasOwnInstance } from "./inventory.ts";
import type { Context, PostgresCluster } from "./inventory.ts";

const image = "sandbox.invalid/crunchy-postgres";
const prefix = "postgres-operator.crunchydata.com/";

/** The labels by which PGO recognises its pods, and Patroni its members. */
export const label = {
  cluster: `${prefix}cluster`,
  data: `${prefix}data`,
  instance: `${prefix}instance`,
  instanceSet: `${prefix}instance-set`,
  patroni: `${prefix}patroni`,
  role: `${prefix}role`,
  pgbackrest: `${prefix}pgbackrest`,
  repositoryHost: `${prefix}pgbackrest-dedicated`,
  /** An annotation; each new value orders a backup. */
  manualBackup: `${prefix}pgbackrest-backup`,
};

/** PGO's resource. */
export const resource = { group: "postgres-operator.crunchydata.com", version: "v1beta1", plural: "postgresclusters" };

/** An object that has only a name. */
export function bareObject(kind: "Namespace" | "Node", name: string) {
  return { apiVersion: "v1", kind, metadata: { name } };
}

/** The only node of a context. */
export function nodeName(context: Context): string {
  return `sandbox-${context}`;
}

/** The name by which the members of a cluster find each other. */
export function patroniScope(cluster: PostgresCluster): string {
  return `${cluster.name}-ha`;
}

/** The instance set of a pod CLUSTER-SET-xxxx-0. */
function instanceSet(cluster: PostgresCluster, pod: string): string {
  return pod.slice(cluster.name.length + 1, -"-xxxx-0".length);
}

/** The labels that Patroni puts on its objects. */
export function patroniLabels(cluster: PostgresCluster): Record<string, string> {
  return { [label.cluster]: cluster.name, [label.patroni]: patroniScope(cluster) };
}

/** An instance pod. Patroni sets the role label and the annotation `status` on a pod that it runs in; other pods get them here. */
export function instancePod(cluster: PostgresCluster, name: string) {
  const labels = {
    ...patroniLabels(cluster),
    [label.data]: "postgres",
    [label.instance]: name.slice(0, -"-0".length),
    [label.instanceSet]: instanceSet(cluster, name),
  };
  const leading = { role: "master", state: "running", timeline: 1 };
  return pod(
    cluster,
    hasOwnInstance(cluster)
      ? { name, labels, annotations: {} }
      : { name, labels: { ...labels, [label.role]: leading.role }, annotations: { status: JSON.stringify(leading) } },
    ["database", "replication-cert-copy", "pgbackrest", "pgbackrest-config"],
  );
}

/** The pod of the repository host. */
export function repositoryPod(cluster: PostgresCluster) {
  const labels = { [label.cluster]: cluster.name, [label.pgbackrest]: "", [label.repositoryHost]: "" };
  return pod(cluster, { name: `${cluster.name}-repo-host-0`, labels, annotations: {} }, [
    "pgbackrest",
    "pgbackrest-config",
  ]);
}

interface PodNames {
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

function pod(cluster: PostgresCluster, { name, labels, annotations }: PodNames, containers: [string, ...string[]]) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: cluster.namespace,
      labels,
      annotations: { "kubectl.kubernetes.io/default-container": containers[0], ...annotations },
    },
    spec: {
      nodeName: nodeName(cluster.context),
      containers: containers.map((container) => ({ name: container, image })),
    },
  };
}

/** A pod before its creation. */
export type Pod = ReturnType<typeof pod>;

/** The status that a kubelet sets on a pod whose containers all run. */
export function runningStatus({ spec }: Pod) {
  const startedAt = new Date();
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    startTime: startedAt,
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: startedAt,
    })),
    containerStatuses: spec.containers.map(({ name }) => ({
      name,
      image,
      imageID: image,
      ready: true,
      restartCount: 0,
      state: { running: { startedAt } },
    })),
  };
}

/** The PostgresCluster as its user wrote it, without a status. */
export function postgresCluster(cluster: PostgresCluster) {
  const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const first = cluster.pods[0];
  const set = first === undefined ? "instance1" : instanceSet(cluster, first);
  return {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: "PostgresCluster",
    metadata: metadata(cluster, cluster.name),
    spec: {
      postgresVersion: 15,
      image,
      instances: [{ name: set, replicas: Math.max(cluster.pods.length, 1), dataVolumeClaimSpec: claim }],
      backups: {
        pgbackrest: {
          image,
          manual: { repoName: "repo1" },
          repos: [{ name: "repo1", schedules: { full: "0 1 * * 0" }, volume: { volumeClaimSpec: claim } }],
        },
      },
    },
  };
}

/** The status that PGO gives a cluster, or undefined for one that it never handled. */
export function postgresClusterStatus(cluster: PostgresCluster, systemIdentifier: string): object | undefined {
  const first = cluster.pods[0];
  if (first === undefined) return undefined;
  const set = instanceSet(cluster, first);
  const replicas = cluster.pods.length;
  return {
    patroni: { systemIdentifier },
    instances: [{ name: set, replicas, readyReplicas: replicas, updatedReplicas: replicas }],
    pgbackrest: {
      repoHost: { apiVersion: "apps/v1", kind: "StatefulSet", ready: true },
      repos: [
        {
          name: "repo1",
          bound: true,
          volume: `pvc-${cluster.namespace}-${cluster.name}-repo1`,
          stanzaCreated: cluster.stanzaCreated,
          // Where the stanza once existed, PGO has taken its first backup then.
          replicaCreateBackupComplete: cluster.stanzaCreated,
        },
      ],
    },
    conditions: [
      condition("PGBackRestRepoHostReady", true, "RepoHostReady"),
      conditions.replicaRepoReady(cluster.stanzaCreated),
      conditions.replicaCreate(cluster.stanzaCreated),
      condition("PostgresDataInitialized", true, "PostgresDataInitialized"),
    ],
    observedGeneration: 1,
  };
}

/** PGO's conditions about stanza and backups of the first repository. */
export const conditions = {
  replicaRepoReady: (created: boolean) =>
    condition("PGBackRestReplicaRepoReady", created, created ? "StanzaCreated" : "StanzaNotCreated"),
  replicaCreate: (complete: boolean) =>
    condition("PGBackRestReplicaCreate", complete, complete ? "RepoBackupComplete" : "RepoBackupNotComplete"),
  manualBackup: (succeeded: boolean) =>
    condition("PGBackRestManualBackupSuccessful", succeeded, succeeded ? "ManualBackupComplete" : "ManualBackupFailed"),
};

function condition(type: string, met: boolean, reason: string) {
  return {
    type,
    status: met ? "True" : "False",
    reason,
    message: "",
    observedGeneration: 1,
    lastTransitionTime: new Date().toISOString(),
  };
}

/** The name of an object of a cluster, with the label by which PGO recognises it. */
export function metadata(cluster: PostgresCluster, name: string) {
  return { name, namespace: cluster.namespace, labels: { [label.cluster]: cluster.name } };
}
