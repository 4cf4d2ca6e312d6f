import { AppsV1Api, CoreV1Api, CustomObjectsApi, KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { V1EnvVar, V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import { client } from "../../sandbox/client.ts";
import { layout } from "../../sandbox/directory.ts";
import { harborCluster, harborContext } from "../../sandbox/harbor/objects.ts";
import { waitUntil } from "../../sandbox/processes.ts";
import { testDirectory } from "./sandbox.ts";

const { namespace, database: name } = harborCluster;
const postgresqls = { group: "acid.zalan.do", version: "v1", plural: "postgresqls", namespace, name };
const postgresql = z.object({
  metadata: z.object({ uid: z.string() }),
  spec: z.object({ dockerImage: z.string(), postgresql: z.object({ version: z.string() }), patroni: z.object({ pg_hba: z.array(z.string()) }) }),
  status: z.object({ PostgresClusterStatus: z.string() }).optional(),
});

interface Applied {
  apiVersion: string;
  kind: string;
  metadata: { namespace: string; name: string };
  [field: string]: unknown;
}

/** What the API server says of Harbor's database: asked as the administrator, past all code of the project. */
export class HarborDatabase {
  readonly #config = client(layout(testDirectory).kubeconfig, harborContext);
  readonly #core = this.#config.makeApiClient(CoreV1Api);
  readonly #objects = KubernetesObjectApi.makeApiClient(this.#config);

  /** The resource that the Harbor operator makes. */
  async resource(): Promise<z.infer<typeof postgresql>> {
    return postgresql.parse(await this.#config.makeApiClient(CustomObjectsApi).getNamespacedCustomObject(postgresqls));
  }

  /** The environment of the database's container in the StatefulSet that the Zalando operator makes. */
  async environment(): Promise<Map<string, V1EnvVar>> {
    const { spec } = await this.#config.makeApiClient(AppsV1Api).readNamespacedStatefulSet({ namespace, name });
    return new Map(spec?.template.spec?.containers[0]?.env?.map((variable) => [variable.name, variable]));
  }

  /** The list in the SPILO_CONFIGURATION of that container. */
  async configuredHba(): Promise<string[]> {
    const value: unknown = JSON.parse((await this.environment()).get("SPILO_CONFIGURATION")?.value ?? "{}");
    return z.object({ postgresql: z.object({ pg_hba: z.array(z.string()) }) }).parse(value).postgresql.pg_hba;
  }

  pod(index = 0): Promise<V1Pod> {
    return this.#core.readNamespacedPod({ namespace, name: `${name}-${index}` });
  }

  /**
   * Deletes the Pod of a bootstrap that fails again and again, right after one of the failures. In the middle of one it
   * would leave Patroni's note that a bootstrap goes on, and the next Pod would wait for its end for ever.
   */
  async deletePodBetweenBootstraps(): Promise<void> {
    const underWay = async (): Promise<boolean> => {
      const { metadata } = await this.#core.readNamespacedEndpoints({ namespace, name: `${name}-config` });
      return metadata?.annotations?.["initialize"] !== undefined;
    };
    await waitUntil("a bootstrap", 60, underWay);
    await waitUntil("its failure", 120, async () => !(await underWay()));
    await this.#core.deleteNamespacedPod({ namespace, name: `${name}-0` });
  }

  /** The type and the keys of a Secret in Harbor's namespace. */
  async secret(secretName: string): Promise<{ type: string | undefined; keys: string[] }> {
    const { type, data } = await this.#core.readNamespacedSecret({ namespace, name: secretName });
    return { type, keys: Object.keys(data ?? {}).sort() };
  }

  /** A server-side apply with a field manager of its own. */
  async apply(object: Applied): Promise<void> {
    await this.#objects.patch(object, undefined, undefined, "test", true, PatchStrategy.ServerSideApply);
  }

  /** Applies a whole list of pg_hba to the resource. */
  async applyHba(list: readonly string[]): Promise<void> {
    await this.apply({ apiVersion: "acid.zalan.do/v1", kind: "postgresql", metadata: { namespace, name }, spec: { patroni: { pg_hba: list } } });
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
