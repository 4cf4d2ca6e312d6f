import { z } from "zod";
import {
  cloudNativePgApi,
  cloudNativePgSchema,
  type CloudNativePgCluster,
} from "../../domain/fleet/cloud-native-pg.ts";
import { postgresqlApi } from "../../domain/harbor/names.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { inNamespace, openApi, type KubernetesTarget } from "./api.ts";
import { everyObject } from "./objects.ts";
import { kubernetesClient, type KubernetesClient } from "./postgres-clusters.ts";

/** The parts of the Kubernetes API that name the database clusters of all operators. */
export interface FleetClient extends KubernetesClient {
  /** Names of the Zalando operator's databases in one namespace, or in all. */
  listZalandoDatabases(namespace: string | undefined): Promise<ObjectName[]>;
  /** CloudNativePG's clusters in one namespace, or in all. */
  listCloudNativePgClusters(namespace: string | undefined): Promise<CloudNativePgCluster[]>;
}

const named = z.object({ metadata: z.object({ namespace: z.string(), name: z.string() }) });

/** A client for the cluster that `target` names. It throws the errors of {@link openApi}. */
export async function connectFleet(
  target: KubernetesTarget,
  signal: AbortSignal,
  progress: (line: string) => void,
): Promise<FleetClient> {
  const api = await openApi(target, signal, progress);
  const list = <T>(
    { group, plural, version }: { readonly group: string; readonly plural: string; readonly version: string },
    namespace: string | undefined,
    schema: z.ZodType<T>,
  ): Promise<T[]> =>
    everyObject(api, { what: plural, path: `/apis/${group}/${version}${inNamespace(namespace)}/${plural}` }, schema);
  return {
    ...kubernetesClient(api),
    async listZalandoDatabases(namespace) {
      return (await list(postgresqlApi, namespace, named)).map(({ metadata }) => metadata);
    },
    listCloudNativePgClusters: (namespace) => list(cloudNativePgApi, namespace, cloudNativePgSchema),
  };
}
