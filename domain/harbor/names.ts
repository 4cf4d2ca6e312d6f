import type { ObjectName } from "../kubernetes/object-name.ts";

/** The Zalando operator's CRD: the custom resource `postgresql` (short `pg`). */
export const postgresqlApi = { group: "acid.zalan.do", version: "v1", plural: "postgresqls" } as const;

/** The Harbor operator's CRD. */
export const harborClusterApi = { group: "goharbor.io", version: "v1beta1", plural: "harborclusters" } as const;

/** Harbor's template for the names of credentials Secrets (POSTGRES_SECRETS_TEMPLATE). The operator's default has an additional suffix. */
export const harborSecretNameTemplate = "{username}.{cluster}.credentials";

/** The Zalando operator refuses longer names of a `postgresql` resource. */
const longestPostgresqlName = 58;
const fixedPart = "postgresql--".length;

/** Greatest length of NAMESPACE and NAME of a HarborCluster together with which the Zalando operator accepts its `postgresql` resource. */
export const longestNamespaceAndName = longestPostgresqlName - fixedPart;

/** Name of the `postgresql` resource of a HarborCluster, in the same namespace (harbor-operator database/generate.go). */
export function postgresqlName({ namespace, name }: ObjectName): string {
  return `postgresql-${namespace}-${name}`;
}

/** Host under which Harbor reaches its database (harbor-operator database/readiness.go). */
export function databaseHost(harbor: ObjectName): string {
  return `${postgresqlName(harbor)}.${harbor.namespace}.svc`;
}

/** Roles whose credentials a restored database needs: Patroni's superuser and replication role, and Harbor's role. */
export const databaseRoles = ["postgres", "standby", "harbor"] as const;

/** Name of a role's credentials Secret. A `_` in the role becomes `-`, because Kubernetes does not allow it in names. */
export function credentialsSecretName(
  role: string,
  harbor: ObjectName,
  template: string = harborSecretNameTemplate,
): string {
  const parts: Readonly<Record<string, string>> = {
    username: role.replaceAll("_", "-"),
    cluster: postgresqlName(harbor),
    tprkind: "postgresql",
    tprgroup: "acid.zalan.do",
  };
  return template.replaceAll(/\{(\w+)\}/g, (placeholder, part: string) => parts[part] ?? placeholder);
}

/**
 * The Secret with the key that encrypts what Harbor stores in its database, such as the credentials of registries. Without
 * it a restored database cannot be read (goharbor/harbor#13536). The name comes from harbor-operator: HarborCluster `x` gets
 * the Harbor `x-harbor` (cluster/controllers/harbor), which gets the Secret (controllers/goharbor/harbor/core.go).
 */
export function coreEncryptionKeySecretName({ name }: ObjectName): string {
  return `${name}-harbor-harbor-core-encryptionkey`;
}

/** The Secrets without which a restored database is useless. All are in Harbor's namespace. */
export function vitalSecretNames(harbor: ObjectName): string[] {
  return [...databaseRoles.map((role) => credentialsSecretName(role, harbor)), coreEncryptionKeySecretName(harbor)];
}

/** Labels of the database's Pods (`spilo-role` is `master` on the leader, `replica` elsewhere, absent before a bootstrap). */
export function databasePodLabels(harbor: ObjectName): Record<string, string> {
  return { application: "spilo", "cluster-name": postgresqlName(harbor) };
}

/** Annotation of the `postgresql` resource: how often this project has replaced a pg_hba list that somebody else wrote. */
export const replacedListsAnnotation = "postgres-recovery/replaced-pg-hba-lists";

/** Annotation with the HarborCluster's generation from which the Harbor operator last wrote the `postgresql` resource. */
export function generationAnnotation({ namespace, name }: ObjectName): string {
  return `${namespace}.harborcluster.checksum.goharbor.io/${name}`;
}
