import { z } from "zod";

const plannedStepSchema = z.discriminatedUnion("step", [
  z.object({
    step: z.literal("delete").describe("The Pod is deleted, and the StatefulSet creates it from the newest template."),
    pod: z.string(),
    because: z.string(),
  }),
  z.object({
    step: z.literal("switchover").describe("Patroni hands the lead to a replica that is already current."),
    from: z.string(),
    to: z.string(),
  }),
  z.object({
    step: z
      .literal("wait")
      .describe("The roll waits for this. If it is the last step, what follows depends on its outcome."),
    for: z.string(),
  }),
]);
export type PlannedStep = z.infer<typeof plannedStepSchema>;

/** What `postgres-recovery harbor roll --dry-run -o json` prints. */
export const rollPreviewSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  steps: z.array(plannedStepSchema).describe("In the order of the roll; empty when every Pod is current."),
});
export type RollPreview = z.infer<typeof rollPreviewSchema>;
