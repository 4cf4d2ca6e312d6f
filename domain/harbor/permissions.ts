import { getKubeSystem, type Permission } from "../kubernetes/permissions.ts";

const get = (apiGroup: Permission["apiGroup"], resource: string, why: string): Permission => ({
  apiGroup,
  resource,
  verbs: ["get"],
  why,
});
const list = (apiGroup: Permission["apiGroup"], resource: string, why: string): Permission => ({
  apiGroup,
  resource,
  verbs: ["list"],
  why,
});

const getPostgresql = get("acid.zalan.do", "postgresqls", "to read the database's resource and its status");
const getStatefulSet = get(
  "apps",
  "statefulsets",
  "to read the environment that the Zalando operator gives to the Pods",
);
const listPods = list("", "pods", "to find the database's Pods");
/** Where the Zalando operator's own configuration can be. */
const operatorConfiguration: readonly Permission[] = [
  list("apps", "deployments", "to find out which object configures the Zalando operator"),
  {
    ...get("acid.zalan.do", "operatorconfigurations", "to read the Zalando operator's configuration"),
    verbs: ["get", "list"],
  },
];
const execPods: Permission = {
  apiGroup: "",
  resource: "pods/exec",
  // A WebSocket exec is a GET; from Kubernetes 1.35 the API server asks for create as well (kubernetes/kubernetes#134577).
  verbs: ["get", "create"],
  why: "to run patronictl, psql and pg_controldata in the database container",
};

/** The permissions that the commands for Harbor's database need in the Kubernetes API, and no others. */
export const harborPermissions = {
  "restore check": [
    {
      ...getPostgresql,
      verbs: ["get", "list"],
      why: "to read the database's resource, and to find the operator's other databases, which get the CLONE_ values, too",
    },
    ...operatorConfiguration,
    get("", "configmaps", "to read the Zalando operator's configuration"),
    get("", "endpoints", "to read the running database's system identifier"),
    list("", "persistentvolumeclaims", "to find volumes that are left of the lost database"),
    get("", "secrets", "to see which variables the pod Secret gives to the Pods; no value is shown"),
    getKubeSystem,
  ],
  "restore verify": [
    getPostgresql,
    getStatefulSet,
    listPods,
    { ...execPods, why: "to run patronictl and psql in the leader's database container, with its input on stdin" },
    get(
      "",
      "secrets",
      "to log in with the passwords of the database's roles, and to trust Harbor's certificate; no value is shown",
    ),
    get("goharbor.io", "harborclusters", "to find out Harbor's address and certificate"),
    getKubeSystem,
  ],
  "backup list": [getStatefulSet, getKubeSystem],
  "backup verify": [
    { ...getPostgresql, why: "to know how long the database has made backups" },
    getStatefulSet,
    listPods,
    { ...execPods, why: "to ask the leader's Postgres about its archiver, and WAL-G for its list of backups" },
    getKubeSystem,
  ],
  "backup proofs": [getStatefulSet, getKubeSystem],
  "harbor status": [
    get("goharbor.io", "harborclusters", "to read the HarborCluster and its status"),
    getPostgresql,
    getStatefulSet,
    listPods,
    ...operatorConfiguration,
    get("", "configmaps", "to read pod-config and the Zalando operator's configuration"),
    get("", "endpoints", "to read the database's system identifier"),
    { ...execPods, why: "to ask the leader's Postgres about its archiver, and each Pod which keys it has" },
    get("", "secrets", "to see whether the Secrets are there and have the right keys; no value is shown"),
    getKubeSystem,
  ],
  "harbor pg-hba": [
    { ...getPostgresql, verbs: ["get", "patch"], why: "to read and write the list" },
    get(
      "goharbor.io",
      "harborclusters",
      "to compare it with what is declared, and to explain why the database's resource does not exist",
    ),
    getKubeSystem,
  ],
  "harbor fingerprint": [
    getPostgresql,
    get("goharbor.io", "harborclusters", "to explain why the database's resource does not exist"),
    getKubeSystem,
  ],
  "harbor environment": [
    get("", "configmaps", "to compare pod-config with what is declared"),
    get("", "secrets", "to compare the pod Secret with what is declared; no value is shown"),
    getKubeSystem,
  ],
  "harbor roll": [
    getPostgresql,
    getStatefulSet,
    {
      ...listPods,
      verbs: ["list", "delete"],
      why: "to find the database's Pods, and to delete those that must be recreated",
    },
    get("", "endpoints", "to see whether the first bootstrap has ended"),
    get("", "configmaps", "the same, where Patroni uses ConfigMaps"),
    get("", "secrets", "to see whether the Pods have the keys of the pod Secret; no value is shown"),
    execPods,
    getKubeSystem,
  ],
} as const satisfies Record<string, readonly Permission[]>;
