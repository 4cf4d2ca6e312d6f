import { connectFleet } from "../../clients/kubernetes/fleet.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { fleetVerdicts } from "../../domain/fleet/verdict.ts";
import type { DeclaredStack } from "../../domain/fleet/watch.ts";
import { formatObjectName } from "../../domain/kubernetes/object-name.ts";
import { fleetMetrics } from "../../domain/metrics/fleet.ts";
import { openMetrics } from "../../domain/metrics/open-metrics.ts";
import type { FlagCode } from "../../domain/stanza/flag-codes.ts";
import { firstLine } from "../../domain/text.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { gatherFleet } from "../../operations/fleet/gather.ts";
import { openedStack, settingsIn } from "../config/edited.ts";
import { filesOf, projectAt, type PulumiProject } from "../config/project.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { rememberPlace } from "../hints.ts";
import type { CommonOptions, MetricsFormat, OutputFormat } from "../options.ts";
import { outputWidth, printText } from "../output.ts";
import { kubernetesTarget, surroundingsOfProcess, traced } from "../session.ts";
import { showProgress } from "../stanza/progress.ts";
import { fleetLog, fleetTable } from "./fleet-texts.ts";

export interface BackupFleetOptions extends Omit<CommonOptions, "output"> {
  readonly output: OutputFormat | MetricsFormat;
  readonly namespace?: string | undefined;
  readonly timeout: Duration;
  readonly concurrency: number;
  readonly allow: readonly FlagCode[];
  readonly stack: readonly string[];
  readonly stacks: boolean;
}

/** `postgres-recovery backup fleet`; the result is the exit code. */
export async function backupFleet(options: BackupFleetOptions): Promise<number> {
  const stacks = options.stacks ? await declaredStacks(options.stack) : "not-asked";
  const target = kubernetesTarget(options);
  rememberPlace(target);
  const surroundings = surroundingsOfProcess();
  const client = await connectFleet(target, surroundings.signal, surroundings.progress);
  const progress = showProgress();
  const scan = {
    namespace: options.namespace,
    concurrency: options.concurrency,
    timeLimit: options.timeout,
    allowed: options.allow,
    onStart: (cluster: { readonly namespace: string; readonly name: string }, total: number): void => {
      progress.started(formatObjectName(cluster), total);
    },
    onEntry: ({ cluster, namespace }: { readonly cluster: string; readonly namespace: string }): void => {
      progress.ended(formatObjectName({ namespace, name: cluster }));
    },
  };
  const asked = options.debug === true ? traced(client, surroundings.progress) : client;
  const report = await gatherFleet(asked, { ...scan, stacks }, surroundings).finally(() => {
    progress.stop();
  });
  const { context } = client;
  switch (options.output) {
    case "json":
      printText(visibleJson(report, 2));
      break;
    case "log":
      printText(fleetLog(report));
      break;
    case "openmetrics":
      printText(openMetrics(fleetMetrics(report, { context, namespace: options.namespace })));
      break;
    case "table":
      printText(fleetTable(report, { ...options, context, width: outputWidth() }), options.color);
  }
  return verdictExitCode(fleetVerdicts(report));
}

/**
 * What the stacks of the project declare; undefined outside of a project. A file that cannot be read is reported as such.
 *
 * @param names the stacks to read. None: all of the project.
 * @throws RecoveryError `usage` when a named stack does not exist.
 */
async function declaredStacks(names: readonly string[]): Promise<DeclaredStack[] | undefined> {
  const project = await projectHere(names.length > 0);
  if (project === undefined) return undefined;
  const files = names.length === 0 ? [...project.stackFiles] : names.flatMap((name) => filesOf(project, name));
  return Promise.all(files.map((file) => declaredIn(project.name, file)));
}

async function projectHere(isNeeded: boolean): Promise<PulumiProject | undefined> {
  try {
    return await projectAt(process.cwd());
  } catch (error) {
    if (isNeeded || !(error instanceof RecoveryError)) throw error;
    return undefined;
  }
}

async function declaredIn(project: string, file: [stack: string, path: string]): Promise<DeclaredStack> {
  const [stack] = file;
  try {
    const { harbor, kubernetes, stanza } = settingsIn(await openedStack(project, file));
    const targets = new Map(stanza.targets.map(({ cluster, hold }) => [formatObjectName(cluster), hold]));
    return { stack, context: kubernetes.context, targets, harbor: harbor?.cluster };
  } catch (error) {
    if (!(error instanceof RecoveryError)) throw error;
    return { stack, unreadable: firstLine(error.message) };
  }
}
