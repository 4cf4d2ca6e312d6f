import type { z } from "zod";
import { podSchema, type Pod } from "../../domain/stanza/instance-pod.ts";
import {
  annotations,
  labels,
  postgresClusterApi,
  postgresClusterSchema,
  type PostgresCluster,
} from "../../domain/stanza/postgres-cluster.ts";
import type { Exec } from "./exec.ts";
import { coreApi, fieldManager, inNamespace, openApi, type KubernetesApi, type KubernetesTarget } from "./api.ts";
import { everyObject } from "./objects.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";

/** The parts of the Kubernetes API that the steps for stanzas and dumps need. */
export interface KubernetesClient {
  /** Name of the kubeconfig's context. */
  readonly context: string;
  /** UID of the namespace kube-system, which identifies the Kubernetes cluster. */
  readonly kubernetesUid: () => Promise<string>;
  /** PostgresClusters of one namespace, or of all, in the API server's order. */
  listPostgresClusters(namespace: string | undefined): Promise<PostgresCluster[]>;
  /** One PostgresCluster; undefined when it does not exist. */
  getPostgresCluster(cluster: ObjectName): Promise<PostgresCluster | undefined>;
  /** Database instance Pods of one cluster, of one namespace, or of all. */
  listInstancePods(scope: { namespace?: string | undefined; cluster?: string }): Promise<Pod[]>;
  /**
   * Orders a manual backup from PGO, by its annotation. The same id again orders nothing more.
   *
   * @throws RequestError, also when the cluster was deleted or recreated meanwhile.
   */
  orderBackup(cluster: PostgresCluster, id: string): Promise<void>;
  readonly exec: Exec;
}

/**
 * A client for the cluster that `target` names. `progress` gets a line when a request is sent again.
 *
 * @throws RecoveryError when the kubeconfig or the context cannot be used, the API server does not answer, or its
 * kube-system namespace is not the one that was asked for.
 */
export async function connectKubernetes(
  target: KubernetesTarget,
  signal: AbortSignal = new AbortController().signal,
  progress: (line: string) => void = () => undefined,
): Promise<KubernetesClient> {
  return kubernetesClient(await openApi(target, signal, progress));
}

/** What {@link connectKubernetes} gives, over a connection that exists. */
export function kubernetesClient(api: KubernetesApi): KubernetesClient {
  const { apply, context, exec, find, kubernetesUid } = api;
  const list = <T>(what: string, path: string, query: Record<string, string>, schema: z.ZodType<T>): Promise<T[]> =>
    everyObject(api, { what, path, query }, schema);

  return {
    context,

    kubernetesUid,

    exec,

    listPostgresClusters(namespace) {
      return list(
        postgresClusterApi.plural,
        `${postgresClustersApi}${inNamespace(namespace)}/${postgresClusterApi.plural}`,
        {},
        postgresClusterSchema,
      );
    },

    getPostgresCluster: (cluster) =>
      find(postgresClusterApi.plural, postgresClustersApi, cluster, postgresClusterSchema),

    async orderBackup({ metadata: { namespace, name, uid } }, id) {
      const object = {
        apiVersion: `${postgresClusterApi.group}/${postgresClusterApi.version}`,
        kind: "PostgresCluster",
        // With the UID, a cluster that was deleted or recreated meanwhile is refused.
        metadata: { namespace, name, uid, annotations: { [annotations.backup]: id } },
      };
      const path = `${postgresClustersApi}${inNamespace(namespace)}/${postgresClusterApi.plural}/${encodeURIComponent(name)}`;
      await apply(`patch ${postgresClusterApi.plural}`, path, object, fieldManager);
    },

    listInstancePods({ namespace, cluster }) {
      const selectedCluster = cluster === undefined ? labels.cluster : `${labels.cluster}=${cluster}`;
      return list(
        "pods",
        `${coreApi}${inNamespace(namespace)}/pods`,
        { labelSelector: `${selectedCluster},${labels.instance}` },
        podSchema,
      );
    },
  };
}

const postgresClustersApi = `/apis/${postgresClusterApi.group}/${postgresClusterApi.version}`;
