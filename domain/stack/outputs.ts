import { z } from "zod";
import { cloneValues, type LastRestore } from "../restore/finish.ts";
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
  /** What the last `up` that came to its end left about Harbor's restore. */
  harbor: z
    .object({
      podConfig: z.record(z.string(), z.string()),
      /** Why there was no proof, or its verdict; null without a restore. */
      proof: z.union([z.string(), z.object({ verdict: z.string() })]).nullish(),
    })
    .transform(({ podConfig, proof }): LastRestore => ({
      isProven: typeof proof === "string" || proof?.verdict === "proven",
      clone: cloneValues(podConfig),
    }))
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
