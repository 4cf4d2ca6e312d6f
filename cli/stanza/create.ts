import type { Duration } from "../../domain/duration.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { StanzaCreateReport } from "../../domain/stanza/create.ts";
import { wouldChange, type StanzaCreatePreview } from "../../domain/stanza/create-preview.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { createStanza } from "../../operations/stanza/create.ts";
import { previewStanzaCreation } from "../../operations/stanza/create-preview.ts";
import { printText } from "../output.ts";
import { createPreviewTable, createTable, logLine } from "../render.ts";
import { askedOf, type RequestOptions } from "../request.ts";
import { openSession } from "../session.ts";

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
  const { request, target } = await askedOf("stanza create", cluster, options, (named) => taskOf(named, options));
  const session = await openSession({ ...target, ...(options.debug && { debug: options.debug }) });
  if (options.dryRun === true) {
    const preview = await previewStanzaCreation(session.client, request, session.surroundings);
    printText(previewText(preview, options), options.color);
    return wouldChange(preview) ? 1 : 0;
  }
  const report = await createStanza(session.client, request, session.surroundings);
  printText(rendered(request.cluster, report, options), options.color);
  return 0;
}

/** What a run would do, for a person or a machine. */
function previewText(preview: StanzaCreatePreview, { color, output }: StanzaCreateOptions): string {
  return output === "json" ? visibleJson(preview) : createPreviewTable(preview, color);
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
