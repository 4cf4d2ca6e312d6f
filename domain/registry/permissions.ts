import { getKubeSystem, type Permission } from "../kubernetes/permissions.ts";

/** The permissions that the command needs, and no others. */
export const registryPermissions = {
  "registry check": [
    { apiGroup: "", resource: "pods", verbs: ["list"], why: "to find the leader of Harbor's database" },
    {
      apiGroup: "",
      resource: "pods/exec",
      // A WebSocket exec is a GET; from Kubernetes 1.35 on the API server also requires create (kubernetes/kubernetes#134577).
      verbs: ["get", "create"],
      why: "to read Harbor's tables with psql in the database container",
    },
    getKubeSystem,
  ],
} as const satisfies Record<string, readonly Permission[]>;
