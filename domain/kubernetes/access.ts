import { z } from "zod";

/** Which Kubernetes cluster to use, and how to reach it. */
export const kubernetesAccessSchema = z.strictObject({
  context: z.string().min(1).describe("Name of the context in the kubeconfig."),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("Path of the kubeconfig. Default: the variable KUBECONFIG, else ~/.kube/config."),
  kubeSystemUid: z
    .uuid()
    .optional()
    .describe(
      "UID of the Kubernetes cluster's kube-system namespace. Nothing is done if the cluster that answers has a different one. " +
        "`kubectl get namespace kube-system -o jsonpath={.metadata.uid}` prints it.",
    ),
});
export type KubernetesAccess = z.infer<typeof kubernetesAccessSchema>;
