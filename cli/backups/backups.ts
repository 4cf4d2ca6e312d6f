import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import type { StoredBackups } from "../../domain/backups/request.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { restoreSource } from "../../domain/restore/restore.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { listEveryBackup, verifyEveryBackup, type EveryBackupClients } from "../../operations/restore/every-backup.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingVerdict, repeatGrave, withPlace } from "../findings.ts";
import { printText } from "../output.ts";
import { askedOf, type RequestOptions } from "../request.ts";
import type { BackupPlaceOptions } from "../restore/backup-place.ts";
import { surroundingsOfProcess } from "../session.ts";
import { backupVerdict, listText, verifyText } from "./texts.ts";

export interface BackupListOptions extends RequestOptions, BackupPlaceOptions {
  readonly schedule?: string | undefined;
  readonly timeout: Duration;
}

export interface BackupVerifyOptions extends BackupListOptions {
  readonly read?: true | undefined;
  readonly readTimeout: Duration;
}

/** `postgres-recovery backup list`; the result is the exit code. */
export async function backupList(cluster: ObjectName | undefined, options: BackupListOptions): Promise<number> {
  const { request, target } = await askedOf("backup list", cluster, options, (named) => listTask(named, options));
  const surroundings = surroundingsOfProcess();
  const report = await listEveryBackup(await clientsFor(request, target), request, surroundings);
  printText(listText(report, options), options.color);
  return report.backups.length === 0 ? 1 : verdictExitCode(report.backups.map(backupVerdict));
}

/** `postgres-recovery backup verify`; the result is the exit code. */
export async function backupVerify(cluster: ObjectName | undefined, options: BackupVerifyOptions): Promise<number> {
  const { request, target } = await askedOf("backup verify", cluster, options, (named) => ({
    ...listTask(named, options),
    read: options.read === true,
    readTimeLimit: options.readTimeout,
  }));
  const surroundings = surroundingsOfProcess();
  const report = await verifyEveryBackup(await clientsFor(request, target), request, surroundings);
  printText(verifyText(report, options), options.color);
  repeatGrave(withPlace(report.findings), options.output, surroundings.progress);
  return verdictExitCode([findingVerdict(report.verdict)]);
}

function listTask(cluster: ObjectName, options: BackupListOptions): TaskOf<"backup list"> {
  const { endpointUrl, schedule, timeout } = options;
  return { cluster, store: storeOf(cluster, options), schedule, endpointUrl, timeLimit: timeout };
}

function storeOf(cluster: ObjectName, options: BackupListOptions): StoredBackups | undefined {
  const { bucket, bucketOwner, endpoint, postgresVersion, region = "", scope, versionInPath } = options;
  if (bucket === undefined) {
    const lone = (["region", "endpoint", "bucketOwner", "scope", "uid", "prefix"] as const).filter(
      (name) => options[name] !== undefined,
    );
    if (lone.length === 0) return undefined;
    throw new RecoveryError("request-invalid", "--bucket is missing: the other options about the place need it");
  }
  const source = restoreSource(options);
  if (source === undefined) throw new RecoveryError("request-invalid", "give exactly one of --uid and --prefix");
  const named = scope ?? postgresqlName(cluster);
  return { bucket, bucketOwner, endpoint, region, scope: named, source, postgresVersion, versionInPath };
}

async function clientsFor(request: TaskOf<"backup list">, target: KubernetesTarget): Promise<EveryBackupClients> {
  const { progress, signal } = surroundingsOfProcess();
  const { endpointUrl, store } = request;
  const ignored = ignoredEndpoint("S3", store?.endpoint ?? endpointUrl);
  if (ignored !== undefined) progress(ignored);
  const harbor = store === undefined ? await connectHarbor(target, signal, progress) : undefined;
  return { harbor, connectS3 };
}

/** The SDK is big, so it is loaded only here. */
async function connectS3(access: S3Access): Promise<S3Client> {
  return (await import("../../clients/aws/s3.ts")).connectS3(access);
}
