import { ApiException, KubeConfig } from "@kubernetes/client-node";
import type { KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";

/** The client configuration for one context of a kubeconfig file. */
export function client(kubeconfig: string, context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return config;
}

/** Creates an object, unless it already exists. */
export async function create(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  try {
    await api.create(object);
  } catch (error) {
    if (!(error instanceof ApiException && error.code === 409)) throw error;
  }
}
