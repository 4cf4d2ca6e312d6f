import { Fatal } from "./log.ts";
import { isCompression, type Compression } from "./compression.ts";

/** What WAL-G reads from its environment. */
export interface Configuration {
  readonly bucket: string;
  /** The prefix without slashes at its ends. */
  readonly folder: string;
  readonly region: string;
  /** Default: AWS. */
  readonly endpoint?: string;
  readonly pathStyle: boolean;
  readonly keys?: { readonly id: string; readonly secret: string };
  readonly compression: Compression;
  /** How many deltas may follow a full backup. 0: every backup is a full one. */
  readonly deltaMaxSteps: number;
  /** Where the first pause after a failed part begins; each further one is twice as long, up to five times as long as the first. WAL-G: one minute. */
  readonly retrySeconds: number;
  /** How many of the newest segments wal-verify takes for late rather than lost. */
  readonly verifyLimits: { readonly uploading: number; readonly delayed: number };
  /** Bytes after which a part of a backup is closed. WAL-G: just below 1 GiB. */
  readonly partBytes: number;
}

/**
 * The configuration in the environment, by the rules of WAL-G 3.0.3.
 *
 * @throws Fatal where WAL-G ends, too. A role fails, because 3.0.0 to 3.0.5 ask for it with an empty session name (wal-g/wal-g#1810).
 */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const value = (name: string): string => environment[name] ?? "";
  const [, bucket, folder = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(value("WALG_S3_PREFIX")) ?? [];
  if (bucket === undefined) throw new Fatal("Failed to configure folder: no storage is configured");
  if (value("AWS_ROLE_ARN") !== "") {
    const reason =
      "InvalidParameter: 1 validation error(s) found.\n- minimum field size of 2, AssumeRoleInput.RoleSessionName.\n";
    throw new Fatal(`configure primary storage: create S3 storage: create new session: assume role by ARN: ${reason}`);
  }
  const method = value("WALG_COMPRESSION_METHOD") === "" ? "lz4" : value("WALG_COMPRESSION_METHOD");
  if (!isCompression(method)) throw new Fatal(`Unknown compression method: '${method}'`);
  const keys = { id: value("AWS_ACCESS_KEY_ID"), secret: value("AWS_SECRET_ACCESS_KEY") };
  return {
    bucket,
    folder: folder.replace(/\/+$/, ""),
    region: value("AWS_REGION") === "" ? regionOf(value("AWS_ENDPOINT")) : value("AWS_REGION"),
    ...(value("AWS_ENDPOINT") !== "" && { endpoint: value("AWS_ENDPOINT") }),
    pathStyle: value("AWS_S3_FORCE_PATH_STYLE") === "true",
    ...(keys.id !== "" && { keys }),
    compression: method,
    deltaMaxSteps: Number(value("WALG_DELTA_MAX_STEPS") || 0),
    retrySeconds: Number(value("SANDBOX_WALG_RETRY_SECONDS") || 60),
    verifyLimits: {
      uploading: Number(value("WALG_UPLOAD_CONCURRENCY") || 16),
      delayed: Number(value("WALG_INTEGRITY_MAX_DELAYED_WALS") || 0),
    },
    partBytes: Number(value("WALG_TAR_SIZE_THRESHOLD") || 1024 ** 3 - 1),
  };
}

/** An endpoint that does not end in AWS's own domain, also one with a port, means us-east-1. */
function regionOf(endpoint: string): string {
  return /s3[.-]([a-z0-9-]+)\.amazonaws\.com$/.exec(endpoint)?.[1] ?? "us-east-1";
}
