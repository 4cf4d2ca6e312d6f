import { permissions, type Permission } from "../kubernetes/permissions.ts";

/** What `backup fleet` needs beside the permissions of `stanza list`. */
const others: readonly Permission[] = [
  {
    apiGroup: "acid.zalan.do",
    resource: "postgresqls",
    verbs: ["list"],
    why: "to find the databases of the Zalando operator; without it they are reported as unknown",
  },
  {
    apiGroup: "postgresql.cnpg.io",
    resource: "clusters",
    verbs: ["list"],
    why: "to find the clusters of CloudNativePG; without it they are reported as unknown",
  },
];

/** The permissions of the steps that look at the clusters of all operators. */
export const fleetPermissions = {
  "backup fleet": [...permissions["stanza list"], ...others],
} as const satisfies Record<string, readonly Permission[]>;
