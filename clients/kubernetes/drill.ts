import { podSchema, type DatabasePod } from "../../domain/harbor/objects.ts";
import { startSchema, type PodStart } from "../../domain/drill/clone.ts";
import {
  drillSelector,
  leaseName,
  leaseSchema,
  namespaceSchema,
  type DrillNamespace,
  type FoundLease,
  type FoundNamespace,
} from "../../domain/drill/namespace.ts";
import { drillPod, type PlannedObject } from "../../domain/drill/objects.ts";
import { coreApi, fieldManager, inNamespace, openApi, understood, unlessStatus, type KubernetesTarget } from "./api.ts";
import type { Exec } from "./exec.ts";
import { everyPage, pageQuery, pageSchema } from "./pages.ts";

/** The parts of the Kubernetes API that drills need. An object that does not exist is undefined. */
export interface DrillClient {
  /** Name of the kubeconfig's context. */
  readonly context: string;
  readonly exec: Exec;
  /** Creates the namespace; one that exists is returned as it is. */
  createNamespace(namespace: DrillNamespace): Promise<FoundNamespace>;
  getNamespace(name: string): Promise<FoundNamespace | undefined>;
  /** The namespaces with the labels of a drill. */
  listNamespaces(): Promise<FoundNamespace[]>;
  /** Asks for the deletion of the namespace with this UID, never of its successor of the same name. */
  deleteNamespace(namespace: Pick<FoundNamespace, "name" | "uid">): Promise<void>;
  /** Creates an object in a drill's namespace, unless it exists. */
  createObject(namespace: string, planned: PlannedObject): Promise<void>;
  getLease(namespace: string): Promise<FoundLease | undefined>;
  /** Creates the Lease, or renews it. */
  applyLease(namespace: string, lease: object): Promise<void>;
  /** The clone's Pod: for commands in it, and why it does not run. */
  getPod(namespace: string): Promise<{ readonly pod: DatabasePod; readonly start: PodStart } | undefined>;
}

const leaseApi = "/apis/coordination.k8s.io/v1";

/** A client for the cluster that `target` names. It throws the errors of {@link openApi}. */
export async function connectDrill(
  target: KubernetesTarget,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<DrillClient> {
  const { apply, context, create, exec, find, get, remove } = await openApi(target, signal, progress);
  const namespaces = `${coreApi}/namespaces`;
  const getNamespace = async (name: string): Promise<FoundNamespace | undefined> =>
    unlessStatus(404, async () =>
      understood(context, namespaceSchema, await get("get namespaces", `${namespaces}/${encodeURIComponent(name)}`)),
    );
  return {
    context,
    exec,
    async createNamespace(namespace) {
      const { name } = namespace.metadata;
      await unlessStatus(409, () => create("create namespaces", namespaces, namespace));
      const found = await getNamespace(name);
      if (found === undefined) throw new Error(`namespace ${name} was deleted as soon as it was created`);
      return found;
    },
    getNamespace,
    listNamespaces: () =>
      everyPage(async (next) => {
        const query = pageQuery(next, { labelSelector: drillSelector });
        return understood(context, pageSchema(namespaceSchema), await get("list namespaces", `${namespaces}?${query}`));
      }),
    async deleteNamespace({ name, uid }) {
      const path = `${namespaces}/${encodeURIComponent(name)}`;
      // 404: it is gone. 409: it is another one, or it is being deleted already.
      await unlessStatus(404, () =>
        unlessStatus(409, () => remove("delete namespaces", path, { preconditions: { uid } })),
      );
    },
    async createObject(namespace, { api, resource, object }) {
      await unlessStatus(409, () =>
        create(`create ${resource}`, `${api}${inNamespace(namespace)}/${resource}`, object),
      );
    },
    getLease: (namespace) => find("leases", leaseApi, { namespace, name: leaseName }, leaseSchema),
    async applyLease(namespace, lease) {
      await apply("patch leases", `${leaseApi}${inNamespace(namespace)}/leases/${leaseName}`, lease, fieldManager);
    },
    async getPod(namespace) {
      const path = `${coreApi}${inNamespace(namespace)}/pods/${drillPod}`;
      const answer = await unlessStatus(404, () => get("get pods", path));
      if (answer === undefined) return undefined;
      return { pod: understood(context, podSchema, answer), start: understood(context, startSchema, answer) };
    },
  };
}
