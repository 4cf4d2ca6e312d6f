import { z } from "zod";
import { findingSchema } from "../finding-schema.ts";
import { chosenBackupSchema } from "../restore/check.ts";
import { stanzaStatusSchema } from "../stanza/status.ts";

const edit = {
  version: z.literal(1).describe("Version of this format."),
  stack: z.string().describe("Name of the stack."),
  file: z.string().describe("Path of the stack file, relative to the working directory."),
  outcome: z
    .enum(["written", "dry-run", "refused"])
    .describe("`dry-run`: nothing was written, on request. `refused`: nothing was written, because of the findings."),
  diff: z.string().describe("The edit as a unified diff without context; empty when there is nothing to edit."),
  next: z.array(z.string()).describe("What to do next, in this order."),
};

/** What `postgres-recovery config restore -o json` prints. */
export const configRestoreReportSchema = z.object({
  ...edit,
  restore: z.record(z.string(), z.unknown()).describe("The section `harbor.restore`, as it is written."),
  backup: chosenBackupSchema.nullable().describe("The backup that would be restored; null when that is not known."),
  loss: z
    .object({
      until: z
        .string()
        .nullable()
        .describe(
          "The target time, else when the last WAL segment within reach was archived; null when that is not known.",
        ),
      lostSeconds: z
        .int()
        .nullable()
        .describe("Seconds between that moment and `lostAt`; null when one of them is not known."),
      leftOutSeconds: z
        .int()
        .nullable()
        .describe("Seconds of archived changes that the target time leaves out; null when that is not known."),
    })
    .describe("What the restore would lose."),
  secrets: z
    .enum(["kept", "none", "unknown"])
    .describe("Whether AWS Secrets Manager has copies of the lost database's Secrets."),
  findings: z.array(findingSchema).describe("What the backups in S3 say about this restore."),
});
export type ConfigRestoreReport = z.infer<typeof configRestoreReportSchema>;

/** What `postgres-recovery config finish-restore -o json` prints. */
export const configFinishRestoreReportSchema = z.object({
  ...edit,
  restore: z.string().describe("Id of the restore that ends."),
  proven: z
    .boolean()
    .nullable()
    .describe("Whether the stack's outputs say that this restore is proven; null when they could not be read."),
  reason: z.string().nullable().describe("Why it ends unproven, as written into the stack file; null otherwise."),
});
export type ConfigFinishRestoreReport = z.infer<typeof configFinishRestoreReportSchema>;

const proposals = ["covered", "held", "proposed", "left-out", "unknown", "missing"] as const;

/** A cluster, and what `config targets` says of it. */
export const proposalSchema = z.object({
  cluster: z.string().describe("NAMESPACE/CLUSTER."),
  proposal: z
    .enum(proposals)
    .describe(
      "`covered` or `held`: a target of a stack already. `proposed`: should be one. `left-out`: needs none. `unknown`: could not be judged. `missing`: a target that does not exist in the context.",
    ),
  why: z.string().describe("The reason."),
  stacks: z.array(z.string()).describe("The stacks of the project that have this cluster as a target."),
  status: stanzaStatusSchema.nullable().describe("Its stanza; null for a target that does not exist."),
});
export type Proposal = z.infer<typeof proposalSchema>;

/** What `postgres-recovery config targets -o json` prints. */
export const configTargetsReportSchema = z.object({
  version: z.literal(1).describe("Version of this format."),
  context: z.string().describe("Name of the kubeconfig's context."),
  stacks: z.array(z.string()).describe("The stacks of the project that are for this context."),
  clusters: z.array(proposalSchema).describe("Every cluster of the context, and targets that do not exist there."),
  uncovered: z.array(z.string()).describe("Clusters of the context that are a target of no stack."),
  file: z.string().nullable().describe("The stack file to which the proposed targets were or would be added."),
  outcome: edit.outcome.or(z.literal("none")).describe("`none`: without --write, or with nothing to add."),
  diff: edit.diff,
});
export type ConfigTargetsReport = z.infer<typeof configTargetsReportSchema>;
