import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { runbookPgHba } from "../../domain/harbor/pg-hba.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { suggestRequestSchema, type ChosenBackup } from "../../domain/restore/check.ts";
import { formatBytes, type ReadReport } from "../../domain/restore/read.ts";
import { restoreSource, type Credentials } from "../../domain/restore/restore.ts";
import { visibleJson, visibleLine } from "../../domain/visible-text.ts";
import { recommendedImageFor } from "../../domain/spilo/image.ts";
import type { ReportOf, TaskOf } from "../../domain/steps/steps.ts";
import { checkRestore, type RestoreCheckClients } from "../../operations/restore/check.ts";
import { suggestRestores } from "../../operations/restore/suggest.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingsTable, findingVerdict, repeatGrave, logLine, withPlace } from "../findings.ts";
import type { OperatorOptions } from "../operator-options.ts";
import { operatorOf } from "../operator.ts";
import { outputWidth, printText } from "../output.ts";
import { table } from "../table.ts";
import { askedOf, validated, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess } from "../session.ts";
import type { BackupPlaceOptions } from "./backup-place.ts";
import { suggestionsText } from "./suggestions.ts";

export interface RestoreCheckOptions extends RequestOptions, OperatorOptions, BackupPlaceOptions {
  readonly timeout: Duration;
  readonly read?: true | undefined;
  readonly readTimeout: Duration;
  readonly suggest?: true | undefined;
  readonly targetTime?: string | undefined;
  readonly irsaRoleArn?: string | undefined;
  readonly image?: string | undefined;
  readonly backupBucket?: string | undefined;
}

/** `postgres-recovery restore check`; the result is the exit code. */
export async function restoreCheck(cluster: ObjectName | undefined, options: RestoreCheckOptions): Promise<number> {
  if (options.suggest === true) return suggest(options);
  const { request, target } = await askedOf("restore check", cluster, options, (named) => taskOf(named, options));
  const surroundings = surroundingsOfProcess();
  const harbor = await connectHarbor(target, surroundings.signal, surroundings.progress);
  const { backup, endpointUrl, restore } = request;
  const addresses = [backup, ...(restore === undefined ? [] : [restore])].map(({ endpoint = endpointUrl }) => endpoint);
  const ignored = addresses.includes(undefined) ? ignoredEndpoint("S3", undefined) : undefined;
  if (ignored !== undefined) surroundings.progress(ignored);
  const { source, own, probe } = await stores(request);
  try {
    const report = await checkRestore({ harbor, source, own, probe }, request, surroundings);
    printText(rendered(report, options), options.color);
    repeatGrave(withPlace(report.findings), options.output, surroundings.progress);
    return verdictExitCode([findingVerdict(report.verdict)]);
  } finally {
    source.close();
    own.close();
    probe?.close();
  }
}

/** The SDK is big, so it is loaded only here. */
async function stores({
  backup,
  endpointUrl,
  keys,
  restore,
}: TaskOf<"restore check">): Promise<Omit<RestoreCheckClients, "harbor">> {
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  const { connectS3Probe } = await import("../../clients/aws/s3-probe.ts");
  const source = restore === undefined ? { ...backup, keys: keys.backup } : { ...restore, keys: keys.restore };
  const access = { ...backup, keys: keys.backup, endpointUrl };
  return {
    source: connectS3({ ...source, endpointUrl }),
    own: connectS3(access),
    // Nothing is written with the keys of whoever runs this, nor with keys that the Pods do not use.
    probe: keys.backup === undefined || backup.credentials !== "secret" ? undefined : connectS3Probe(access),
  };
}

function taskOf(cluster: ObjectName, options: RestoreCheckOptions): TaskOf<"restore check"> {
  const { bucket = "", bucketOwner, region = "", endpoint, irsaRoleArn } = options;
  const credentials: Credentials = irsaRoleArn === undefined ? "secret" : { irsaRoleArn };
  const source = restoreSource(options);
  if (source === undefined) throw new RecoveryError("request-invalid", "give exactly one of --uid and --prefix");
  return {
    cluster,
    operator: operatorOf(options),
    image:
      options.image ?? recommendedImageFor({ restoredMajor: options.postgresVersion, irsa: irsaRoleArn !== undefined }),
    backup: { bucket: options.backupBucket ?? bucket, region, endpoint, bucketOwner, credentials },
    restore: {
      id: "by-hand",
      scope: options.scope ?? postgresqlName(cluster),
      source,
      bucket,
      region,
      endpoint,
      bucketOwner,
      credentials,
      postgresVersion: options.postgresVersion,
      versionInPath: options.versionInPath,
      targetTime: options.targetTime,
    },
    pgHba: [...runbookPgHba],
    keys: {},
    endpointUrl: options.endpointUrl,
    timeLimit: options.timeout,
    read: options.read === true,
    readTimeLimit: options.readTimeout,
  };
}

function rendered(report: ReportOf<"restore check">, { output, color }: RestoreCheckOptions): string {
  switch (output) {
    case "json":
      return visibleJson(report);
    case "log":
      return withPlace(report.findings).map(logLine).join("\n");
    case "table":
      return [
        ...(report.backup === null ? [] : [backupTable(report.backup, report.read), ""]),
        findingsTable(withPlace(report.findings), color, outputWidth()),
        "",
        visibleLine(`${report.cluster} in context ${report.context}: ${conclusion(report)}`),
      ].join("\n");
  }
}

function backupTable(backup: ChosenBackup, read: ReadReport | null): string {
  return table(
    ["BACKUP", backup.name],
    [
      ["PLACE", backup.place],
      ["FINISHED", backup.finished ?? `${backup.modified} (LastModified)`],
      ["WAL UNTIL", backup.walUntil ?? "unknown"],
      ["POSTGRESQL", String(backup.postgresVersion ?? "unknown")],
      ["SYSTEM IDENTIFIER", backup.systemIdentifier ?? "unknown"],
      ...(read === null ? [] : [["READ", readText(read)]]),
    ],
  );
}

/** @example readText({ parts: 3, segments: 12, bytes: 4_300_000, seconds: 1.5 })  // → "3 parts and 12 WAL segments, 4.3 MB in 1.5 s" */
function readText({ parts, segments, bytes, seconds }: ReadReport): string {
  return `${parts} parts and ${segments} WAL segments, ${formatBytes(bytes)} in ${seconds} s`;
}

function conclusion({ verdict }: ReportOf<"restore check">): string {
  switch (verdict) {
    case "ok":
      return "the restore can begin";
    case "warn":
      return "the restore can begin; read the warnings first";
    case "unknown":
      return "it is not known whether the restore can begin: change nothing until it is";
    case "refuse":
      return "the restore must not begin: it would lose or miss data";
  }
}

async function suggest(options: RestoreCheckOptions): Promise<number> {
  const { bucket, bucketOwner, region, endpoint, endpointUrl } = options;
  const request = validated(suggestRequestSchema, { bucket, bucketOwner, region, endpoint, endpointUrl });
  const surroundings = surroundingsOfProcess();
  const ignored = ignoredEndpoint("S3", endpoint ?? endpointUrl);
  if (ignored !== undefined) surroundings.progress(ignored);
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  const s3 = connectS3(request);
  try {
    const report = await suggestRestores(s3, request.bucket, surroundings.signal);
    printText(suggestionsText(report, options.output));
    return 0;
  } finally {
    s3.close();
  }
}
