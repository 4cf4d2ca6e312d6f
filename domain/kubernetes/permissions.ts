/** One rule of a Kubernetes role. */
export interface Permission {
  readonly apiGroup:
    | ""
    | "acid.zalan.do"
    | "apps"
    | "coordination.k8s.io"
    | "goharbor.io"
    | "networking.k8s.io"
    | "postgres-operator.crunchydata.com"
    | "postgresql.cnpg.io"
    | "rbac.authorization.k8s.io";
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly why: string;
  /** Name of the only object that is read. Absent: objects of any name. */
  readonly objectName?: string;
}

const listClusters: Permission = {
  apiGroup: "postgres-operator.crunchydata.com",
  resource: "postgresclusters",
  verbs: ["list"],
  why: "to find the clusters",
};
const getCluster: Permission = { ...listClusters, verbs: ["get"], why: "to read the cluster and its status" };
/** Needed only by `stanza create --first-backup`. */
export const orderBackup: Permission = {
  ...listClusters,
  verbs: ["patch"],
  why: "to order a backup from PGO, with its annotation",
};
const listPods: Permission = { apiGroup: "", resource: "pods", verbs: ["list"], why: "to find the instance Pods" };
const execPods: Permission = {
  apiGroup: "",
  resource: "pods/exec",
  // A WebSocket exec is a GET; from Kubernetes 1.35 on the API server also requires create (kubernetes/kubernetes#134577).
  verbs: ["get", "create"],
  why: "to run pgbackrest, patronictl, psql and pg_dumpall in the database container",
};
/** Where the identity of the Kubernetes cluster is always needed. */
export const identifyCluster: Permission = {
  apiGroup: "",
  resource: "namespaces",
  verbs: ["get"],
  why: "to know which Kubernetes cluster it is (name: kube-system)",
  objectName: "kube-system",
};
export const getKubeSystem: Permission = {
  apiGroup: "",
  resource: "namespaces",
  verbs: ["get"],
  why: "only with --kube-system-uid: to make sure that it is the right cluster (name: kube-system)",
  objectName: "kube-system",
};

/** The permissions that each command needs, and no others. */
export const permissions = {
  "stanza list": [listClusters, listPods, execPods, getKubeSystem],
  "stanza create": [getCluster, listPods, execPods, getKubeSystem],
  "config targets": [listClusters, listPods, execPods, getKubeSystem],
  dump: [getCluster, listPods, execPods, getKubeSystem],
} as const satisfies Record<string, readonly Permission[]>;

/** Whether an HTTP status of the API server means that the login has expired (401) or that a permission is missing (403). */
export function isNotAllowed(httpStatus: number): boolean {
  return httpStatus === 401 || httpStatus === 403;
}

/** A rule as Kubernetes writes it in a Role or ClusterRole. */
export interface RoleRule {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
  readonly resourceNames?: string[];
}

/** The rules of a role that grants exactly these permissions. */
export function roleRules(held: readonly Permission[]): RoleRule[] {
  return held.map(({ apiGroup, resource, verbs, objectName }) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    ...(objectName !== undefined && { resourceNames: [objectName] }),
    verbs: [...verbs],
  }));
}
