import { instanceUser, operatorUser } from "../kubernetes/access.ts";
import type { PostgresCluster } from "./inventory.ts";
import { metadata, resource } from "./objects.ts";

/** Lets the stand-in for PGO list the PostgresClusters and set their status. */
export function operatorRole() {
  return {
    ...rbac("ClusterRole"),
    metadata: { name: "pgo" },
    rules: [
      { apiGroups: [resource.group], resources: [resource.plural], verbs: ["get", "list"] },
      { apiGroups: [resource.group], resources: [`${resource.plural}/status`], verbs: ["patch"] },
    ],
  };
}

/** Grants that role to the stand-in for PGO. */
export function operatorRoleBinding() {
  return {
    ...rbac("ClusterRoleBinding"),
    metadata: { name: "pgo" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "pgo" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: operatorUser.name }],
  };
}

/** What PGO allows its instances to do: Patroni keeps its state in ConfigMaps and in its own pods. */
export function instanceRole(cluster: PostgresCluster) {
  const rules = [
    {
      apiGroups: [""],
      resources: ["configmaps"],
      verbs: ["create", "deletecollection", "get", "list", "patch", "update", "watch"],
    },
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "patch", "watch"] },
  ];
  return { ...rbac("Role"), metadata: metadata(cluster, `${cluster.name}-instance`), rules };
}

/** Grants that role to the instances. */
export function instanceRoleBinding(cluster: PostgresCluster) {
  const name = `${cluster.name}-instance`;
  return {
    ...rbac("RoleBinding"),
    metadata: metadata(cluster, name),
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: instanceUser(cluster).name }],
  };
}

function rbac(kind: "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding") {
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind };
}
