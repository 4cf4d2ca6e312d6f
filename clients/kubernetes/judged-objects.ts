import { z } from "zod";
import { kubernetesObjectSchema, type KubernetesObject } from "../../domain/check/manifest.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { harborClusterApi, postgresqlApi } from "../../domain/harbor/names.ts";
import { postgresClusterApi } from "../../domain/stanza/postgres-cluster.ts";
import { coreApi, inNamespace, openApi, understood, type KubernetesTarget } from "./api.ts";
import { everyPage, pageQuery, pageSchema } from "./pages.ts";

/** The objects of a Kubernetes cluster that rules judge. */
export interface JudgedObjects {
  /** Name of the kubeconfig's context. */
  readonly context: string;
  /**
   * PostgresClusters, `postgresql` resources and HarborClusters of one namespace, or of all. An operator that is not
   * installed has none.
   */
  readonly listDatabases: (namespace: string | undefined) => Promise<KubernetesObject[]>;
  /** ConfigMaps of one namespace, or of all. */
  readonly listConfigMaps: (namespace: string | undefined) => Promise<KubernetesObject[]>;
}

const databases = [
  { ...postgresClusterApi, kind: "PostgresCluster" },
  { ...postgresqlApi, kind: "postgresql" },
  { ...harborClusterApi, kind: "HarborCluster" },
];

/** A client for the cluster that `target` names. It throws the errors of {@link openApi}. */
export async function connectJudgedObjects(
  target: KubernetesTarget,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<JudgedObjects> {
  const { context, get } = await openApi(target, signal, progress);
  // The items of a LIST come without their kind and version.
  const list = (
    plural: string,
    api: string,
    namespace: string | undefined,
    type: object,
  ): Promise<KubernetesObject[]> => {
    const item = z
      .looseObject({})
      .transform((object) => ({ ...object, ...type }))
      .pipe(kubernetesObjectSchema);
    const page = pageSchema(item);
    const path = `${api}${inNamespace(namespace)}/${plural}`;
    return everyPage(async (next) =>
      understood(context, page, await get(`list ${plural}`, `${path}?${pageQuery(next)}`)),
    );
  };
  return {
    context,
    async listDatabases(namespace) {
      const found = await Promise.all(
        databases.map(({ group, kind, plural, version }) => {
          const apiVersion = `${group}/${version}`;
          return noneIfNotInstalled(list(plural, `/apis/${apiVersion}`, namespace, { apiVersion, kind }));
        }),
      );
      return found.flat();
    },
    listConfigMaps: (namespace) => list("configmaps", coreApi, namespace, { apiVersion: "v1", kind: "ConfigMap" }),
  };
}

async function noneIfNotInstalled(listed: Promise<KubernetesObject[]>): Promise<KubernetesObject[]> {
  try {
    return await listed;
  } catch (error) {
    if (error instanceof RecoveryError && error.code === "kubernetes-resource-unknown") return [];
    throw error;
  }
}
