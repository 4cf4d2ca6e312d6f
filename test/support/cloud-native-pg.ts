import {
  ApiextensionsV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
} from "@kubernetes/client-node";
import { cloudNativePgApi } from "../../domain/fleet/cloud-native-pg.ts";
import { layout } from "../../sandbox/host/directory.ts";
import { waitUntil } from "../../sandbox/host/processes.ts";
import { client, create } from "../../sandbox/kubernetes/client.ts";
import type { Context } from "../../sandbox/pgo/inventory.ts";
import { testDirectory } from "./sandbox.ts";

const { group, plural, version } = cloudNativePgApi;
const anything = { type: "object", x_kubernetes_preserve_unknown_fields: true };

/** CloudNativePG's resource with its names alone. The operator's own definition also describes every field. */
const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    names: { kind: "Cluster", listKind: "ClusterList", plural, singular: "cluster" },
    scope: "Namespaced",
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", properties: { spec: anything, status: anything } } },
      },
    ],
  },
};

/** While `work` runs, the context has the resource and a cluster `default/orders` with this status. */
export async function withCloudNativePg(context: Context, status: object, work: () => Promise<void>): Promise<void> {
  const config = client(layout(testDirectory).kubeconfig, context);
  const definitions = config.makeApiClient(ApiextensionsV1Api);
  const objects = config.makeApiClient(CustomObjectsApi);
  const where = { group, version, plural, namespace: "default" };
  const body = {
    apiVersion: `${group}/${version}`,
    kind: "Cluster",
    metadata: { name: "orders", namespace: "default" },
    spec: { instances: 1, backup: {} },
  };
  await create(KubernetesObjectApi.makeApiClient(config), definition);
  try {
    await waitUntil("the API server to serve CloudNativePG's clusters", 30, async () => {
      await objects.createNamespacedCustomObject({ ...where, body });
      return true;
    });
    const mergePatch = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
    await objects.patchNamespacedCustomObjectStatus({ ...where, name: "orders", body: { status } }, mergePatch);
    await work();
  } finally {
    await definitions.deleteCustomResourceDefinition({ name: definition.metadata.name });
  }
}
