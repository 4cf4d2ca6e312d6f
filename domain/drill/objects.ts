import type { AccessKeys } from "../aws/access-keys.ts";
import { runbookPgHba } from "../harbor/pg-hba.ts";
import { cloneVariables, podSecretData } from "../harbor/pod-config.ts";
import { spiloContainer } from "../harbor/objects.ts";
import { roleRules } from "../kubernetes/permissions.ts";
import type { Restore } from "../restore/restore.ts";
import { harborPostgresMajor } from "../spilo/image.ts";
import { drillLabels, namespaceName } from "./namespace.ts";
import { patroniPermissions } from "./permissions.ts";

/** Name of the ServiceAccount, the Secret and the other objects in a drill's namespace. */
const objectName = "drill";
/** Spilo's SCOPE: the name of the restored cluster in Patroni and in the labels. */
const drillScope = "drill";
/** The only Pod. */
export const drillPod = "drill-0";
/** The port of Patroni's REST API. */
const patroniPort = 8008;
const dataPath = "/home/postgres/pgdata";

/** A database that is restored for a drill. */
export interface DrillPlan {
  readonly id: string;
  readonly image: string;
  readonly restore: Restore;
  /** Keys that read the backups; undefined when the Pod assumes a role. */
  readonly keys: AccessKeys | undefined;
  /** Passwords of the clone alone. Patroni gives them to its own roles at the end of the restore. */
  readonly passwords: { readonly superuser: string; readonly standby: string };
  readonly resources: DrillResources;
  /** Port of the S3 endpoint, if it is another than 443. */
  readonly s3Port?: number | undefined;
}

/** What the Pod may use, as Kubernetes writes quantities. */
export interface DrillResources {
  readonly cpu: string;
  readonly memory: string;
  /** Size of the volume. */
  readonly volume: string;
  /** Default: the cluster's default class. */
  readonly storageClass?: string | undefined;
}

/** An object that a drill creates in its namespace, with its place in the API. */
export interface PlannedObject {
  /** Path of the API, such as `/api/v1`. */
  readonly api: string;
  readonly resource: string;
  readonly object: object;
}

const coreApi = "/api/v1";
const rbac = { group: "rbac.authorization.k8s.io", api: "/apis/rbac.authorization.k8s.io/v1" };

/**
 * The objects of a drill in the order in which they are created, the Pod last. Nothing in them makes backups: there is no
 * WAL_S3_BUCKET, USE_WALG_BACKUP or BACKUP_SCHEDULE, and archive_mode is off.
 */
export function drillObjects(plan: DrillPlan): PlannedObject[] {
  const metadata = { namespace: namespaceName(plan.id), name: objectName, labels: drillLabels(plan.id) };
  const { credentials } = plan.restore;
  const role = credentials === "secret" ? undefined : { "eks.amazonaws.com/role-arn": credentials.irsaRoleArn };
  const subject = { kind: "ServiceAccount", name: objectName, namespace: metadata.namespace };
  const roleRef = { apiGroup: rbac.group, kind: "Role", name: objectName };
  return [
    planned(networkingApi, "networkpolicies", { kind: "NetworkPolicy", metadata, spec: networkPolicy(plan) }),
    planned(coreApi, "serviceaccounts", {
      kind: "ServiceAccount",
      metadata: { ...metadata, ...(role !== undefined && { annotations: role }) },
    }),
    planned(rbac.api, "roles", { kind: "Role", metadata, rules: roleRules(patroniPermissions) }),
    planned(rbac.api, "rolebindings", { kind: "RoleBinding", metadata, roleRef, subjects: [subject] }),
    planned(coreApi, "secrets", { kind: "Secret", metadata, stringData: secretData(plan) }),
    planned(coreApi, "pods", pod(plan)),
  ];
}

const networkingApi = "/apis/networking.k8s.io/v1";

function planned(api: string, resource: string, object: object): PlannedObject {
  return { api, resource, object: { apiVersion: api.replace(/^\/apis?\//, ""), ...object } };
}

/**
 * Nobody may connect to the clone, so that nothing takes it for the real database. It may reach name servers, S3 and the
 * Kubernetes API.
 */
function networkPolicy({ s3Port }: DrillPlan): object {
  const tcp = [443, 6443, ...(s3Port === undefined ? [] : [s3Port])].map((port) => ({ protocol: "TCP", port }));
  const dns = ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 }));
  return { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [], egress: [{ ports: [...dns, ...tcp] }] };
}

function secretData({ keys, passwords }: DrillPlan): Record<string, string> {
  const { superuser, standby } = passwords;
  return { ...podSecretData({ restore: keys }), PGPASSWORD_SUPERUSER: superuser, PGPASSWORD_STANDBY: standby };
}

function pod(plan: DrillPlan): object {
  const { cpu, memory } = plan.resources;
  const resources = { requests: { cpu, memory }, limits: { cpu, memory } };
  const volumeMounts = [
    { name: "pgdata", mountPath: dataPath },
    { name: "dshm", mountPath: "/dev/shm" },
  ];
  const container = {
    name: spiloContainer,
    image: plan.image,
    env: variables(plan),
    resources,
    volumeMounts,
    readinessProbe: { httpGet: { path: "/readiness", port: patroniPort }, initialDelaySeconds: 6, periodSeconds: 10 },
  };
  const labels = { ...drillLabels(plan.id), application: "spilo", "cluster-name": drillScope };
  return {
    kind: "Pod",
    metadata: { namespace: namespaceName(plan.id), name: drillPod, labels },
    spec: {
      serviceAccountName: objectName,
      // The data are thrown away, so nothing is lost when PostgreSQL is not shut down.
      terminationGracePeriodSeconds: 1,
      containers: [container],
      volumes: [{ name: "pgdata", ephemeral: { volumeClaimTemplate: claim(plan.resources) } }, sharedMemory],
    },
  };
}

/** The share of memory that processes of one query have in common. */
const sharedMemory = { name: "dshm", emptyDir: { medium: "Memory" } };

/** The volume is created with the Pod and deleted with it. */
function claim({ storageClass, volume }: DrillResources): object {
  return {
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: volume } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
  };
}

const spiloConfiguration = JSON.stringify({
  postgresql: { pg_hba: runbookPgHba },
  bootstrap: { dcs: { postgresql: { parameters: { archive_mode: "off" } } } },
});

/** The variables that the Zalando operator would set, and those of the clone. Passwords and keys come from the Secret. */
function variables(plan: DrillPlan): object[] {
  const plain = {
    SCOPE: drillScope,
    PGROOT: `${dataPath}/pgroot`,
    PGVERSION: String(harborPostgresMajor),
    PGUSER_SUPERUSER: "postgres",
    PGUSER_STANDBY: "standby",
    HUMAN_ROLE: "zalandos",
    DCS_ENABLE_KUBERNETES_API: "true",
    KUBERNETES_SCOPE_LABEL: "cluster-name",
    KUBERNETES_ROLE_LABEL: "spilo-role",
    KUBERNETES_LABELS: JSON.stringify({ application: "spilo" }),
    SPILO_CONFIGURATION: spiloConfiguration,
    ...cloneVariables(plan.restore),
  };
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  return [
    field("POD_IP", "status.podIP"),
    field("POD_NAMESPACE", "metadata.namespace"),
    ...Object.entries(plain).map(([name, value]) => ({ name, value })),
    ...Object.keys(secretData(plan)).map((name) => ({
      name,
      valueFrom: { secretKeyRef: { name: objectName, key: name } },
    })),
  ];
}
