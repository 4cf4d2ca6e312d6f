import { stanzaCreateRequestSchema, type StanzaCreateReport } from "../../domain/stanza/create.ts";
import { formatDuration, type Duration } from "../../domain/duration.ts";
import { createStanza } from "../../operations/stanza/create.ts";
import { clusterArgument } from "../cluster-argument.ts";
import type { CommonOptions, OutputFormat } from "../options.ts";
import { createTable, logLine } from "../render.ts";
import { given, requestOf, type RequestOptions } from "../request.ts";
import { openSession } from "../session.ts";
import { parseObjectName } from "../../domain/kubernetes/object-name.ts";

export interface StanzaCreateOptions extends RequestOptions {
  readonly uid?: string;
  readonly dumpDirectory: string;
  readonly skipDump?: string;
  readonly dumpTimeout: Duration;
  readonly createTimeout: Duration;
  readonly operatorTimeout: Duration;
}

/** `postgres-recovery stanza create`; the result is the exit code. */
export async function stanzaCreate(cluster: string | undefined, options: StanzaCreateOptions): Promise<number> {
  if (cluster !== undefined) clusterArgument(cluster);
  const { request, target } = await requestOf(stanzaCreateRequestSchema, cluster, options, () =>
    fromArguments(options),
  );
  const session = await openSession({ ...target, ...(options.debug && { debug: options.debug }) });
  const report = await createStanza(session.client, request, session.surroundings);
  process.stdout.write(`${rendered(report, options)}\n`);
  return 0;
}

function fromArguments({
  createTimeout,
  dumpDirectory,
  dumpTimeout,
  operatorTimeout,
  skipDump,
  timeout,
  uid,
}: StanzaCreateOptions): object {
  return {
    ...given({ uid }),
    dump: skipDump === undefined ? { directory: dumpDirectory } : { skip: skipDump },
    timeLimits: {
      info: formatDuration(timeout),
      dump: formatDuration(dumpTimeout),
      create: formatDuration(createTimeout),
      operator: formatDuration(operatorTimeout),
    },
  };
}

function rendered(
  report: StanzaCreateReport,
  { output, color }: { output: OutputFormat; color: CommonOptions["color"] },
): string {
  switch (output) {
    case "table":
      return createTable(report, color);
    case "json":
      return JSON.stringify(report);
    case "log": {
      const { namespace, name } = parseObjectName(report.cluster) ?? { namespace: "", name: report.cluster };
      return logLine(namespace, name, report.leader, report.status);
    }
  }
}
