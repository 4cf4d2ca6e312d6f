/**
 * The environment variables that Spilo reads (its ENVIRONMENT.rst and configure_spilo.py) and that can come from the
 * Zalando operator's pod-config. Names must match exactly: Spilo silently ignores any other.
 */

/** Read for the database's own backups; with the prefix CLONE_ or STANDBY_, for the database to clone or to follow. */
const storageVariables = [
  "SCOPE",
  "WAL_S3_BUCKET",
  "WAL_GS_BUCKET",
  "WAL_GCS_BUCKET",
  "WAL_SWIFT_BUCKET",
  "WAL_BUCKET_SCOPE_PREFIX",
  "WAL_BUCKET_SCOPE_SUFFIX",
  "PGVERSION",
  "WALE_S3_PREFIX",
  "WALG_S3_PREFIX",
  "WALE_GS_PREFIX",
  "WALG_GS_PREFIX",
  "WALG_AZ_PREFIX",
  "WALG_SSH_PREFIX",
  "WALE_SWIFT_PREFIX",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_REGION",
  "AWS_ENDPOINT",
  "WALE_S3_ENDPOINT",
  "AWS_S3_FORCE_PATH_STYLE",
  "AWS_INSTANCE_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_STS_REGIONAL_ENDPOINTS",
  "WALG_S3_SSE",
  "WALG_S3_SSE_KMS_ID",
  "WALG_DISABLE_S3_SSE",
  "WALE_DISABLE_S3_SSE",
  "WALG_S3_CA_CERT_FILE",
  "USE_WALG",
  "USE_WALG_BACKUP",
  "USE_WALG_RESTORE",
  "WALG_DELTA_MAX_STEPS",
  "WALG_DELTA_ORIGIN",
  "WALG_DOWNLOAD_CONCURRENCY",
  "WALG_UPLOAD_CONCURRENCY",
  "WALG_UPLOAD_DISK_CONCURRENCY",
  "WALG_DISK_RATE_LIMIT",
  "WALG_NETWORK_RATE_LIMIT",
  "WALG_COMPRESSION_METHOD",
  "WALG_BACKUP_COMPRESSION_METHOD",
  "WALG_BACKUP_FROM_REPLICA",
  "WALG_SENTINEL_USER_DATA",
  "WALG_PREVENT_WAL_OVERWRITE",
  "WALG_LIBSODIUM_KEY",
  "WALG_LIBSODIUM_KEY_PATH",
  "WALG_LIBSODIUM_KEY_TRANSFORM",
  "WALG_PGP_KEY",
  "WALG_PGP_KEY_PATH",
  "WALG_PGP_KEY_PASSPHRASE",
  "AZURE_STORAGE_ACCOUNT",
  "AZURE_STORAGE_ACCESS_KEY",
  "AZURE_STORAGE_SAS_TOKEN",
  "AZURE_CLIENT_ID",
  "AZURE_CLIENT_SECRET",
  "AZURE_TENANT_ID",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "SSH_USERNAME",
  "SSH_PORT",
  "SSH_PRIVATE_KEY_PATH",
  "http_proxy",
  "https_proxy",
  "no_proxy",
];

const cloneVariables = [
  "METHOD",
  "HOST",
  "PORT",
  "USER",
  "PASSWORD",
  "PGPASS",
  "TARGET_TIME",
  "TARGET_TIMELINE",
  "TARGET_INCLUSIVE",
];
const standbyVariables = ["HOST", "PORT", "PRIMARY_SLOT_NAME", "METHOD"];

const otherVariables = [
  "BACKUP_SCHEDULE",
  "BACKUP_NUM_TO_RETAIN",
  "WALE_BACKUP_THRESHOLD_MEGABYTES",
  "WALE_BACKUP_THRESHOLD_PERCENTAGE",
  "WALE_ENV_DIR",
  "WALE_TMPDIR",
  "WAL_RESTORE_TIMEOUT",
  "ENABLE_WAL_PATH_COMPAT",
  "USE_PAUSE_AT_RECOVERY_TARGET",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT",
  "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
  "LOG_S3_BUCKET",
  "LOG_SHIP_SCHEDULE",
  "LOG_SHIP_HOURLY",
  "LOG_ENV_DIR",
  "LOG_TMPDIR",
  "LOG_BUCKET_SCOPE_PREFIX",
  "LOG_BUCKET_SCOPE_SUFFIX",
  "LOG_S3_ENDPOINT",
  "LOG_S3_KEY",
  "LOG_GROUP_BY_DATE",
  "ALLOW_NOSSL",
  "APIPORT",
  "CALLBACK_SCRIPT",
  "CRONTAB",
  "INITDB_LOCALE",
  "PGUSER_ADMIN",
  "PGPASSWORD_ADMIN",
  "USE_ADMIN",
  "RESTAPI_CONNECT_ADDRESS",
  "SSL_CA",
  "SSL_CA_FILE",
  "SSL_CERTIFICATE",
  "SSL_CERTIFICATE_FILE",
  "SSL_CRL",
  "SSL_CRL_FILE",
  "SSL_PRIVATE_KEY",
  "SSL_PRIVATE_KEY_FILE",
  "SSL_TEST_RELOAD",
  "SSL_RESTAPI_CA",
  "SSL_RESTAPI_CA_FILE",
  "SSL_RESTAPI_CERTIFICATE",
  "SSL_RESTAPI_CERTIFICATE_FILE",
  "SSL_RESTAPI_PRIVATE_KEY",
  "SSL_RESTAPI_PRIVATE_KEY_FILE",
  "TZ",
];

/** The operator sets these itself and ignores a value in pod-config (postgres-operator k8sres.go). */
export const operatorAssigned: ReadonlySet<string> = new Set([
  "SCOPE",
  "PGROOT",
  "PGVERSION",
  "POD_IP",
  "POD_NAMESPACE",
  "PGUSER_SUPERUSER",
  "PGPASSWORD_SUPERUSER",
  "PGUSER_STANDBY",
  "PGPASSWORD_STANDBY",
  "KUBERNETES_SCOPE_LABEL",
  "KUBERNETES_ROLE_LABEL",
  "KUBERNETES_LABELS",
  "KUBERNETES_USE_CONFIGMAPS",
  "DCS_ENABLE_KUBERNETES_API",
  "ETCD_HOST",
  "PAM_OAUTH2",
  "HUMAN_ROLE",
  "SPILO_CONFIGURATION",
]);

export const knownVariables: ReadonlySet<string> = new Set([
  ...operatorAssigned,
  ...otherVariables,
  ...storageVariables,
  ...[...storageVariables, ...cloneVariables].map((name) => `CLONE_${name}`),
  ...[...storageVariables, ...standbyVariables].map((name) => `STANDBY_${name}`),
]);

/** Names that people write by mistake, with the name that Spilo reads. */
const mistaken: ReadonlyMap<string, string> = new Map([
  ["NUMBER_OF_BACKUPS_TO_RETAIN", "BACKUP_NUM_TO_RETAIN"],
  ["AWS_DEFAULT_REGION", "AWS_REGION"],
  ["CLONE_AWS_DEFAULT_REGION", "CLONE_AWS_REGION"],
  ["WALG_S3_ENDPOINT", "AWS_ENDPOINT"],
  ["CLONE_WALG_S3_ENDPOINT", "CLONE_AWS_ENDPOINT"],
]);

const withoutForm = (name: string): string => name.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase();
const byLetters: ReadonlyMap<string, string> = new Map([...knownVariables].map((name) => [withoutForm(name), name]));

/**
 * The variable that was probably meant by a name that Spilo does not read; undefined when none is similar. Names are
 * similar when they differ in case or underscores only.
 *
 * @example meantVariable("Clone_Target_Time") // → "CLONE_TARGET_TIME"
 * @example meantVariable("AWS_DEFAULT_REGION") // → "AWS_REGION"
 */
export function meantVariable(name: string): string | undefined {
  return mistaken.get(name) ?? byLetters.get(withoutForm(name));
}

/** Whether a variable's value is a secret, which must not be in a ConfigMap. An access key's ID counts, like its key. */
export function holdsSecret(name: string): boolean {
  return /(SECRET|PASSWORD|PASSPHRASE|PGPASS|TOKEN$|ACCESS_KEY|ACCESS_KEY_ID$|LIBSODIUM_KEY$|PGP_KEY$|PRIVATE_KEY$)/i.test(
    name,
  );
}
