import { z } from "zod";
import { RecoveryError } from "../../domain/errors.ts";
import { ApiConnection, type Change } from "./api-connection.ts";
import { ApiRequests } from "./api-requests.ts";
import { kubernetesExec, type Exec } from "./exec.ts";
import { loadKubeconfig, logIn } from "./kubeconfig.ts";
import { execRefusal, RequestError } from "./request-error.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

/** Which Kubernetes cluster to connect to. An undefined context means the kubeconfig's current one. */
export type KubernetesTarget = Omit<KubernetesAccess, "context"> & { readonly context: string | undefined };

/** The API of one Kubernetes cluster. If the target names a UID, the cluster has proven to be that one. */
export interface KubernetesApi {
  /** Name of the kubeconfig's context. */
  readonly context: string;
  /** UID of the cluster's kube-system namespace, which identifies the cluster. */
  readonly kubernetesUid: () => Promise<string>;
  /** Runs a command in a container. The message of a refusal says what it means. */
  readonly exec: Exec;
  /** The answer to a GET. `what` names the request as RBAC does, by verb and resource, such as `list pods`. */
  readonly get: (what: string, path: string) => Promise<unknown>;
  /** One object, validated; undefined when it does not exist. `api` is the path of its API, such as {@link coreApi}. */
  readonly find: <T>(resource: string, api: string, object: ObjectName, schema: z.ZodType<T>) => Promise<T | undefined>;
  /** Creates an object. After a cut connection it is sent again, so 409 may mean that this very request has created it. */
  readonly create: (what: string, path: string, object: object) => Promise<unknown>;
  /** Server-side apply: `manager` owns the fields of `object` from now on, even if they were owned by somebody else. */
  readonly apply: (what: string, path: string, object: object, manager: string) => Promise<unknown>;
  /** Deletes an object under the conditions of `options` (DeleteOptions), which must hold its UID: see {@link ApiRequests}. */
  readonly remove: (what: string, path: string, options: object) => Promise<unknown>;
}

/** This program's field manager in the managedFields of objects that it changes. A new name would be a second owner. */
export const fieldManager = "postgres-recovery";
/** The path of the API of Pods, Secrets, ConfigMaps and other core objects. */
export const coreApi = "/api/v1";
const namespaceSchema = z.object({ metadata: z.object({ uid: z.string() }) });

/**
 * Connects to the cluster that `target` names. `progress` gets a line when a request is sent again.
 *
 * @throws RecoveryError when the kubeconfig or the context cannot be used, the API server does not answer, or its
 * kube-system namespace is not the one that was asked for.
 */
export async function openApi(
  target: KubernetesTarget,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<KubernetesApi> {
  const config = loadKubeconfig(target);
  const context = config.getCurrentContext();
  const connection = {
    context,
    server: config.getCurrentCluster()?.server ?? "",
    user: config.getCurrentUser()?.name ?? "",
  };
  await logIn(config, signal);
  const requests = new ApiRequests(connection, { logIn: (stop) => logIn(config, stop), progress, signal });
  const api = new ApiConnection(config);
  const get = (what: string, path: string): Promise<unknown> => requests.send(what, (bound) => api.ask(path, bound));
  const change = (what: string, path: string, body: Change): Promise<unknown> =>
    requests.send(what, (bound) => api.ask(path, bound, body));

  const kubernetesUid = async (): Promise<string> => {
    const answer = await get("get namespaces", `${coreApi}/namespaces/kube-system`);
    return understood(context, namespaceSchema, answer).metadata.uid;
  };
  if (target.kubeSystemUid !== undefined) {
    const uid = await kubernetesUid();
    if (uid !== target.kubeSystemUid) {
      throw new RecoveryError(
        "kubernetes-cluster-wrong",
        `context ${context} leads to another cluster: its kube-system namespace has UID ${uid}, expected ${target.kubeSystemUid}`,
        { next: "check the context and the kubeconfig; nothing has been done" },
      );
    }
  }
  const plainExec = kubernetesExec(api);
  return {
    context,
    kubernetesUid,
    get,
    find: (resource, group, { namespace, name }, schema) =>
      unlessStatus(404, async () =>
        understood(
          context,
          schema,
          await get(`get ${resource}`, `${group}${inNamespace(namespace)}/${resource}/${encodeURIComponent(name)}`),
        ),
      ),
    async exec(container, argv, options) {
      const result = await plainExec(container, argv, options);
      if (result.end !== "refused") return result;
      return { ...result, message: execRefusal(connection, result.httpStatus, result.message) };
    },
    create: (what, path, object) =>
      change(what, path, { method: "POST", contentType: "application/json", body: object }),
    apply: (what, path, object, manager) => {
      const query = new URLSearchParams({ fieldManager: manager, force: "true" });
      return change(what, `${path}?${query.toString()}`, {
        method: "PATCH",
        contentType: "application/apply-patch+yaml",
        body: object,
      });
    },
    remove: (what, path, options) =>
      change(what, path, { method: "DELETE", contentType: "application/json", body: options }),
  };
}

/** Validates an answer of the API server. The error names fields, but no values. */
export function understood<T>(context: string, schema: z.ZodType<T>, answer: unknown): T {
  const { data, error } = schema.safeParse(answer);
  if (error === undefined) return data;
  throw new RecoveryError(
    "kubernetes-answer-unexpected",
    `context ${context}: the API server sent something else than Kubernetes and the operators do:\n${z.prettifyError(error)}`,
    { next: "see which version of the operator is installed, and whether a proxy answers in the API server's place" },
  );
}

/**
 * The part of a path that names the namespace; empty for all namespaces.
 *
 * @example inNamespace("calendar") // → "/namespaces/calendar"
 */
export function inNamespace(namespace: string | undefined): string {
  return namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
}

/** The answer to a request; undefined when the API server refuses it with this HTTP status. */
export async function unlessStatus<T>(httpStatus: number, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RequestError && error.httpStatus === httpStatus) return undefined;
    throw error;
  }
}
