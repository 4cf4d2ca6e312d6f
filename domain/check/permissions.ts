import { getKubeSystem, type Permission } from "../kubernetes/permissions.ts";

const list = (apiGroup: Permission["apiGroup"], resource: string, why: string): Permission => ({
  apiGroup,
  resource,
  verbs: ["list"],
  why,
});

/** What `check` asks of the Kubernetes API. It reads no Secret. */
export const checkPermissions = {
  check: [
    list("postgres-operator.crunchydata.com", "postgresclusters", "to judge PGO's clusters"),
    list("acid.zalan.do", "postgresqls", "to judge the Zalando operator's databases"),
    list("goharbor.io", "harborclusters", "to judge the images of Harbor's databases"),
    list("", "configmaps", "to find pod-config, and credentials beside the databases"),
    getKubeSystem,
  ],
} as const satisfies Record<string, readonly Permission[]>;
