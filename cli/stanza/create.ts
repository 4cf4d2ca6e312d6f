import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { formatObjectName, type ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { Run, StanzaCreateReport } from "../../domain/stanza/create.ts";
import { wouldChange, type StanzaCreatePreview } from "../../domain/stanza/create-preview.ts";
import { reportToKeep, type LastRun } from "../../domain/stanza/last-run.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { createStanza } from "../../operations/stanza/create.ts";
import { previewStanzaCreation } from "../../operations/stanza/create-preview.ts";
import { failureOf } from "../failure.ts";
import { rememberedPlace } from "../hints.ts";
import type { CommonOptions } from "../options.ts";
import { printText } from "../output.ts";
import { createPreviewTable, createTable, logLine } from "../render.ts";
import { askedOf, type Asked, type RequestOptions } from "../request.ts";
import { openSession, type Session } from "../session.ts";

export interface StanzaCreateOptions extends RequestOptions {
  readonly timeout: Duration;
  readonly uid?: string | undefined;
  readonly dumpDirectory: string;
  readonly bucketOwner?: string | undefined;
  readonly kmsKey?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly skipDump?: string | undefined;
  readonly dumpTimeout: Duration;
  readonly dumpMaxAge: Duration;
  readonly createTimeout: Duration;
  readonly operatorTimeout: Duration;
  readonly firstBackup?: true | undefined;
  readonly dryRun?: true | undefined;
  readonly backupTimeout: Duration;
}

/** `postgres-recovery stanza create`; the result is the exit code. */
export async function stanzaCreate(cluster: ObjectName | undefined, options: StanzaCreateOptions): Promise<number> {
  const asked = await askedOf("stanza create", cluster, options, (named) => taskOf(named, options));
  const { run } = asked.request;
  if (run !== undefined) {
    printText(visibleJson(await reportForStack(asked, run, options)));
    return 0;
  }
  if (options.dryRun === true) {
    const session = await open(asked, options);
    const preview = await previewStanzaCreation(session.client, asked.request, session.surroundings);
    printText(previewText(preview, options), options.color);
    return wouldChange(preview) ? 1 : 0;
  }
  const report = await create(asked, options);
  printText(rendered(asked.request.cluster, report, options), options.color);
  return 0;
}

/** What a run would do, for a person or a machine. */
function previewText(preview: StanzaCreatePreview, { color, output }: StanzaCreateOptions): string {
  return output === "json" ? visibleJson(preview) : createPreviewTable(preview, color);
}

function open({ target }: Asked<"stanza create">, { debug }: CommonOptions): Promise<Session> {
  return openSession({ ...target, ...(debug && { debug }) });
}

async function create(asked: Asked<"stanza create">, options: CommonOptions): Promise<StanzaCreateReport> {
  const session = await open(asked, options);
  return createStanza(session.client, asked.request, session.surroundings);
}

/**
 * The report of a stack's run. A failure is a report, too, so that the stack's state and outputs tell it afterwards; the
 * program then fails the update. An interruption or a crash ends the command, and Pulumi keeps what it had.
 */
async function reportForStack(asked: Asked<"stanza create">, run: Run, options: CommonOptions): Promise<LastRun> {
  const kept = reportToKeep(process.env["PULUMI_COMMAND_STDOUT"], run);
  if (kept !== undefined) return kept;
  const startedAt = new Date().toISOString();
  const { kubeSystemUid } = asked.target;
  const ofStack = { run, ...(kubeSystemUid !== undefined && { kubeSystemUid }) };
  try {
    return { ...(await create(asked, options)), ...ofStack };
  } catch (error) {
    if (!(error instanceof RecoveryError) || error.kind === "interrupted") throw error;
    return {
      version: 1,
      context: asked.target.context ?? "",
      cluster: formatObjectName(asked.request.cluster),
      outcome: "failed",
      error: failureOf(error, rememberedPlace()),
      startedAt,
      finishedAt: new Date().toISOString(),
      ...ofStack,
    };
  }
}

function taskOf(cluster: ObjectName, options: StanzaCreateOptions): TaskOf<"stanza create"> {
  const { dumpDirectory, firstBackup, skipDump, uid } = options;
  const bucket = { owner: options.bucketOwner, kmsKey: options.kmsKey, endpointUrl: options.endpointUrl };
  return {
    cluster,
    uid,
    dump:
      skipDump === undefined ? { directory: dumpDirectory, bucket, maxAge: options.dumpMaxAge } : { skip: skipDump },
    firstBackup,
    timeLimits: {
      info: options.timeout,
      dump: options.dumpTimeout,
      create: options.createTimeout,
      operator: options.operatorTimeout,
      backup: options.backupTimeout,
    },
  };
}

function rendered(
  { namespace, name }: ObjectName,
  report: StanzaCreateReport,
  { output, color }: StanzaCreateOptions,
): string {
  switch (output) {
    case "table":
      return createTable(report, color);
    case "json":
      return visibleJson(report);
    case "log":
      return logLine(namespace, name, report.leader, report.status);
  }
}
