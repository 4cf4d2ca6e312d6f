import type { KubernetesClient } from "../../clients/kubernetes/postgres-clusters.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { ScanEntry, ScanReport } from "../../domain/stanza/list-report.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { didYouMean, orElse } from "../../domain/similar.ts";
import type { FlagCode } from "../../domain/stanza/flag-codes.ts";
import { knownClusters } from "../../operations/stanza/known-clusters.ts";
import { scanStanzas } from "../../operations/stanza/list.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { pasteable } from "../hints.ts";
import type { CommonOptions } from "../options.ts";
import { clearScreen, outputWidth, printText } from "../output.ts";
import { countVerdicts, logLine, scanTable } from "../render.ts";
import { openSession, type Session } from "../session.ts";
import { entryName } from "../next-steps.ts";
import { showProgress } from "./progress.ts";

export interface StanzaListOptions extends CommonOptions {
  readonly timeout: Duration;
  readonly namespace?: string | undefined;
  readonly concurrency: number;
  readonly allow: readonly FlagCode[];
  readonly watch?: true | undefined;
  readonly interval: Duration;
}

/** `postgres-recovery stanza list`; the result is the exit code. With `--watch` it ends only when it is interrupted. */
export async function stanzaList(options: StanzaListOptions): Promise<number> {
  const session = await openSession(options);
  if (options.watch === true) return watch(session, options);
  const entries = await list(session, options);
  return verdictExitCode(entries.map(({ verdict }) => verdict));
}

/** Lists for ever. If the API server does not answer, it says so and tries again after the pause. */
async function watch(session: Session, options: StanzaListOptions): Promise<never> {
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

async function list(session: Session, options: StanzaListOptions): Promise<ScanEntry[]> {
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
      const table = pasteable(scanTable(session.client.context, known, options.color, outputWidth()), options);
      printText(`${table}\nnot all: the list was interrupted`, options.color);
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
    { next: orElse(didYouMean(namespace, namespaces), "see all namespaces: postgres-recovery stanza list") },
  );
}

function rendered({ client, surroundings }: Session, entries: ScanEntry[], options: StanzaListOptions): string {
  switch (options.output) {
    case "table": {
      const when =
        options.watch === true
          ? `${surroundings.now().toISOString()}, again in ${formatDuration(options.interval)}\n\n`
          : "";
      return when + pasteable(scanTable(client.context, entries, options.color, outputWidth()), options);
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
  }
}
