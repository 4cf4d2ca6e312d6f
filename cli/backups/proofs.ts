import { readPublicKey } from "../../clients/signing-keys.ts";
import type { Duration } from "../../domain/duration.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { listProofs } from "../../operations/ledger/proofs.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingVerdict, repeatGrave, withPlace } from "../findings.ts";
import { printText } from "../output.ts";
import { askedOf, type RequestOptions } from "../request.ts";
import type { BackupPlaceOptions } from "../restore/backup-place.ts";
import { surroundingsOfProcess } from "../session.ts";
import { clientsFor, storeOf } from "./clients.ts";
import { proofsText } from "./proof-texts.ts";

export interface BackupProofsOptions extends RequestOptions, BackupPlaceOptions {
  readonly publicKeyFile: readonly string[];
  readonly timeout: Duration;
}

/** `postgres-recovery backup proofs`; the result is the exit code. */
export async function backupProofs(cluster: ObjectName | undefined, options: BackupProofsOptions): Promise<number> {
  const { endpointUrl, publicKeyFile, timeout } = options;
  const { request, target } = await askedOf("backup proofs", cluster, options, (named) => ({
    cluster: named,
    store: storeOf(named, options),
    endpointUrl,
    timeLimit: timeout,
    publicKeyFiles: [...publicKeyFile],
  }));
  const keys = await Promise.all(request.publicKeyFiles.map(readPublicKey));
  const surroundings = surroundingsOfProcess();
  const report = await listProofs(await clientsFor(request, target), request, keys, surroundings);
  printText(proofsText(report, options), options.color);
  repeatGrave(withPlace(report.findings), options.output, surroundings.progress);
  return verdictExitCode([findingVerdict(report.verdict)]);
}
