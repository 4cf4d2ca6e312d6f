import { ApiException, CoreV1Api, KubernetesObjectApi } from "@kubernetes/client-node";
import { layout } from "../host/directory.ts";
import { client } from "../kubernetes/client.ts";
import { adminPassword, harborCluster, harborContext, operatorNamespace } from "./objects.ts";

const { namespace } = harborCluster;

function coreOf(directory: string): CoreV1Api {
  return client(layout(directory).kubeconfig, harborContext).makeApiClient(CoreV1Api);
}

/** Whether Harbor's namespace exists. */
export async function harborNamespaceExists(directory: string): Promise<boolean> {
  return (await unlessMissing(coreOf(directory).readNamespace({ name: namespace }))) !== undefined;
}

/** Makes Harbor's namespace again, with what a person brings: the Secret with the administrator's password. */
export async function recreateHarborNamespace(directory: string): Promise<void> {
  const objects = KubernetesObjectApi.makeApiClient(client(layout(directory).kubeconfig, harborContext));
  await objects.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await objects.create(adminPassword);
}

/** The values of pod-config; undefined if it does not exist. */
export async function podConfigValues(directory: string): Promise<Readonly<Record<string, string>> | undefined> {
  const named = { namespace: operatorNamespace, name: "pod-config" };
  const found = await unlessMissing(coreOf(directory).readNamespacedConfigMap(named));
  return found && (found.data ?? {});
}

/** Asks for the namespace's deletion. Its objects and volumes go with it, within seconds. */
export async function deleteHarborNamespace(directory: string): Promise<void> {
  await coreOf(directory).deleteNamespace({ name: namespace });
}

async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
