import type { AccessKeys, DatabaseKeys } from "../aws/access-keys.ts";
import { restorePath, type Backup, type Credentials, type Restore } from "../restore/restore.ts";

/** Where Kubernetes puts the token with which a Pod assumes its IAM role (Amazon EKS Pod identity webhook). */
const webIdentityTokenFile = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
/** Parallel transfers. WAL-G's default follows the node's processors, not the Pod's limit, and gets it killed (zalando/spilo#671). */
const concurrency = "2";

/**
 * The data of `pod-config`, the ConfigMap of environment variables that the Zalando operator gives to every database Pod:
 * what backups need, and, only while a restore is declared, the CLONE_* values from which Spilo clones a new database.
 * docs/pod-config.md gives the reason of each value, and of each that is left out.
 */
export function podConfigData(backup: Backup, restore: Restore | undefined): Record<string, string> {
  return {
    WAL_S3_BUCKET: backup.bucket,
    USE_WALG_BACKUP: "true",
    USE_WALG_RESTORE: "true",
    BACKUP_SCHEDULE: backup.schedule,
    BACKUP_NUM_TO_RETAIN: backup.retainDays.toString(),
    WALG_UPLOAD_CONCURRENCY: concurrency,
    WALG_DOWNLOAD_CONCURRENCY: concurrency,
    ...(backup.kmsKey !== undefined && { WALG_S3_SSE: "aws:kms", WALG_S3_SSE_KMS_ID: backup.kmsKey }),
    ...storeVariables(backup),
    ...(restore !== undefined && cloneVariables(restore)),
  };
}

/** Names of all keys that pod-config may get from these settings. */
export function podConfigKeys(
  backup: Pick<Backup, "bucket" | "region" | "endpoint" | "credentials">,
  restore: Restore | undefined,
): string[] {
  return Object.keys(podConfigData({ ...backup, kmsKey: "", schedule: "", retainDays: 0 }, restore));
}

/** The variables from which Spilo clones a new database, without keys. */
export function cloneVariables(restore: Restore): Record<string, string> {
  const path = restorePath(restore);
  const variables: Record<string, string> = {
    METHOD: "CLONE_WITH_WALE",
    SCOPE: path.scope,
    WAL_S3_BUCKET: path.bucket,
    WAL_BUCKET_SCOPE_PREFIX: path.scopePrefix,
    WAL_BUCKET_SCOPE_SUFFIX: path.scopeSuffix,
    USE_WALG_RESTORE: "true",
    WALG_DOWNLOAD_CONCURRENCY: concurrency,
    ...(path.postgresVersion !== "" && { PGVERSION: path.postgresVersion }),
    // PostgreSQL reads the same text as Spilo's Python; a numeric offset is what both understand.
    ...(restore.targetTime !== undefined && { TARGET_TIME: restore.targetTime.replace(/Z$/, "+00:00") }),
    ...storeVariables(restore),
  };
  // Spilo never falls back from a CLONE_ variable to the plain one, so each is given.
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [`CLONE_${name}`, value]));
}

function storeVariables({
  region,
  endpoint,
  credentials,
}: Pick<Backup, "region" | "endpoint" | "credentials">): Record<string, string> {
  return {
    AWS_REGION: region,
    // USE_WALG_BACKUP keeps the region when there is an endpoint: Spilo drops it otherwise (configure_spilo.py).
    ...(endpoint !== undefined && { AWS_ENDPOINT: endpoint, AWS_S3_FORCE_PATH_STYLE: "true", USE_WALG_BACKUP: "true" }),
    ...(credentials !== "secret" && {
      AWS_ROLE_ARN: credentials.irsaRoleArn,
      AWS_WEB_IDENTITY_TOKEN_FILE: webIdentityTokenFile,
      AWS_STS_REGIONAL_ENDPOINTS: "regional",
    }),
  };
}

/** Names of the keys that the pod Secret gets from these settings. */
export function podSecretKeys(
  backup: { readonly credentials: Credentials },
  restore: { readonly credentials: Credentials } | undefined,
): string[] {
  const anyKeys = { accessKeyId: "", secretAccessKey: "" };
  return Object.keys(podSecretData(keysOf({ backup: anyKeys, restore: anyKeys }, backup, restore)));
}

/** Whether the Pods need keys from the pod Secret. */
export function needsPodSecret(
  backup: { credentials: Credentials },
  restore: { credentials: Credentials } | undefined,
): boolean {
  return backup.credentials === "secret" || restore?.credentials === "secret";
}

/** The keys that the Pods use: those of a side with a role are left out. */
export function keysOf(
  keys: DatabaseKeys,
  backup: { readonly credentials: Credentials },
  restore: { readonly credentials: Credentials } | undefined,
): DatabaseKeys {
  return {
    backup: backup.credentials === "secret" ? keys.backup : undefined,
    restore: restore?.credentials === "secret" ? keys.restore : undefined,
  };
}

/**
 * The data of the pod Secret, from which the Zalando operator gives the keys to the Pods by reference.
 * A ConfigMap's values could be read in the StatefulSet.
 */
export function podSecretData(keys: DatabaseKeys): Record<string, string> {
  const pair = (prefix: string, pairOf: AccessKeys | undefined): Record<string, string> =>
    pairOf === undefined
      ? {}
      : {
          [`${prefix}AWS_ACCESS_KEY_ID`]: pairOf.accessKeyId,
          [`${prefix}AWS_SECRET_ACCESS_KEY`]: pairOf.secretAccessKey,
        };
  return { ...pair("", keys.backup), ...pair("CLONE_", keys.restore) };
}
