import { z } from "zod";
import { durationSchema } from "../duration-schema.ts";
import { errorReportSchema } from "../error-report.ts";
import { kubernetesAccessSchema } from "../kubernetes/access.ts";
import { clusterNameSchema } from "../kubernetes/object-name-schema.ts";
import { stanzaStatusSchema } from "../stanza/status.ts";

/** What `postgres-recovery stack look --request -` reads from stdin: one JSON object. */
export const stackLookRequestSchema = z.strictObject({
  version: z.literal(1).describe("Version of this format."),
  kubernetes: kubernetesAccessSchema.describe("The Kubernetes cluster that the stack works on."),
  clusters: z.array(clusterNameSchema("NAMESPACE/CLUSTER")).describe("The PostgresClusters whose stanza is looked at."),
  timeLimit: durationSchema.describe("How long one cluster may take to answer."),
});

const errorSchema = errorReportSchema.shape.error;
/** One cluster: its stanza, or why it could not be looked at. */
const cluster = z.string().describe("NAMESPACE/CLUSTER.");
const lookedAtSchema = z.union([
  z.object({
    cluster,
    uid: z.string().describe("`metadata.uid` of the PostgresCluster."),
    status: stanzaStatusSchema.describe("The state of its stanza."),
  }),
  z.object({ cluster, error: errorSchema.describe("Why it could not be looked at.") }),
]);
export type LookedAt = z.infer<typeof lookedAtSchema>;

/** What `postgres-recovery stack look -o json` prints. */
export const stackLookReportSchema = z.object({
  version: z.literal(1).describe("Version of this format."),
  context: z.string().describe("Name of the kubeconfig's context."),
  kubeSystemUid: z
    .string()
    .optional()
    .describe(
      "UID of the namespace kube-system, which identifies the Kubernetes cluster; absent when `error` says why.",
    ),
  error: errorSchema.optional().describe("Why the Kubernetes cluster could not be identified."),
  clusters: z.array(lookedAtSchema).describe("The clusters, in the order of the request."),
});
export type StackLookReport = z.infer<typeof stackLookReportSchema>;
