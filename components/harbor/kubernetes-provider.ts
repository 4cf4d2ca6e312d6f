import { Provider } from "@pulumi/kubernetes/provider.js";
import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesAccess } from "../../domain/kubernetes/access.ts";

/**
 * From 4.29 on, the provider refuses to create an object that already exists, unless it is told to take it over. 4.25
 * always takes it over, ignores this input, and its SDK has no name for it.
 */
const takeOver: pulumi.ResourceTransformation = ({ props, opts }) => ({
  props: { ...(props as object), upsertExistingObjects: "true" },
  opts,
});

/**
 * The provider for the stack's Kubernetes cluster. It changes ConfigMaps and Secrets in place. By default the provider
 * replaces such an object when a value changes, and for a moment the Zalando operator would find no pod-config
 * (pulumi-kubernetes provider/diff.go).
 */
export function kubernetesProvider(
  name: string,
  access: KubernetesAccess,
  options: pulumi.ResourceOptions = {},
): Provider {
  return new Provider(
    name,
    {
      context: access.context,
      // Without a value, the SDK would record the path in the variable KUBECONFIG in the state. With an empty one, the
      // provider itself reads the variable, or else ~/.kube/config.
      kubeconfig: access.kubeconfig ?? "",
      // Otherwise a new address of the same cluster would replace the provider and all its resources.
      clusterIdentifier: access.kubeSystemUid ?? access.context,
      enableConfigMapMutable: true,
      enableSecretMutable: true,
    },
    { ...options, transformations: [...(options.transformations ?? []), takeOver] },
  );
}
