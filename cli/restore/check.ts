import type { S3Client } from "../../clients/aws/s3.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import {
  restoreCheckRequestSchema,
  suggestRequestSchema,
  type ChosenBackup,
  type RestoreCheckReport,
  type RestoreCheckRequest,
  type SuggestReport,
} from "../../domain/restore/check.ts";
import { formatDuration } from "../../domain/duration.ts";
import { checkRestore } from "../../operations/restore/check.ts";
import { suggestRestores } from "../../operations/restore/suggest.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingsTable, findingVerdict, graveLines, logLine } from "../findings.ts";
import { table } from "../render.ts";
import { given, operatorOf, requestOf, validated, type OperatorOptions, type RequestOptions } from "../request.ts";
import { surroundingsOfProcess } from "../session.ts";

export interface RestoreCheckOptions extends RequestOptions, OperatorOptions {
  readonly suggest?: true;
  readonly bucket?: string;
  readonly region?: string;
  readonly endpoint?: string;
  readonly scope?: string;
  readonly uid?: string;
  readonly prefix?: string;
  readonly postgresVersion: number;
  readonly versionInPath: boolean;
  readonly targetTime?: string;
  readonly irsaRoleArn?: string;
  readonly image: string;
  readonly backupBucket?: string;
}

/** `postgres-recovery restore check`; the result is the exit code. */
export async function restoreCheck(cluster: string | undefined, options: RestoreCheckOptions): Promise<number> {
  if (options.suggest === true) return suggest(options);
  const { request, target } = await requestOf(restoreCheckRequestSchema, cluster, options, (name) =>
    requestFromArguments(name, options),
  );
  const surroundings = surroundingsOfProcess();
  const harbor = await connectHarbor(target, surroundings.signal, surroundings.progress);
  const [source, own] = await stores(request);
  try {
    const report = await checkRestore({ harbor, source, own }, request, surroundings);
    process.stdout.write(`${rendered(report, options)}\n`);
    // A command resource shows its stderr to the person who runs `up`.
    if (options.output === "json") for (const line of graveLines(report.findings)) surroundings.progress(line);
    return verdictExitCode([findingVerdict(report.verdict)]);
  } finally {
    source.close();
    own.close();
  }
}

/** The SDK is big, so it is loaded only now. */
async function stores({ backup, keys, restore }: RestoreCheckRequest): Promise<[source: S3Client, own: S3Client]> {
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  const source = restore === undefined ? { ...backup, keys: keys.backup } : { ...restore, keys: keys.restore };
  return [connectS3(source), connectS3({ ...backup, keys: keys.backup })];
}

function requestFromArguments(cluster: string, options: RestoreCheckOptions): object {
  const { bucket, region, endpoint, irsaRoleArn, targetTime, uid, prefix } = options;
  const credentials = irsaRoleArn === undefined ? "secret" : { irsaRoleArn };
  const [namespace = "", name = ""] = cluster.split("/");
  const store = given({ bucket, region, endpoint, credentials });
  return {
    operator: operatorOf(options),
    image: options.image,
    backup: { ...store, ...given({ bucket: options.backupBucket }) },
    restore: {
      ...store,
      ...given({ targetTime }),
      id: "by-hand",
      scope: options.scope ?? postgresqlName({ namespace, name }),
      source: uid === undefined ? given({ prefix }) : given({ uid, prefix }),
      postgresVersion: options.postgresVersion,
      versionInPath: options.versionInPath,
    },
    timeLimit: formatDuration(options.timeout),
  };
}

function rendered(report: RestoreCheckReport, { output, color }: RestoreCheckOptions): string {
  switch (output) {
    case "json":
      return JSON.stringify(report);
    case "log":
      return report.findings.map(logLine).join("\n");
    case "table":
      return [
        ...(report.backup === null ? [] : [backupTable(report.backup), ""]),
        findingsTable(report.findings, color),
        "",
        conclusion(report),
      ].join("\n");
  }
}

function backupTable(backup: ChosenBackup): string {
  return table(
    ["BACKUP", backup.name],
    [
      ["PLACE", backup.place],
      ["FINISHED", backup.finished ?? `${backup.modified} (LastModified)`],
      ["WAL UNTIL", backup.walUntil ?? "unknown"],
      ["POSTGRESQL", String(backup.postgresVersion ?? "unknown")],
      ["SYSTEM IDENTIFIER", backup.systemIdentifier ?? "unknown"],
    ],
  );
}

function conclusion({ verdict }: RestoreCheckReport): string {
  switch (verdict) {
    case "ok":
      return "the restore can begin";
    case "warn":
      return "the restore can begin; read the warnings first";
    case "unknown":
      return "not known whether the restore can begin: nothing should be changed before it is";
    case "refuse":
      return "the restore must not begin: it would lose or miss data";
  }
}

async function suggest(options: RestoreCheckOptions): Promise<number> {
  const { bucket, region, endpoint } = options;
  const request = validated(suggestRequestSchema, given({ bucket, region, endpoint }));
  const surroundings = surroundingsOfProcess();
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  const s3 = connectS3(request);
  try {
    const report = await suggestRestores(s3, request.bucket, surroundings.signal);
    process.stdout.write(`${renderedSuggestions(report, options)}\n`);
    return 0;
  } finally {
    s3.close();
  }
}

function renderedSuggestions(report: SuggestReport, { output }: RestoreCheckOptions): string {
  if (output === "json") return JSON.stringify(report);
  if (report.places.length === 0) return `bucket ${report.bucket} holds no backup of Spilo`;
  const rows = report.places.map(({ backups, newest, postgresVersion, scope, uid, versionInPath }) => [
    scope,
    uid ?? "-",
    postgresVersion === null ? "?" : String(postgresVersion),
    versionInPath ? "true" : "false",
    String(backups),
    newest?.modified ?? "never finished",
  ]);
  return table(["SCOPE", "UID", "POSTGRESVERSION", "VERSIONINPATH", "BACKUPS", "NEWEST"], rows);
}
