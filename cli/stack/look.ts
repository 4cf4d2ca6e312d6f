import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { LookedAt, StackLookReport } from "../../domain/stack/look.ts";
import { statusDetail, statusWord, verdictOf, type Verdict } from "../../domain/stanza/status.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";
import { lookAtStack } from "../../operations/stack/look.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { failureOf } from "../failure.ts";
import { rememberedPlace, rememberPlace } from "../hints.ts";
import { outputWidth, printText } from "../output.ts";
import { requestFromStdin, type RequestOptions } from "../request.ts";
import { kubernetesTarget, openSession } from "../session.ts";
import { fittedTable, painted } from "../table.ts";

export interface StackLookOptions extends RequestOptions {
  readonly timeout: Duration;
}

/**
 * `postgres-recovery stack look`; the result is the exit code. With `--request` what could not be found out is part of the
 * report, and the exit code is 0, so that the stack decides what follows.
 */
export async function stackLook(clusters: readonly ObjectName[], options: StackLookOptions): Promise<number> {
  if (options.request === undefined) {
    const task = { clusters: [...clusters], timeLimit: options.timeout };
    const report = await looked(task, kubernetesTarget(options), options);
    printText(options.output === "json" ? visibleJson(report) : lookTable(report, options));
    return verdictExitCode([report.error === undefined ? "okay" : "undetermined", ...report.clusters.map(verdict)]);
  }
  const { kubernetes, ...task } = await requestFromStdin("stack look");
  rememberPlace(kubernetes);
  printText(
    visibleJson(await looked(task, kubernetes, options).catch((error: unknown) => unknown(error, task, kubernetes))),
  );
  return 0;
}

async function looked(
  task: TaskOf<"stack look">,
  target: KubernetesTarget,
  { debug }: StackLookOptions,
): Promise<StackLookReport> {
  const { client, surroundings } = await openSession({ ...target, ...(debug && { debug }) });
  return lookAtStack(client, task, surroundings);
}

/** What a look reports when there is no connection. */
function unknown(failure: unknown, { clusters }: TaskOf<"stack look">, { context }: KubernetesTarget): StackLookReport {
  if (!(failure instanceof RecoveryError) || failure.kind === "interrupted") throw failure;
  const error = failureOf(failure, rememberedPlace());
  const named = clusters.map((cluster) => ({ cluster: formatObjectName(cluster), error }));
  return { version: 1, context: context ?? "", error, clusters: named };
}

function verdict(entry: LookedAt): Verdict {
  return "error" in entry ? "undetermined" : verdictOf(entry.status);
}

function lookTable({ context, error, kubeSystemUid, clusters }: StackLookReport, { color }: StackLookOptions): string {
  const rows = clusters.map((entry) =>
    "error" in entry
      ? [entry.cluster, painted("Unknown", "undetermined", color), entry.error.message]
      : [entry.cluster, painted(statusWord(entry.status), verdictOf(entry.status), color), statusDetail(entry.status)],
  );
  const heading = `context ${context}: kube-system UID ${kubeSystemUid ?? `unknown: ${error?.message ?? ""}`}`;
  if (rows.length === 0) return heading;
  return `${heading}\n\n${fittedTable(["CLUSTER", "STATUS", "DETAIL"], rows, { width: outputWidth() })}`;
}
