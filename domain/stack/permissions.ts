import { getKubeSystem, permissions, type Permission } from "../kubernetes/permissions.ts";

const stanzaOfOneCluster = permissions["stanza create"].filter((permission) => permission !== getKubeSystem);

/** The permissions that each command needs, and no others. */
export const stackPermissions = {
  "stack look": [
    { ...getKubeSystem, why: "to tell one Kubernetes cluster from another (name: kube-system)" },
    ...stanzaOfOneCluster,
  ],
} as const satisfies Record<string, readonly Permission[]>;
