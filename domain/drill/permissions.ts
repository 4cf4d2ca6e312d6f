import { getKubeSystem, type Permission } from "../kubernetes/permissions.ts";

/**
 * What Patroni in the clone may do, in the drill's namespace only. Whoever creates its role must hold the same, or
 * Kubernetes refuses (privilege escalation prevention).
 */
export const patroniPermissions: readonly Permission[] = [
  {
    apiGroup: "",
    resource: "endpoints",
    verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
    why: "handed on to Patroni in the clone, which keeps its state there",
  },
  {
    apiGroup: "",
    resource: "pods",
    verbs: ["get", "list", "patch", "update", "watch"],
    why: "to see how the clone comes up; handed on to Patroni, which labels the leader",
  },
  { apiGroup: "", resource: "services", verbs: ["create"], why: "handed on to Patroni in the clone" },
];

const create = (apiGroup: Permission["apiGroup"], resource: string, why: string): Permission => ({
  apiGroup,
  resource,
  verbs: ["create"],
  why,
});

const namespaces: Permission = {
  apiGroup: "",
  resource: "namespaces",
  verbs: ["get", "list"],
  why: "to find the namespaces of drills",
};
const readLease: Permission = {
  apiGroup: "coordination.k8s.io",
  resource: "leases",
  verbs: ["get"],
  why: "to see whether a drill still runs",
};

/** The permissions that the commands for drills need, and no others. */
export const drillPermissions = {
  "drill run": [
    {
      apiGroup: "apps",
      resource: "statefulsets",
      verbs: ["get"],
      why: "only without --bucket: to read where the running database writes its backups",
    },
    {
      ...namespaces,
      verbs: ["create", "delete", "get", "list"],
      why: "to create the drill's namespace, to delete it, and to find those of drills that were killed",
    },
    {
      ...readLease,
      verbs: ["create", "get", "patch"],
      why: "to say that the drill runs, and to see whether others do",
    },
    create("networking.k8s.io", "networkpolicies", "to keep everybody away from the clone"),
    create("", "serviceaccounts", "for the clone's Pod"),
    create("rbac.authorization.k8s.io", "roles", "to give Patroni in the clone its rights"),
    create("rbac.authorization.k8s.io", "rolebindings", "to give Patroni in the clone its rights"),
    create("", "secrets", "to give the clone the keys that read the backups"),
    create("", "pods", "to run the clone"),
    ...patroniPermissions,
    {
      apiGroup: "",
      resource: "pods/exec",
      // A WebSocket exec is a GET; from Kubernetes 1.35 the API server asks for create as well (kubernetes/kubernetes#134577).
      verbs: ["get", "create"],
      why: "to run psql, patronictl and pg_dump in the clone",
    },
    getKubeSystem,
  ],
  "drill list": [namespaces, readLease, getKubeSystem],
  "drill clean": [
    { ...namespaces, verbs: ["delete", "get", "list"], why: "to find the namespaces of drills, and to delete them" },
    readLease,
    getKubeSystem,
  ],
} as const satisfies Record<string, readonly Permission[]>;
