import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import { proofProblem } from "../../domain/backups/request.ts";
import { listEveryBackup, verifyEveryBackup } from "../../operations/restore/every-backup.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingVerdict, repeatGrave, withPlace } from "../findings.ts";
import { printText } from "../output.ts";
import { askedOf, type RequestOptions } from "../request.ts";
import type { BackupPlaceOptions } from "../restore/backup-place.ts";
import { surroundingsOfProcess } from "../session.ts";
import { clientsFor, proofKeysFor, storeOf } from "./clients.ts";
import { backupVerdict, listText, verifyText } from "./texts.ts";

export interface BackupListOptions extends RequestOptions, BackupPlaceOptions {
  readonly schedule?: string | undefined;
  readonly timeout: Duration;
}

export interface BackupVerifyOptions extends BackupListOptions {
  readonly read?: true | undefined;
  readonly readTimeout: Duration;
  readonly remember?: true | undefined;
  readonly reverifyAfter?: string | undefined;
  readonly signingKeyFile?: string | undefined;
  readonly publicKeyFile: readonly string[];
}

/** `postgres-recovery backup list`; the result is the exit code. */
export async function backupList(cluster: ObjectName | undefined, options: BackupListOptions): Promise<number> {
  if (cluster === undefined && options.request === undefined) {
    throw new RecoveryError("cluster-not-named", "name one HarborCluster, as NAMESPACE/NAME", {
      next: "for one row per cluster, of all operators: postgres-recovery backup fleet",
    });
  }
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
    remember: options.remember === true,
    reverifyAfter: options.reverifyAfter,
    signingKeyFile: options.signingKeyFile,
    publicKeyFiles: [...options.publicKeyFile],
  }));
  const problem = proofProblem(request);
  if (problem !== undefined) throw new RecoveryError("request-invalid", problem);
  const surroundings = surroundingsOfProcess();
  const proofs = await proofKeysFor(request);
  const clients = { ...(await clientsFor(request, target)), proofs };
  const report = await verifyEveryBackup(clients, request, surroundings);
  printText(verifyText(report, options), options.color);
  repeatGrave(withPlace(report.findings), options.output, surroundings.progress);
  return verdictExitCode([findingVerdict(report.verdict)]);
}

function listTask(cluster: ObjectName, options: BackupListOptions): TaskOf<"backup list"> {
  const { endpointUrl, schedule, timeout } = options;
  return { cluster, store: storeOf(cluster, options), schedule, endpointUrl, timeLimit: timeout };
}
