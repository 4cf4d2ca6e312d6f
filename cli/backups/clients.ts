import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import type { S3Creator } from "../../clients/aws/s3-create.ts";
import type { S3Access, S3Client } from "../../clients/aws/s3.ts";
import type { KubernetesTarget } from "../../clients/kubernetes/api.ts";
import { connectHarbor } from "../../clients/kubernetes/harbor.ts";
import { readPublicKey, readSigner } from "../../clients/signing-keys.ts";
import type { StoredBackups } from "../../domain/backups/request.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import { restoreSource } from "../../domain/restore/restore.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import type { ProofKeys } from "../../operations/ledger/content-checks.ts";
import type { EveryBackupClients } from "../../operations/restore/every-backup.ts";
import type { BackupPlaceOptions } from "../restore/backup-place.ts";
import { version } from "../version.ts";
import { surroundingsOfProcess } from "../session.ts";

/** The place that the options name; undefined when they name none. @throws RecoveryError when they name half of one. */
export function storeOf(cluster: ObjectName, options: BackupPlaceOptions): StoredBackups | undefined {
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

/** What the operations on backups ask; Kubernetes only when the request does not name the place. */
export async function clientsFor(
  request: Pick<TaskOf<"backup list">, "endpointUrl" | "store">,
  target: KubernetesTarget,
): Promise<EveryBackupClients> {
  const { progress, signal } = surroundingsOfProcess();
  const { endpointUrl, store } = request;
  const ignored = ignoredEndpoint("S3", store?.endpoint ?? endpointUrl);
  if (ignored !== undefined) progress(ignored);
  const harbor = store === undefined ? await connectHarbor(target, signal, progress) : undefined;
  return { harbor, connectS3 };
}

/** The keys of proofs; undefined when the request names none. @throws RecoveryError for a file that holds no key. */
export async function proofKeysFor({
  publicKeyFiles,
  signingKeyFile,
}: Pick<TaskOf<"backup verify">, "publicKeyFiles" | "signingKeyFile">): Promise<ProofKeys | undefined> {
  const signer = signingKeyFile === undefined ? undefined : await readSigner(signingKeyFile);
  const given = await Promise.all(publicKeyFiles.map(readPublicKey));
  const trusted = signer === undefined ? given : [signer.publicKey, ...given];
  if (trusted.length === 0) return undefined;
  return { signer, trusted, tool: `postgres-recovery ${version()}`, connectCreator };
}

async function connectCreator(access: S3Access): Promise<S3Creator> {
  return (await import("../../clients/aws/s3-create.ts")).connectS3Creator(access);
}

/** The SDK is big, so it is loaded only here. */
async function connectS3(access: S3Access): Promise<S3Client> {
  return (await import("../../clients/aws/s3.ts")).connectS3(access);
}
