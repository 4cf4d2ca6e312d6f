import { CoreV1Api, CustomObjectsApi } from "@kubernetes/client-node";
import pRetry from "p-retry";
import { z } from "zod";
import { RecoveryError } from "../domain/errors.ts";
import { podSchema, type Pod } from "../domain/instance-pod.ts";
import { labels, postgresClusterApi, postgresClusterSchema, type ClusterName, type PostgresCluster } from "../domain/postgres-cluster.ts";
import type { KubernetesAccess } from "../domain/stanza-create.ts";
import { ApiRequests } from "./api-requests.ts";
import { kubernetesExec, type Exec } from "./exec.ts";
import { loadKubeconfig, logIn } from "./kubeconfig.ts";
import { execRefusal, RequestError } from "./request-error.ts";

/** What the runbook's steps need of one Kubernetes cluster. */
export interface KubernetesClient {
  /** Name of the kubeconfig's context. */
  readonly context: string;
  /** PostgresClusters of one namespace, or of all, in the API server's order. */
  listPostgresClusters(namespace: string | undefined): Promise<PostgresCluster[]>;
  /** One PostgresCluster; undefined when there is none of that name. */
  getPostgresCluster(cluster: ClusterName): Promise<PostgresCluster | undefined>;
  /** Database instance Pods of one cluster, of one namespace, or of all. */
  listInstancePods(scope: { namespace?: string | undefined; cluster?: string }): Promise<Pod[]>;
  readonly exec: Exec;
}

/** `undefined` context means the kubeconfig's current one. */
export type KubernetesTarget = Omit<KubernetesAccess, "context"> & { readonly context: string | undefined };

/** Objects per page of a LIST, as kubectl asks for. */
const pageSize = 500;
/** How often a LIST begins again because its pages became too old. */
const restarts = 2;

/**
 * A client for the cluster that `target` names. `progress` hears when the API server is asked again.
 *
 * @throws RecoveryError when the kubeconfig or the context cannot be used, the API server does not answer, or its
 * kube-system namespace is not the one that was asked for.
 */
export async function connectKubernetes(
  target: KubernetesTarget,
  signal: AbortSignal = new AbortController().signal,
  progress: (line: string) => void = () => undefined,
): Promise<KubernetesClient> {
  const config = loadKubeconfig(target);
  const context = config.getCurrentContext();
  const connection = { context, server: config.getCurrentCluster()?.server ?? "", user: config.getCurrentUser()?.name ?? "" };
  await logIn(config, signal);
  const requests = new ApiRequests(connection, { logIn: (stop) => logIn(config, stop), progress, signal });
  const plainExec = kubernetesExec(config);
  const core = config.makeApiClient(CoreV1Api);
  const custom = config.makeApiClient(CustomObjectsApi);

  if (target.kubeSystemUid !== undefined) {
    const { metadata } = await requests.read("get namespaces", (options) => core.readNamespace({ name: "kube-system" }, options));
    if (metadata?.uid !== target.kubeSystemUid) {
      throw new RecoveryError(
        "usage",
        `context ${context} leads to another cluster: its kube-system namespace has UID ${metadata?.uid ?? "unknown"}, expected ${target.kubeSystemUid}`,
        "check the context and the kubeconfig; nothing has been done",
      );
    }
  }

  return {
    context,

    async exec(container, argv, options) {
      const result = await plainExec(container, argv, options);
      if (result.end !== "refused") return result;
      return { ...result, message: execRefusal(connection, result.httpStatus, result.message) };
    },

    async listPostgresClusters(namespace) {
      const items = await everyPage((_continue) =>
        requests.read("list postgresclusters", (options) => {
          const page = { ...postgresClusterApi, limit: pageSize, ...(_continue !== undefined && { _continue }) };
          return namespace === undefined
            ? custom.listClusterCustomObject(page, options)
            : custom.listNamespacedCustomObject({ ...page, namespace }, options);
        }),
      );
      return understood(context, z.array(postgresClusterSchema), items);
    },

    async getPostgresCluster({ namespace, name }) {
      try {
        const cluster: unknown = await requests.read("get postgresclusters", (options) =>
          custom.getNamespacedCustomObject({ ...postgresClusterApi, namespace, name }, options),
        );
        return understood(context, postgresClusterSchema, cluster);
      } catch (error) {
        if (error instanceof RequestError && error.httpStatus === 404) return undefined;
        throw error;
      }
    },

    async listInstancePods({ namespace, cluster }) {
      const selectedCluster = cluster === undefined ? labels.cluster : `${labels.cluster}=${cluster}`;
      const items = await everyPage((_continue) =>
        requests.read("list pods", (options) => {
          const page = {
            labelSelector: `${selectedCluster},${labels.instance}`,
            limit: pageSize,
            ...(_continue !== undefined && { _continue }),
          };
          return namespace === undefined
            ? core.listPodForAllNamespaces(page, options)
            : core.listNamespacedPod({ ...page, namespace }, options);
        }),
      );
      return understood(context, z.array(podSchema), items);
    },
  };
}

/** What the API server sent, checked. The error names fields, and no values. */
function understood<T>(context: string, schema: z.ZodType<T>, answer: unknown): T {
  const { data, error } = schema.safeParse(answer);
  if (error === undefined) return data;
  throw new RecoveryError(
    "undetermined",
    `context ${context}: the API server sent something else than Kubernetes and PGO do:\n${z.prettifyError(error)}`,
    "see which version of PGO is installed, and whether a proxy answers in the API server's place",
  );
}

const listPage = z.object({
  items: z.array(z.unknown()),
  metadata: z.object({ continue: z.string().optional(), _continue: z.string().optional() }).default({}),
});

/** All objects of a LIST. A continue token lives for some minutes; then (410) the LIST begins again, for it must be whole. */
function everyPage(request: (_continue: string | undefined) => Promise<unknown>): Promise<unknown[]> {
  const isTooOld = (error: Error): boolean => error instanceof RequestError && error.httpStatus === 410;
  return pRetry(() => pagesOf(request), { retries: restarts, minTimeout: 0, shouldRetry: ({ error }) => isTooOld(error) });
}

async function pagesOf(request: (_continue: string | undefined) => Promise<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  let next: string | undefined;
  do {
    const page = listPage.parse(await request(next));
    items.push(...page.items);
    // The typed API renames the field `continue`, the untyped one does not; both send "" on the last page.
    next = page.metadata._continue ?? page.metadata.continue;
  } while (next !== undefined && next !== "");
  return items;
}
