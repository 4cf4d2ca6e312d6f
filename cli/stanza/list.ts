import { askPulumi } from "../../clients/pulumi.ts";
import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import { openMetrics } from "../../domain/metrics/open-metrics.ts";
import { stanzaMetrics } from "../../domain/metrics/stanza.ts";
import type { ScanEntry, ScanReport } from "../../domain/stanza/list-report.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { didYouMean, orElse } from "../../domain/similar.ts";
import { stackTargets, type StackTargets } from "../../domain/stack/config.ts";
import type { FlagCode } from "../../domain/stanza/flag-codes.ts";
import { knownClusters } from "../../operations/stanza/known-clusters.ts";
import { scanStanzas } from "../../operations/stanza/list.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { pasteable } from "../hints.ts";
import type { CommonOptions, MetricsFormat, OutputFormat } from "../options.ts";
import { clearScreen, outputWidth, printText } from "../output.ts";
import { countVerdicts, logLine, scanTable } from "../render.ts";
import { openSession, type Session } from "../session.ts";
import { entryName } from "../next-steps.ts";
import { showProgress } from "./progress.ts";

export interface StanzaListOptions extends Omit<CommonOptions, "output"> {
  readonly output: OutputFormat | MetricsFormat;
  readonly timeout: Duration;
  readonly namespace?: string | undefined;
  readonly concurrency: number;
  readonly allow: readonly FlagCode[];
  readonly watch?: true | undefined;
  readonly interval: Duration;
  readonly stack?: string | undefined;
}

/** The options, with the stack that they name. */
type ListOptions = StanzaListOptions & { readonly targets?: StackTargets | undefined };

/** `postgres-recovery stanza list`; the result is the exit code. With `--watch` it ends only when it is interrupted. */
export async function stanzaList(given: StanzaListOptions): Promise<number> {
  refuseEndlessMetrics(given);
  const options = await withStack(given);
  const session = await openSession(options);
  if (options.watch === true) return watch(session, options);
  const entries = await list(session, options);
  return verdictExitCode(entries.map(({ verdict }) => verdict));
}

/** OpenMetrics text ends with `# EOF`, so a second list cannot follow the first. */
function refuseEndlessMetrics({ output, watch }: StanzaListOptions): void {
  if (output !== "openmetrics" || watch !== true) return;
  throw new RecoveryError(
    "arguments-invalid",
    "-o openmetrics prints one list, so it cannot be combined with --watch",
    {
      next: "run it again on a schedule, such as that of a CronJob",
    },
  );
}

/** With `--stack`, the stack's targets are known, and its context and kubeconfig are those that were not given. */
async function withStack(options: StanzaListOptions): Promise<ListOptions> {
  const { context, kubeconfig, stack } = options;
  if (stack === undefined) return options;
  const targets = stackTargets(stack, await askPulumi(["config", "--json", "--stack", stack]));
  return {
    ...options,
    targets,
    context: context ?? targets.context,
    kubeconfig: kubeconfig ?? (context === undefined ? targets.kubeconfig : undefined),
  };
}

/** Lists for ever. If the API server does not answer, it says so and tries again after the pause. */
async function watch(session: Session, options: ListOptions): Promise<never> {
  const { signal, progress, sleep } = session.surroundings;
  for (;;) {
    try {
      await list(session, options);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RecoveryError) || error.kind !== "undetermined") throw error;
      progress(`${error.message}; again in ${formatDuration(options.interval)}`);
    }
    await sleep(options.interval);
  }
}

async function list(session: Session, options: ListOptions): Promise<ScanEntry[]> {
  const progress = showProgress();
  const known: ScanEntry[] = [];
  const scanOptions = {
    namespace: options.namespace,
    concurrency: options.concurrency,
    timeLimit: options.timeout,
    allowed: options.allow,
    onStart: (cluster: ObjectName, total: number): void => {
      progress.started(formatObjectName(cluster), total);
    },
    onEntry: (entry: ScanEntry): void => {
      known.push(entry);
      progress.ended(entryName(entry));
    },
  };
  try {
    const entries = await scanStanzas(session.client, scanOptions, session.surroundings);
    progress.stop();
    if (entries.length === 0 && options.watch !== true) throw await nothingFound(session.client, options.namespace);
    // On a terminal, each list replaces the one before.
    if (options.watch === true) clearScreen();
    printText(rendered(session, entries, options), options.color);
    return entries;
  } catch (error) {
    progress.stop();
    if (session.surroundings.signal.aborted && options.output === "table" && known.length > 0) {
      known.sort((a, b) => entryName(a).localeCompare(entryName(b)));
      printText(`${tableOf(session.client.context, known, options)}\nnot all: the list was interrupted`, options.color);
    }
    throw error;
  }
}

/** An empty list is more likely a wrong context or namespace than good news. */
async function nothingFound(client: KubernetesClient, namespace: string | undefined): Promise<RecoveryError> {
  if (namespace === undefined) {
    return new RecoveryError("context-without-clusters", `there is no PostgresCluster in context ${client.context}`, {
      next: "see which contexts there are: kubectl config get-contexts",
    });
  }
  const namespaces = (await knownClusters(client)).map((cluster) => cluster.namespace);
  return new RecoveryError(
    "namespace-without-clusters",
    `there is no PostgresCluster in namespace ${namespace} of context ${client.context}`,
    { next: orElse(didYouMean(namespace, namespaces), "list without -n to see all namespaces") },
  );
}

function tableOf(context: string, entries: readonly ScanEntry[], options: ListOptions): string {
  return pasteable(scanTable(context, entries, options.color, outputWidth(), options.targets), options);
}

function rendered({ client, surroundings }: Session, entries: ScanEntry[], options: ListOptions): string {
  switch (options.output) {
    case "table": {
      const when =
        options.watch === true
          ? `${surroundings.now().toISOString()}, again in ${formatDuration(options.interval)}\n\n`
          : "";
      return when + tableOf(client.context, entries, options);
    }
    case "log":
      return entries.map(({ namespace, cluster, pod, status }) => logLine(namespace, cluster, pod, status)).join("\n");
    case "json": {
      const report: ScanReport = {
        version: 1,
        context: client.context,
        clusters: entries,
        summary: countVerdicts(entries),
      };
      // With --watch each list is one line, so that a reader can tell them apart.
      return visibleJson(report, options.watch === true ? undefined : 2);
    }
    case "openmetrics":
      return openMetrics(
        stanzaMetrics({ context: client.context, clusters: entries }, surroundings.now(), options.namespace),
      );
  }
}
