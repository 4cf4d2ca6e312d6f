import { formatDuration, type Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { ScanEntry, ScanReport } from "../../domain/stanza/list-report.ts";
import { verdictOf } from "../../domain/stanza/status.ts";
import { scanStanzas } from "../../operations/stanza/list.ts";
import { verdictExitCode } from "../exit-codes.ts";
import type { CommonOptions } from "../options.ts";
import { countVerdicts, entryName, logLine, scanTable } from "../render.ts";
import { openSession, type Session } from "../session.ts";

export interface StanzaListOptions extends CommonOptions {
  readonly timeout: Duration;
  readonly namespace?: string | undefined;
  readonly concurrency: number;
  readonly watch?: true | undefined;
  readonly interval: Duration;
}

/** `postgres-recovery stanza list`; the result is the exit code. With `--watch` it ends only when it is interrupted. */
export async function stanzaList(options: StanzaListOptions): Promise<number> {
  const session = await openSession(options);
  if (options.watch === true) return watch(session, options);
  const entries = await list(session, options);
  return verdictExitCode(entries.map(({ status }) => verdictOf(status)));
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
  const counter = progressCounter(process.stderr);
  const known: ScanEntry[] = [];
  const scanOptions = {
    namespace: options.namespace,
    concurrency: options.concurrency,
    timeLimit: options.timeout,
    onEntry: (entry: ScanEntry, done: number, total: number): void => {
      known.push(entry);
      counter.show(`${done}/${total} ${entryName(entry)}`);
    },
  };
  try {
    const entries = await scanStanzas(session.client, scanOptions, session.surroundings);
    counter.clear();
    if (entries.length === 0 && options.watch !== true) requireNoNamespace(session.client.context, options.namespace);
    // On a terminal, each list replaces the one before.
    if (options.watch === true && process.stdout.isTTY) process.stdout.write("\u001b[H\u001b[2J");
    process.stdout.write(`${rendered(session, entries, options)}\n`);
    return entries;
  } catch (error) {
    counter.clear();
    if (session.surroundings.signal.aborted && options.output === "table" && known.length > 0) {
      known.sort((a, b) => entryName(a).localeCompare(entryName(b)));
      process.stdout.write(`${scanTable(known, options.color)}\nnot all: the list was interrupted\n`);
    }
    throw error;
  }
}

/** A namespace without any PostgresCluster is more likely a typo than good news. */
function requireNoNamespace(context: string, namespace: string | undefined): void {
  if (namespace === undefined) return;
  throw new RecoveryError(
    "namespace-without-clusters",
    `there is no PostgresCluster in namespace ${namespace} of context ${context}`,
    { next: `see all namespaces: postgres-recovery stanza list --context ${context}` },
  );
}

function rendered({ client, surroundings }: Session, entries: ScanEntry[], options: StanzaListOptions): string {
  switch (options.output) {
    case "table": {
      const when =
        options.watch === true
          ? `${surroundings.now().toISOString()}, again in ${formatDuration(options.interval)}\n\n`
          : "";
      return when + scanTable(entries, options.color);
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
      return JSON.stringify(report, undefined, options.watch === true ? undefined : 2);
    }
  }
}

/** One line on a terminal that is overwritten; nothing elsewhere. */
function progressCounter(stream: NodeJS.WriteStream): { show: (text: string) => void; clear: () => void } {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined };
  const write = (text: string): void => {
    stream.cursorTo(0);
    stream.clearLine(0);
    stream.write(text);
  };
  return {
    show: (text) => {
      write(text.slice(0, stream.columns - 1));
    },
    clear: () => {
      write("");
    },
  };
}
