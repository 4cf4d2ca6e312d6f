import { z } from "zod";
import { lastRunSchema } from "../stanza/last-run.ts";

/**
 * The outputs of a stack that the next `up` and `postgres-recovery report` read. What an older version left in another form
 * counts as absent.
 */
export const stackOutputsSchema = z.object({
  /** The Kubernetes cluster of the last run. */
  kubernetes: z
    .object({
      context: z.string(),
      kubeSystemUid: z
        .string()
        .nullish()
        .transform((uid) => uid ?? undefined),
    })
    .optional()
    .catch(undefined),
  stanzas: z
    .object({
      /** The report of each target's last run, by NAMESPACE/CLUSTER. */
      targets: z.record(z.string(), lastRunSchema.optional().catch(undefined)).default({}),
      /** Why each target on hold is on hold, by NAMESPACE/CLUSTER. */
      held: z.record(z.string(), z.string()).default({}),
    })
    .prefault({})
    .catch({ targets: {}, held: {} }),
});
export type StackOutputs = z.infer<typeof stackOutputsSchema>;
