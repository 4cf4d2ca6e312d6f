import { z } from "zod";
import { clusterNameSchema } from "../kubernetes/object-name-schema.ts";
import { kubernetesAccessSchema } from "../kubernetes/access.ts";

const harborClusterName = clusterNameSchema("NAMESPACE/NAME").describe("The HarborCluster, as NAMESPACE/NAME.");

/** The fields that every request about a HarborCluster has. */
export const harborRequestSchema = z.strictObject({
  version: z.literal(1),
  kubernetes: kubernetesAccessSchema,
  cluster: harborClusterName,
});

/** Where the Zalando operator's own configuration is. */
const operatorConfigurationSchema = z
  .union([
    z.strictObject({ configMap: z.string().min(1) }),
    z.strictObject({ operatorConfiguration: z.string().min(1) }),
  ])
  .optional()
  .describe(
    "Object in the operator's namespace that configures it. Default: the one that its Deployment names, else the only candidate.",
  );

/** The Zalando operator and the objects that it must use. */
export const harborOperatorSchema = z.strictObject({
  namespace: z
    .string()
    .min(1)
    .default("harbor-operator-ns")
    .describe("Namespace of the Zalando operator and of pod-config."),
  podConfig: z.string().min(1).default("pod-config").describe("Name of the ConfigMap."),
  podSecret: z.string().min(1).default("pod-secret").describe("Name of the Secret in the database's namespace."),
  configuration: operatorConfigurationSchema,
});
