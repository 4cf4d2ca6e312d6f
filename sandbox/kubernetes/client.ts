import { ApiException, KubeConfig } from "@kubernetes/client-node";
import type { KubernetesObject, KubernetesObjectApi } from "@kubernetes/client-node";

/** The clients' settings for one context of a kubeconfig file. */
export function client(kubeconfig: string, context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  config.setCurrentContext(context);
  return config;
}

/** Makes an object; one that exists already is fine. */
export async function create(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  try {
    await api.create(object);
  } catch (error) {
    if (!(error instanceof ApiException && error.code === 409)) throw error;
  }
}
