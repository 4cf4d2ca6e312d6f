import { z } from "zod";

/** Which cluster is meant and how it is reached. */
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
      "UID of the kube-system namespace of the cluster that is meant; nothing is done when the cluster reached has another one. " +
        "`kubectl get namespace kube-system -o jsonpath={.metadata.uid}` prints it.",
    ),
});
export type KubernetesAccess = z.infer<typeof kubernetesAccessSchema>;
