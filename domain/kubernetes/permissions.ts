/** One rule of a Kubernetes role. */
export interface Permission {
  readonly apiGroup: "" | "acid.zalan.do" | "apps" | "goharbor.io" | "postgres-operator.crunchydata.com";
  readonly resource: string;
  readonly verbs: readonly string[];
  readonly why: string;
  /** The only object that is asked for; of any name when absent. */
  readonly objectName?: string;
}

const listClusters: Permission = {
  apiGroup: "postgres-operator.crunchydata.com",
  resource: "postgresclusters",
  verbs: ["list"],
  why: "to find the clusters",
};
const getCluster: Permission = { ...listClusters, verbs: ["get"], why: "to read the cluster and what PGO says of it" };
const listPods: Permission = { apiGroup: "", resource: "pods", verbs: ["list"], why: "to find the instance Pods" };
const execPods: Permission = {
  apiGroup: "",
  resource: "pods/exec",
  // A WebSocket exec is a GET; from Kubernetes 1.35 the API server asks for create as well (kubernetes/kubernetes#134577).
  verbs: ["get", "create"],
  why: "to run pgbackrest, patronictl, psql and pg_dumpall in the database container",
};
export const getKubeSystem: Permission = {
  apiGroup: "",
  resource: "namespaces",
  verbs: ["get"],
  why: "only with --kube-system-uid: to be sure of the right cluster (name: kube-system)",
  objectName: "kube-system",
};

/** What each command asks of the Kubernetes API, and nothing more. */
export const permissions = {
  "stanza list": [listClusters, listPods, execPods, getKubeSystem],
  "stanza create": [getCluster, listPods, execPods, getKubeSystem],
  dump: [getCluster, listPods, execPods, getKubeSystem],
} as const satisfies Record<string, readonly Permission[]>;

/** Whether an HTTP status of the API server is about who asks: an expired login, or a permission that is not held. */
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

/** The rules of a role that holds exactly these permissions. */
export function roleRules(held: readonly Permission[]): RoleRule[] {
  return held.map(({ apiGroup, resource, verbs, objectName }) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    ...(objectName !== undefined && { resourceNames: [objectName] }),
    verbs: [...verbs],
  }));
}
