import { text } from "node:stream/consumers";
import { z } from "zod";
import { messageOf, RecoveryError } from "../domain/errors.ts";
import { parseClusterName } from "../domain/postgres-cluster.ts";
import { stanzaCreateRequestSchema, type StanzaCreateReport, type StanzaCreateRequest } from "../domain/stanza-create.ts";
import { createStanza } from "../operations/create.ts";
import { clusterArgument } from "./cluster-argument.ts";
import type { CommonOptions, OutputFormat } from "./options.ts";
import { createTable, logLine } from "./render.ts";
import { openSession } from "./session.ts";

export interface StanzaCreateOptions extends CommonOptions {
  readonly request?: string;
  readonly uid?: string;
  readonly dumpDirectory: string;
  readonly skipDump?: string;
  readonly dumpTimeout: string;
  readonly createTimeout: string;
  readonly operatorTimeout: string;
}

/** `postgres-recovery stanza create`; the result is the exit code. */
export async function stanzaCreate(cluster: string | undefined, options: StanzaCreateOptions): Promise<number> {
  const fromStdin = options.request !== undefined;
  if (fromStdin === (cluster !== undefined)) {
    throw new RecoveryError("usage", "name either one cluster as NAMESPACE/CLUSTER or `--request -`");
  }
  if (cluster !== undefined) clusterArgument(cluster);
  const stdin = fromStdin ? await requestFromStdin() : undefined;
  const session = await openSession(stdin === undefined ? options : { ...options, ...stdin.kubernetes });
  const request = stdin ?? requestFromArguments(cluster ?? "", options, session.client.context);
  const report = await createStanza(session.client, request, session.surroundings);
  process.stdout.write(`${rendered(report, options)}\n`);
  return 0;
}

async function requestFromStdin(): Promise<StanzaCreateRequest> {
  let request: unknown;
  try {
    request = JSON.parse(await text(process.stdin));
  } catch (error) {
    throw new RecoveryError("usage", `the request on stdin is not JSON: ${messageOf(error)}`);
  }
  return validated(request);
}

function requestFromArguments(cluster: string, options: StanzaCreateOptions, context: string): StanzaCreateRequest {
  return validated({
    version: 1,
    kubernetes: { context },
    cluster,
    uid: options.uid,
    dump: options.skipDump === undefined ? { directory: options.dumpDirectory } : { skip: options.skipDump },
    timeLimits: {
      info: options.timeout,
      dump: options.dumpTimeout,
      create: options.createTimeout,
      operator: options.operatorTimeout,
    },
  });
}

function validated(request: unknown): StanzaCreateRequest {
  const result = stanzaCreateRequestSchema.safeParse(request);
  if (!result.success) throw new RecoveryError("usage", `the request is not valid:\n${z.prettifyError(result.error)}`);
  return result.data;
}

function rendered(report: StanzaCreateReport, { output, color }: { output: OutputFormat; color: CommonOptions["color"] }): string {
  switch (output) {
    case "table":
      return createTable(report, color);
    case "json":
      return JSON.stringify(report);
    case "log": {
      const { namespace, name } = parseClusterName(report.cluster) ?? { namespace: "", name: report.cluster };
      return logLine(namespace, name, report.leader, report.status);
    }
  }
}
