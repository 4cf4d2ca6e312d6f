import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import type { V1EnvVar, V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import { coreEncryptionKeySecretName, harborClusterApi } from "../../domain/harbor/names.ts";
import { digestQuery, tableDigestSchema, tablesQuery, type TableDigest } from "../../sandbox/demo/digests.ts";
import { client } from "../../sandbox/kubernetes/client.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { harborCluster, harborContext } from "../../sandbox/harbor/objects.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { askDirectly, testDirectory } from "./sandbox.ts";

const { namespace, database: name } = harborCluster;
const postgresqls = { group: "acid.zalan.do", version: "v1", plural: "postgresqls", namespace, name };
const postgresql = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({
    dockerImage: z.string(),
    postgresql: z.object({ version: z.string() }),
    patroni: z.object({ pg_hba: z.array(z.string()) }),
  }),
  status: z.object({ PostgresClusterStatus: z.string() }).optional(),
});

const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

interface ObjectName {
  namespace: string;
  name: string;
}

interface Applied {
  apiVersion: string;
  kind: string;
  metadata: { namespace: string; name: string };
  [field: string]: unknown;
}

/** Harbor's database according to the API server, asked as the administrator and without any of the project's code. */
export class HarborDatabase {
  readonly #config = client(layout(testDirectory).kubeconfig, harborContext);
  readonly #core = this.#config.makeApiClient(CoreV1Api);
  readonly #objects = KubernetesObjectApi.makeApiClient(this.#config);

  /** The resource that the Harbor operator creates. */
  async resource(): Promise<z.infer<typeof postgresql>> {
    return postgresql.parse(await this.#config.makeApiClient(CustomObjectsApi).getNamespacedCustomObject(postgresqls));
  }

  /** The environment of the database's container in the StatefulSet that the Zalando operator creates. */
  async environment(): Promise<Map<string, V1EnvVar>> {
    const { spec } = await this.#config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ namespace, name });
    return new Map(spec?.template.spec?.containers[0]?.env?.map((variable) => [variable.name, variable]));
  }

  /** The list in the SPILO_CONFIGURATION of that container. */
  async configuredHba(): Promise<string[]> {
    const value: unknown = JSON.parse((await this.environment()).get("SPILO_CONFIGURATION")?.value ?? "{}");
    return z.object({ postgresql: z.object({ pg_hba: z.array(z.string()) }) }).parse(value).postgresql.pg_hba;
  }

  /** UID of the kube-system namespace. */
  async kubernetesUid(): Promise<string> {
    return (await this.#core.readNamespace({ name: "kube-system" })).metadata?.uid ?? "";
  }

  pod(index = 0): Promise<V1Pod> {
    return this.#core.readNamespacedPod({ namespace, name: `${name}-${index}` });
  }

  /** All Pods of the database. */
  async pods(): Promise<V1Pod[]> {
    return (await this.#core.listNamespacedPod({ namespace, labelSelector: `cluster-name=${name}` })).items;
  }

  /** The type and the keys of a Secret in Harbor's namespace. */
  async secret(secretName: string): Promise<{ type: string | undefined; keys: string[] }> {
    const { type, data } = await this.#core.readNamespacedSecret({ namespace, name: secretName });
    return { type, keys: Object.keys(data ?? {}).sort() };
  }

  /** A ConfigMap with what shows whether it was changed or recreated; undefined if it does not exist. */
  async configMap({
    namespace,
    name,
  }: ObjectName): Promise<
    { data: Record<string, string>; uid: string | undefined; resourceVersion: string | undefined } | undefined
  > {
    const found = await unlessMissing(this.#core.readNamespacedConfigMap({ namespace, name }));
    return (
      found && { data: found.data ?? {}, uid: found.metadata?.uid, resourceVersion: found.metadata?.resourceVersion }
    );
  }

  /** Changes values of a ConfigMap, and returns a function that restores the old ones. */
  async patchConfigMap({ namespace, name }: ObjectName, data: Record<string, string>): Promise<() => Promise<unknown>> {
    const { data: before = {} } = await this.#core.readNamespacedConfigMap({ namespace, name });
    const patch = (values: object): Promise<unknown> =>
      this.#core.patchNamespacedConfigMap({ namespace, name, body: { data: values } }, mergePatch);
    await patch(data);
    return () => patch(Object.fromEntries(Object.keys(data).map((key) => [key, before[key] ?? null])));
  }

  /** The decoded values of a Secret; undefined if it does not exist. */
  async secretData({ namespace, name }: ObjectName): Promise<Record<string, string> | undefined> {
    const found = await unlessMissing(this.#core.readNamespacedSecret({ namespace, name }));
    return (
      found &&
      Object.fromEntries(
        Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
      )
    );
  }

  /** Changes values of a Secret. */
  async setSecret({ namespace, name }: ObjectName, stringData: Record<string, string>): Promise<void> {
    await this.#core.patchNamespacedSecret({ namespace, name, body: { stringData } }, mergePatch);
  }

  /** Creates a claim for a volume, as one that an earlier database has left. */
  async createClaim(claim: string): Promise<void> {
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await this.apply({ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { namespace, name: claim }, spec });
  }

  /** Deletes a claim, and waits until it is gone. */
  async removeClaim(claim: string): Promise<void> {
    const one = { namespace, name: claim };
    await this.#core.deleteNamespacedPersistentVolumeClaim(one);
    await waitUntil("the claim to go", 60, async () => {
      return (await unlessMissing(this.#core.readNamespacedPersistentVolumeClaim(one))) === undefined;
    });
  }

  /** The answer of one Pod's Postgres, asked directly, once it answers: the Pod may just be rolled. Default: the first Pod. */
  async ask(sql: string, pod = `${name}-0`, inDatabase = "postgres"): Promise<string> {
    const argv = ["psql", "-XAtq", "-U", "postgres", "-d", inDatabase, "-c", sql] as const;
    let answer = "";
    await waitUntil(`the Postgres of ${pod} to answer`, 180, async () => {
      answer = await askDirectly(harborContext, namespace, pod, ...argv);
      return true;
    });
    return answer;
  }

  /** A digest of each of Harbor's own tables. */
  async digests(): Promise<TableDigest[]> {
    const rows = async (sql: string): Promise<unknown> =>
      JSON.parse(await this.ask(`select json_agg(found) from (${sql}) found`, `${name}-0`, "core"));
    const listed = z.array(z.object({ table: z.string() })).parse(await rows(tablesQuery));
    return z.array(tableDigestSchema).parse(await rows(digestQuery(listed.map(({ table }) => table))));
  }

  /** Makes a base backup of the leader, as Spilo's cron does. */
  async backUp(pod = `${name}-0`): Promise<void> {
    const command = 'exec envdir /run/etc/wal-e.d/env postgres-backup "$PGROOT/data"';
    await askDirectly(harborContext, namespace, pod, "sh", "-c", command);
  }

  /** Closes the leader's current segment of WAL, and waits until it is archived. */
  async archive(pod = `${name}-0`): Promise<void> {
    const segment = await this.ask("select pg_walfile_name(pg_switch_wal())", pod);
    await waitUntil(`${segment} to be archived`, 60, async () => {
      return (await this.ask("select coalesce(last_archived_wal, '') from pg_stat_archiver", pod)) >= segment;
    });
  }

  /** Removes everything of the Harbor and its database: resources, Pods, volumes, Secrets. The namespace stays. */
  async removeHarbor(): Promise<void> {
    const custom = this.#config.makeApiClient(CustomObjectsApi);
    await unlessMissing(
      custom.deleteNamespacedCustomObject({ ...harborClusterApi, namespace, name: harborCluster.name }),
    );
    await unlessMissing(custom.deleteNamespacedCustomObject(postgresqls));
    const gone = async (what: Promise<unknown>): Promise<boolean> => (await unlessMissing(what)) === undefined;
    await waitUntil("the database's resources to go", 120, async () => {
      return (
        (await gone(custom.getNamespacedCustomObject(postgresqls))) &&
        (await gone(this.#config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ namespace, name })))
      );
    });
    const labelSelector = `cluster-name=${name}`;
    // The garbage collector would do the same within a minute.
    await this.#core.deleteCollectionNamespacedPod({ namespace, labelSelector });
    await this.#core.deleteCollectionNamespacedPersistentVolumeClaim({ namespace, labelSelector });
    await this.#core.deleteCollectionNamespacedSecret({ namespace, labelSelector });
    await unlessMissing(
      this.#core.deleteNamespacedSecret({ namespace, name: coreEncryptionKeySecretName(harborCluster) }),
    );
    await waitUntil("its Pods, volumes and Secrets to go", 120, async () => {
      const [pods, claims, endpoints] = await Promise.all([
        this.#core.listNamespacedPod({ namespace, labelSelector }),
        this.#core.listNamespacedPersistentVolumeClaim({ namespace, labelSelector }),
        this.#core.listNamespacedEndpoints({ namespace, labelSelector }),
      ]);
      // Patroni in a Pod that is ending may write them once more.
      if (pods.items.length === 0)
        await Promise.all(
          endpoints.items.map(({ metadata }) =>
            unlessMissing(this.#core.deleteNamespacedEndpoints({ namespace, name: metadata?.name ?? "" })),
          ),
        );
      return [pods, claims, endpoints].every(({ items }) => items.length === 0);
    });
  }

  /** Creates the Service of the database's leader, as the Zalando operator does. */
  async createService(): Promise<void> {
    const metadata = { namespace, name };
    await this.apply({ apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 5432 }] } });
  }

  /** Deletes it, as the operator does when everything else of the database is gone. */
  async deleteService(): Promise<void> {
    await this.#core.deleteNamespacedService({ namespace, name });
  }

  /** pod-config and the pod Secret as they are now, to be applied again. */
  async environmentObjects(podConfig: ObjectName, podSecret: ObjectName): Promise<Applied[]> {
    const [config, secret] = await Promise.all([
      this.#core.readNamespacedConfigMap(podConfig),
      this.#core.readNamespacedSecret(podSecret),
    ]);
    return [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { ...podConfig, ...annotationsOf(config) }, data: config.data },
      { apiVersion: "v1", kind: "Secret", metadata: { ...podSecret, ...annotationsOf(secret) }, data: secret.data },
    ];
  }

  /** Removes pod-config and the pod Secret. */
  async removeEnvironment(podConfig: ObjectName, podSecret: ObjectName): Promise<void> {
    await unlessMissing(this.#core.deleteNamespacedConfigMap(podConfig));
    await unlessMissing(this.#core.deleteNamespacedSecret(podSecret));
  }

  /** Everything, as text, that users can see who may not read Secrets. */
  async everythingVisible(): Promise<string> {
    const parts: unknown[] = await Promise.all([
      this.#core.listConfigMapForAllNamespaces(),
      this.#core.listEventForAllNamespaces(),
      this.#config.makeApiClient(AppsV1Api).listStatefulSetForAllNamespaces(),
      this.#config.makeApiClient(CustomObjectsApi).getNamespacedCustomObject(postgresqls),
    ]);
    return JSON.stringify(parts);
  }

  /** A server-side apply with its own field manager. */
  async apply(object: Applied): Promise<void> {
    await this.#objects.patch(object, undefined, undefined, "test", true, PatchStrategy.ServerSideApply);
  }
}

function annotationsOf({ metadata }: { metadata?: { annotations?: Record<string, string> } }): object {
  return { annotations: metadata?.annotations ?? {} };
}

/** Undefined if the object does not exist. */
export async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

/** The role that Patroni gave a Pod. */
export function roleOf({ metadata }: V1Pod): string | undefined {
  return metadata?.labels?.["spilo-role"];
}

/** Whether a Pod is ready. */
export function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ?? false;
}
