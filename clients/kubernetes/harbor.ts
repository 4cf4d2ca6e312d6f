import { z } from "zod";
import {
  configMapSchema,
  deploymentSchema,
  harborClusterSchema,
  neighbourSchema,
  patroniRecordSchema,
  podSchema,
  podSecretSchema,
  postgresqlSchema,
  statefulSetSchema,
  volumeClaimSchema,
  type DatabasePod,
  type HarborCluster,
  type Postgresql,
  type StatefulSet,
} from "../../domain/harbor/objects.ts";
import {
  databasePodLabels,
  harborClusterApi,
  postgresqlApi,
  postgresqlName,
  replacedListsAnnotation,
} from "../../domain/harbor/names.ts";
import type { LivePodConfig } from "../../domain/harbor/pod-config-owners.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Neighbour } from "../../domain/restore/neighbours.ts";
import { isClaimOf, type VolumeClaim } from "../../domain/restore/volumes.ts";
import type { ContainerVariable } from "../../domain/kubernetes/container.ts";
import type { RestoredSecret } from "../../domain/secrets/copy.ts";
import type { Exec } from "./exec.ts";
import { RequestError } from "./request-error.ts";
import { coreApi, fieldManager, inNamespace, openApi, understood, unlessStatus, type KubernetesTarget } from "./api.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { type SecretContent, secretSchema } from "../../domain/kubernetes/secret.ts";

/** The parts of the Kubernetes API that the steps around Harbor need. An object that does not exist is undefined. */
export interface HarborClient {
  /** Name of the kubeconfig's context. */
  readonly context: string;
  /** UID of the kube-system namespace, which identifies the Kubernetes cluster. */
  getKubernetesUid(): Promise<string>;
  getHarborCluster(harbor: ObjectName): Promise<HarborCluster | undefined>;
  /** The names of all HarborClusters, in all namespaces. */
  listHarborClusters(): Promise<ObjectName[]>;
  /** The Zalando operator's resource of a HarborCluster's database. */
  getPostgresql(harbor: ObjectName): Promise<Postgresql | undefined>;
  /** Every database of the Zalando operator, in all namespaces. */
  listDatabases(): Promise<Neighbour[]>;
  getStatefulSet(harbor: ObjectName): Promise<StatefulSet | undefined>;
  /** Whether the Service of the database's leader exists. */
  hasService(harbor: ObjectName): Promise<boolean>;
  /** Claims for the database's volumes, of earlier databases of the same name, too. */
  listVolumeClaims(harbor: ObjectName): Promise<VolumeClaim[]>;
  /** Pods of the database, in the order of their numbers. */
  listPods(harbor: ObjectName): Promise<DatabasePod[]>;
  /** PostgreSQL's system identifier, which Patroni records when the first bootstrap has ended. */
  getSystemIdentifier(harbor: ObjectName): Promise<string | undefined>;
  getConfigMap(object: ObjectName): Promise<LivePodConfig | undefined>;
  /** The Secret with the Pods' environment, its values decoded. */
  getPodSecret(object: ObjectName): Promise<LivePodConfig | undefined>;
  getSecret(object: ObjectName): Promise<SecretContent | undefined>;
  /** Creates it. An existing Secret of the same name stays unchanged. */
  createSecret(secret: RestoredSecret): Promise<"created" | "exists">;
  /** Variables of all containers of a namespace's Deployments. */
  listDeploymentVariables(namespace: string): Promise<ContainerVariable[]>;
  getOperatorConfiguration(object: ObjectName): Promise<unknown>;
  /** Names of the OperatorConfigurations of a namespace. */
  listOperatorConfigurations(namespace: string): Promise<string[]>;
  /**
   * Sets and owns the whole list, even if somebody else owned it, and the count of replaced lists. Other fields, and a
   * recreated resource, stay unchanged.
   */
  applyPgHba(postgresql: Postgresql, written: WrittenPgHba): Promise<Postgresql>;
  /** Deletes the Pod with this UID, never its successor of the same name. */
  deletePod(pod: DatabasePod): Promise<void>;
  readonly exec: Exec;
}

/** What is written about pg_hba to a `postgresql` resource. */
export interface WrittenPgHba {
  readonly list: readonly string[];
  /** How often a list that somebody else wrote was replaced, with this write. */
  readonly replacedLists: number;
}

const appsApi = "/apis/apps/v1";
const harborApi = `/apis/${harborClusterApi.group}/${harborClusterApi.version}`;
const zalandoApi = `/apis/${postgresqlApi.group}/${postgresqlApi.version}`;

const named = z.object({ metadata: z.object({ name: z.string() }) });
const namespaced = z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) });
const listOf = <T>(item: z.ZodType<T>): z.ZodType<{ items: T[] }> => z.object({ items: z.array(item) });

/** A client for the cluster that `target` names. It throws the errors of {@link openApi}. */
export async function connectHarbor(
  target: KubernetesTarget,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<HarborClient> {
  const { apply, context, create, exec, find, get, kubernetesUid, remove } = await openApi(target, signal, progress);
  const list = async <T>(
    resource: string,
    group: string,
    namespace: string,
    schema: z.ZodType<T>,
    query = "",
  ): Promise<T[]> =>
    understood(
      context,
      listOf(schema),
      await get(`list ${resource}`, `${group}${inNamespace(namespace)}/${resource}${query}`),
    ).items;

  return {
    context,

    exec,

    getKubernetesUid: kubernetesUid,
    getHarborCluster: (harbor) => find(harborClusterApi.plural, harborApi, harbor, harborClusterSchema),
    async listHarborClusters() {
      const answer = await get(`list ${harborClusterApi.plural}`, `${harborApi}/${harborClusterApi.plural}`);
      return understood(context, listOf(namespaced), answer).items.map(({ metadata }) => metadata);
    },
    getPostgresql: (harbor) => find(postgresqlApi.plural, zalandoApi, databaseOf(harbor), postgresqlSchema),
    async listDatabases() {
      const answer = await get(`list ${postgresqlApi.plural}`, `${zalandoApi}/${postgresqlApi.plural}`);
      return understood(context, listOf(neighbourSchema), answer).items;
    },
    getStatefulSet: (harbor) => find("statefulsets", appsApi, databaseOf(harbor), statefulSetSchema),
    async hasService(harbor) {
      return (await find("services", coreApi, databaseOf(harbor), named)) !== undefined;
    },

    async listVolumeClaims(harbor) {
      const all = await list("persistentvolumeclaims", coreApi, harbor.namespace, volumeClaimSchema);
      return all.filter(({ name }) => isClaimOf(harbor, name));
    },

    async listPods(harbor) {
      const selector = Object.entries(databasePodLabels(harbor))
        .map(([label, value]) => `${label}=${value}`)
        .join(",");
      const pods = await list(
        "pods",
        coreApi,
        harbor.namespace,
        podSchema,
        `?labelSelector=${encodeURIComponent(selector)}`,
      );
      return pods.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name, "en", { numeric: true }));
    },

    async getSystemIdentifier(harbor) {
      const { namespace, name } = databaseOf(harbor);
      const patroni = { namespace, name: `${name}-config` };
      // Patroni keeps it in Endpoints, or in a ConfigMap if the operator has kubernetes_use_configmaps.
      const record =
        (await find("endpoints", coreApi, patroni, patroniRecordSchema)) ??
        (await find("configmaps", coreApi, patroni, patroniRecordSchema));
      return record?.systemIdentifier;
    },

    getConfigMap: (object) => find("configmaps", coreApi, object, configMapSchema),

    getPodSecret: (object) => find("secrets", coreApi, object, podSecretSchema),
    getSecret: (object) => find("secrets", coreApi, object, secretSchema),
    async createSecret(secret) {
      const { namespace } = secret.metadata;
      const path = `${coreApi}${inNamespace(namespace)}/secrets`;
      try {
        const created = await unlessStatus(409, () => create("create secrets", path, secret));
        return created === undefined ? "exists" : "created";
      } catch (error) {
        if (!(error instanceof RequestError && error.httpStatus === 404)) throw error;
        throw new RecoveryError("namespace-missing", `context ${context}: there is no namespace ${namespace}`, {
          next: `kubectl --context ${context} create namespace ${namespace}`,
          cause: error,
        });
      }
    },

    async listDeploymentVariables(namespace) {
      const deployments = await list("deployments", appsApi, namespace, deploymentSchema);
      return deployments.flatMap(({ spec }) => spec.template.spec.containers.flatMap(({ env }) => env));
    },

    getOperatorConfiguration: (object) => find("operatorconfigurations", zalandoApi, object, z.unknown()),
    async listOperatorConfigurations(namespace) {
      return (await list("operatorconfigurations", zalandoApi, namespace, named)).map(({ metadata }) => metadata.name);
    },

    async applyPgHba({ metadata: { namespace, name, uid } }, { list: pg_hba, replacedLists }) {
      const annotations = { [replacedListsAnnotation]: String(replacedLists) };
      const object = {
        apiVersion: `${postgresqlApi.group}/${postgresqlApi.version}`,
        kind: "postgresql",
        // Without the UID, a resource deleted in the meantime would be recreated with nothing but this list.
        metadata: { namespace, name, uid, ...(replacedLists > 0 && { annotations }) },
        spec: { patroni: { pg_hba } },
      };
      const path = `${zalandoApi}${inNamespace(namespace)}/${postgresqlApi.plural}/${encodeURIComponent(name)}`;
      return understood(
        context,
        postgresqlSchema,
        await apply(`patch ${postgresqlApi.plural}`, path, object, fieldManager),
      );
    },

    async deletePod({ metadata: { namespace, name, uid } }) {
      const path = `${coreApi}${inNamespace(namespace)}/pods/${encodeURIComponent(name)}`;
      // 404: it is gone. 409: its successor of the same name exists. Both are the desired result.
      await unlessStatus(404, () => unlessStatus(409, () => remove("delete pods", path, { preconditions: { uid } })));
    },
  };
}

function databaseOf(harbor: ObjectName): ObjectName {
  return { namespace: harbor.namespace, name: postgresqlName(harbor) };
}
