import type { SpiloEnvironment } from "./environment.ts";

/** The side of a database: its own backups, or those that it is cloned from. Each variable of a clone has its own name. */
export type Side = "" | "CLONE_";

/** A folder with one file for each variable. WAL-G sees these variables and no others. */
export interface Envdir {
  readonly path: string;
  readonly variables: Readonly<Record<string, string>>;
}

const storeVariables = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "WALE_DISABLE_S3_SSE",
  "WALG_S3_SSE_KMS_ID",
  "WALG_S3_SSE",
  "WALG_DISABLE_S3_SSE",
  "AWS_S3_FORCE_PATH_STYLE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_STS_REGIONAL_ENDPOINTS",
];

const walgVariables = [
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
  "WALG_S3_CA_CERT_FILE",
  "WALG_LIBSODIUM_KEY",
  "WALG_LIBSODIUM_KEY_PATH",
  "WALG_LIBSODIUM_KEY_TRANSFORM",
  "WALG_PGP_KEY",
  "WALG_PGP_KEY_PATH",
  "WALG_PGP_KEY_PASSPHRASE",
  "no_proxy",
  "http_proxy",
  "https_proxy",
];

/** The address of the instance metadata is the same on both sides. */
const metadataVariables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"];

/** Whether the environment names a place in S3 for this side. A clone's bucket counts only together with its scope. */
export function hasPlace(environment: SpiloEnvironment, side: Side): boolean {
  if (environment.get(`${side}WALE_S3_PREFIX`) !== "" || environment.get(`${side}WALG_S3_PREFIX`) !== "") return true;
  const bucket = environment.get(`${side}WAL_S3_BUCKET`) !== "";
  return side === "" ? bucket : bucket && environment.get("CLONE_SCOPE") !== "";
}

/** The folder's path in the container. */
export function envdirPath(environment: SpiloEnvironment, side: Side): string {
  const root = `${environment.get("RW_DIR")}/etc/wal-e.d`;
  if (side === "") return environment.has("WALE_ENV_DIR") ? environment.get("WALE_ENV_DIR") : `${root}/env`;
  const scope = environment.get("CLONE_SCOPE");
  return scope === "" ? `${root}/env-clone` : `${root}/env-clone-${scope}`;
}

/**
 * What WAL-G gets for one side. There is no fallback from CLONE_ names to the plain ones.
 *
 * @param majorVersion that of the database's own programs. A clone uses CLONE_PGVERSION.
 * @param zone of the node's availability zone, from which the region is guessed when nothing names it.
 *
 * Source: `set_walg_placeholders` and `write_wale_environment` of Spilo's configure_spilo.py.
 */
export function envdir(environment: SpiloEnvironment, side: Side, majorVersion: string, zone: string): Envdir {
  const given = (name: string): string => environment.get(`${side}${name}`);
  const variables: Record<string, string> = {};
  for (const name of [...storeVariables, ...walgVariables]) variables[name] = given(name);
  for (const name of metadataVariables) variables[name] = environment.get(name);
  const walg = walgUse(environment, side);
  variables["USE_WALG_BACKUP"] = walg.backup ? "true" : "";
  variables["USE_WALG_RESTORE"] = walg.restore ? "true" : "";

  Object.assign(variables, endpointOrRegion(given, walg.backup, zone));
  if (given("AWS_SECRET_ACCESS_KEY") === "" || given("AWS_ACCESS_KEY_ID") === "")
    variables["AWS_INSTANCE_PROFILE"] = "true";
  Object.assign(variables, encryption(variables, walg.backup));

  const version = side === "" ? majorVersion : given("PGVERSION");
  const folder = `${given("WAL_BUCKET_SCOPE_PREFIX")}${given("SCOPE")}${given("WAL_BUCKET_SCOPE_SUFFIX")}`;
  const computed = `s3://${given("WAL_S3_BUCKET")}/spilo/${folder}/wal/${version}`;
  const walePrefix = given("WALE_S3_PREFIX") === "" ? computed : given("WALE_S3_PREFIX");
  variables["WALE_S3_PREFIX"] = walePrefix;
  variables["WALG_S3_PREFIX"] = given("WALG_S3_PREFIX") === "" ? walePrefix : given("WALG_S3_PREFIX");

  variables["PGPORT"] = given("PGPORT");
  if (side === "") variables["BACKUP_NUM_TO_RETAIN"] = given("BACKUP_NUM_TO_RETAIN");
  variables["WALE_LOG_DESTINATION"] = "stderr";
  variables["TMPDIR"] = environment.get("WALE_TMPDIR");
  return {
    path: envdirPath(environment, side),
    variables: Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== "")),
  };
}

/** Whether WAL-G makes and restores backups of this side. Only the word true counts, in any case; otherwise WAL-E does. */
export function walgUse(environment: SpiloEnvironment, side: Side): { backup: boolean; restore: boolean } {
  const places = ["WAL_S3_BUCKET", "WALE_S3_PREFIX", "WALG_S3_PREFIX"];
  const supported = places.some((name) => environment.get(`${side}${name}`) !== "");
  const defaultUse = useWalg(environment, side);
  // With a place in S3, the database's own restores default to WAL-G even if its backups do not.
  const defaultRestore = side === "" && supported ? "true" : defaultUse;
  const use = (name: string, otherwise: string): boolean => {
    const value = environment.has(`${side}${name}`) ? environment.get(`${side}${name}`) : otherwise;
    return supported && value.toLowerCase() === "true";
  };
  return { backup: use("USE_WALG_BACKUP", defaultUse), restore: use("USE_WALG_RESTORE", defaultRestore) };
}

function useWalg(environment: SpiloEnvironment, side: Side): string {
  if (environment.has(`${side}USE_WALG`)) return environment.get(`${side}USE_WALG`);
  return side === "CLONE_" ? "true" : "";
}

/** With an endpoint the region is kept only if WAL-G also makes the backups. Without one it is guessed when it is missing. */
function endpointOrRegion(
  given: (name: string) => string,
  walgBackup: boolean,
  zone: string,
): Readonly<Record<string, string>> {
  const [endpoint, waleEndpoint, region] = [given("AWS_ENDPOINT"), given("WALE_S3_ENDPOINT"), given("AWS_REGION")];
  if (endpoint === "" && waleEndpoint === "") {
    return {
      AWS_REGION: region === "" ? guessedRegion(given("WAL_S3_BUCKET"), given("WALE_S3_PREFIX"), zone) : region,
    };
  }
  const parts = /^(?<protocol>\w+)\+(?<convention>\w+)(?<rest>:\/\/.+)$/.exec(waleEndpoint)?.groups;
  const plain = parts === undefined ? waleEndpoint : `${parts["protocol"]}${parts["rest"]}`;
  const convention = parts?.["convention"] ?? "path";
  return {
    WALE_S3_ENDPOINT: waleEndpoint === "" ? endpoint.replace("://", "+path://") : waleEndpoint,
    AWS_ENDPOINT: endpoint === "" ? plain : endpoint,
    AWS_S3_FORCE_PATH_STYLE: convention === "path" ? "true" : "false",
    WALE_DISABLE_S3_SSE: given("WALE_DISABLE_S3_SSE") === "" ? "true" : given("WALE_DISABLE_S3_SSE"),
    WALG_DISABLE_S3_SSE: given("WALG_DISABLE_S3_SSE") === "" ? "true" : given("WALG_DISABLE_S3_SSE"),
    ...(walgBackup && { AWS_REGION: region }),
  };
}

/** @example guessedRegion("acme-eu-west-2-backups", "", "local") // "eu-west-2" */
function guessedRegion(bucket: string, prefix: string, zone: string): string {
  const named = /.*(\w{2}-\w+-\d)-.*/.exec(bucket === "" ? prefix : bucket)?.[1];
  return named ?? zone.slice(0, -1);
}

function encryption(
  variables: Readonly<Record<string, string>>,
  walgBackup: boolean,
): Readonly<Record<string, string>> {
  const disabled =
    variables["WALG_DISABLE_S3_SSE"] === "" ? variables["WALE_DISABLE_S3_SSE"] : variables["WALG_DISABLE_S3_SSE"];
  const encrypts = walgBackup && disabled !== "true" && variables["WALG_S3_SSE"] === "";
  return { WALG_DISABLE_S3_SSE: disabled ?? "", ...(encrypts && { WALG_S3_SSE: "AES256" }) };
}
