import { z } from "zod";
import { RecoveryError } from "../errors.ts";
import { errorReportSchema } from "../error-report.ts";
import type { LastRun } from "../stanza/last-run.ts";
import { statusDetail, statusText } from "../stanza/status.ts";
import { stackOutputsSchema, type StackOutputs } from "./outputs.ts";

const targetSchema = z.object({
  cluster: z.string().describe("NAMESPACE/CLUSTER."),
  outcome: z
    .enum(["created", "already-okay", "failed", "held", "unreadable"])
    .describe(
      "How the last run ended. `held`: nothing runs for it. `unreadable`: another version left the report in another form.",
    ),
  finishedAt: z.string().nullable().describe("When the last run ended (ISO 8601, UTC); null when there was none."),
  what: z.string().describe("What came out, what failed, or why it is on hold."),
  error: errorReportSchema.shape.error.optional().describe("Present when the run failed."),
  next: z.string().nullable().describe("What to do next; null when there is nothing to do."),
});
export type ReportedTarget = z.infer<typeof targetSchema>;

/** What `postgres-recovery report -o json` prints. */
export const stackReportSchema = z.object({
  version: z.literal(1).describe("Version of this format."),
  kubernetes: z
    .object({
      context: z.string().describe("Name of the kubeconfig's context."),
      kubeSystemUid: z.string().optional().describe("UID of its namespace kube-system; absent when it was not known."),
    })
    .optional()
    .describe("The Kubernetes cluster of the last `up`; absent when an older version ran it."),
  targets: z.array(targetSchema).describe("The targets, those that failed first and those on hold last."),
});
export type StackReport = z.infer<typeof stackReportSchema>;

const rootStack = "pulumi:pulumi:Stack";
const exportedState = z.object({
  deployment: z.object({
    resources: z.array(z.looseObject({ type: z.string(), outputs: z.unknown().optional() })).default([]),
  }),
});
const ownOutputs = z.looseObject({ stanzas: z.unknown() });

/**
 * The outputs in what `pulumi stack output --json` prints, or in what `pulumi stack export` writes.
 *
 * @throws RecoveryError `usage` when there are none of this project.
 */
export function outputsIn(text: unknown): StackOutputs {
  const state = exportedState.safeParse(text).data;
  const outputs =
    state === undefined ? text : state.deployment.resources.find(({ type }) => type === rootStack)?.outputs;
  if (!ownOutputs.safeParse(outputs).success) {
    throw new RecoveryError("stack-outputs-missing", "this holds no outputs of a stack of postgres-recovery", {
      next: "run `pulumi up` first, or give what `pulumi stack export` writes",
    });
  }
  return stackOutputsSchema.parse(outputs);
}

/** The last run of each target, the failed ones first. */
export function stackReport({ kubernetes, stanzas: { held, targets } }: StackOutputs): StackReport {
  const ran = Object.entries(targets).map(([cluster, last]) => reportedTarget(cluster, last));
  const onHold = Object.entries(held).map(([cluster, reason]): ReportedTarget => ({
    cluster,
    outcome: "held",
    finishedAt: null,
    what: reason,
    next: null,
  }));
  const isFailed = ({ outcome }: ReportedTarget): boolean => outcome === "failed";
  const all = [...ran.filter(isFailed), ...ran.filter((target) => !isFailed(target)), ...onHold];
  return { version: 1, ...(kubernetes && { kubernetes }), targets: all };
}

function reportedTarget(cluster: string, last: LastRun | undefined): ReportedTarget {
  if (last === undefined) {
    const what = "the report has another form; an older or newer version may have written it";
    return { cluster, outcome: "unreadable", finishedAt: null, what, next: "run `pulumi up` again" };
  }
  const { finishedAt, outcome } = last;
  if (outcome !== "failed") {
    const what = [statusText(last.status), statusDetail(last.status)].filter(Boolean).join(", ");
    return { cluster, outcome, finishedAt, what, next: null };
  }
  const { error } = last;
  return { cluster, outcome, finishedAt, what: error.message, error, next: error.next };
}
