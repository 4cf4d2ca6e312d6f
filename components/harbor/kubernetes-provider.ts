import { Provider } from "@pulumi/kubernetes/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

/**
 * The provider for the cluster that the stack works on. ConfigMaps and Secrets are changed in place: with the provider's
 * default a changed value replaces the object, and for a moment the Zalando operator finds no pod-config
 * (pulumi-kubernetes provider/diff.go).
 */
export function kubernetesProvider(name: string, access: KubernetesAccess, options?: pulumi.ResourceOptions): Provider {
  return new Provider(
    name,
    {
      context: access.context,
      ...(access.kubeconfig !== undefined && { kubeconfig: access.kubeconfig }),
      // Otherwise another address of the same cluster would replace the provider, and with it everything.
      clusterIdentifier: access.kubeSystemUid ?? access.context,
      enableConfigMapMutable: true,
      enableSecretMutable: true,
    },
    options,
  );
}
