import { identifyCluster, type Permission } from "../kubernetes/permissions.ts";

const getSecrets: Permission = {
  apiGroup: "",
  resource: "secrets",
  verbs: ["get"],
  why: "to read the kept Secrets; a Role in Harbor's namespace with their resourceNames is enough",
};
const createSecrets: Permission = {
  ...getSecrets,
  verbs: ["get", "create"],
  why: "to create what is missing, and see whether it is there",
};
const getIdentity: readonly Permission[] = [
  { apiGroup: "acid.zalan.do", resource: "postgresqls", verbs: ["get"], why: "to know which database it is" },
  { apiGroup: "apps", resource: "statefulsets", verbs: ["get"], why: "to see where it writes its backups" },
  {
    apiGroup: "",
    resource: "endpoints",
    verbs: ["get"],
    why: "to see its system identifier, which Patroni keeps there",
  },
  { apiGroup: "", resource: "configmaps", verbs: ["get"], why: "the same, where Patroni uses ConfigMaps" },
];

/** The permissions that each command about secrets needs, and no others. */
export const secretsPermissions = {
  "secrets fingerprint": [getSecrets, ...getIdentity, identifyCluster],
  "secrets keep": [getSecrets, ...getIdentity, identifyCluster],
  "secrets restore": [
    createSecrets,
    {
      apiGroup: "goharbor.io",
      resource: "harborclusters",
      verbs: ["get"],
      why: "to see whether a database is in use or lost",
    },
    { apiGroup: "acid.zalan.do", resource: "postgresqls", verbs: ["get"], why: "to see whether the lost one is gone" },
    { apiGroup: "", resource: "services", verbs: ["get"], why: "to see whether its deletion has ended" },
    identifyCluster,
  ],
} as const satisfies Record<string, readonly Permission[]>;
