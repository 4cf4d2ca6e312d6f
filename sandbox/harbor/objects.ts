import type { KubernetesObject } from "@kubernetes/client-node";

/** The only context in which Harbor's operators run. */
export const harborContext = "lab";

/** The namespace of both operators, and of the ConfigMap whose values they put into every database Pod. */
export const operatorNamespace = "harbor-operator-ns";

/** The HarborCluster, and the database that the Harbor operator creates for it. */
export const harborCluster = {
  namespace: "harbor-cluster",
  name: "harbor-cluster",
  database: "postgresql-harbor-cluster-harbor-cluster",
};

/** The newest Spilo image with PostgreSQL 12 whose WAL-G can assume a role. Only its name counts: the stand-ins do not differ by image. */
export const spiloImage = "ghcr.io/zalando/spilo-16:3.2-p3";

/** Where the Zalando operator looks for the settings of all its Pods. The program under test creates both, so `up` does not. */
export const podEnvironment = { configMap: `${operatorNamespace}/pod-config`, secret: "pod-secret" };

/** Where the databases' backups go. */
export const backups = { bucket: "harbor-database-backups", region: "eu-west-2" };

const secretNameTemplate = "{username}.{cluster}.credentials";

/** The service accounts of the operators. */
export const operatorAccounts = { zalando: "postgres-operator", harbor: "harbor-operator" };

/** What both operators need in addition to their own manifests. */
export function operatorObjects(zalandoPort: number): KubernetesObject[] {
  return [
    ...[operatorNamespace, harborCluster.namespace].map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    })),
    ...Object.values(operatorAccounts).map((name) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace: operatorNamespace },
    })),
    binding(operatorAccounts.zalando, "postgres-operator"),
    binding(operatorAccounts.harbor, "harbor-operator-role"),
    zalandoConfiguration(zalandoPort),
    adminPassword,
  ];
}

function binding(account: string, role: string): KubernetesObject {
  const content = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: account },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: account, namespace: operatorNamespace }],
  };
  return content;
}

/** The name of the Zalando operator's own ConfigMap. */
export const zalandoConfigMap = `${operatorNamespace}/postgres-operator`;

function zalandoConfiguration(port: number): KubernetesObject {
  const data = {
    api_port: String(port),
    watched_namespace: "*",
    docker_image: spiloImage,
    pod_environment_configmap: podEnvironment.configMap,
    pod_environment_secret: podEnvironment.secret,
    wal_s3_bucket: backups.bucket,
    aws_region: backups.region,
    secret_name_template: secretNameTemplate,
    enable_crd_registration: "false",
    enable_teams_api: "false",
    enable_master_load_balancer: "false",
    enable_replica_load_balancer: "false",
    // Off by default, and then a Pod with a failed bootstrap counts as ready.
    enable_readiness_probe: "true",
    // Somebody is waiting: by default it gives up after 10 minutes and looks again only every 30 minutes.
    resource_check_interval: "1s",
    resource_check_timeout: "30s",
    pod_label_wait_timeout: "60s",
    pod_deletion_wait_timeout: "60s",
    resync_period: "30s",
    repair_period: "30s",
  };
  const content = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "postgres-operator", namespace: operatorNamespace },
    data,
  };
  return content;
}

const adminPasswordName = "harbor-admin-password";
/** The Secret with the password of Harbor's administrator. */
export const adminPassword = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: adminPasswordName, namespace: harborCluster.namespace },
  stringData: { secret: "Harbor12345" },
};

/** The parts of the HarborCluster that can be changed. */
export interface HarborClusterChoices {
  /** Instances of the database. Default 1. */
  replicas?: number;
  /** Any change makes the Harbor operator rewrite the database's resource. Default info. */
  logLevel?: "debug" | "info" | "warning" | "error" | "fatal";
}

/** A HarborCluster whose database the Zalando operator runs. The other services are only named; nothing of Harbor itself runs. */
export function harborClusterManifest({ replicas = 1, logLevel = "info" }: HarborClusterChoices = {}) {
  return {
    apiVersion: "goharbor.io/v1beta1",
    kind: "HarborCluster",
    metadata: { namespace: harborCluster.namespace, name: harborCluster.name },
    spec: {
      version: "2.5.1",
      logLevel,
      externalURL: "https://harbor.sandbox.invalid",
      harborAdminPasswordRef: adminPasswordName,
      expose: { core: { ingress: { host: "harbor.sandbox.invalid" } } },
      core: { tokenIssuer: { kind: "Issuer", name: "sandbox" } },
      cache: { kind: "Redis", spec: { redis: { host: "redis.sandbox.invalid", port: 6379 } } },
      storage: { kind: "FileSystem", spec: { fileSystem: { registryPersistentVolume: { claimName: "registry" } } } },
      database: {
        kind: "Zlando/PostgreSQL",
        spec: { zlandoPostgreSql: { operatorVersion: "1.7.0", storage: "1Gi", replicas, image: spiloImage } },
      },
    },
  };
}
