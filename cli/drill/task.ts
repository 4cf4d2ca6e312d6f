import type { AccessKeys } from "../../domain/aws/access-keys.ts";
import type { Duration } from "../../domain/duration.ts";
import type { DrillSource } from "../../domain/drill/source.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { ObjectName } from "../../domain/kubernetes/object-name.ts";
import type { AmcheckMode } from "../../domain/restore/proof/amcheck-modes.ts";
import type { Expectation } from "../../domain/restore/proof/request.ts";
import type { Credentials } from "../../domain/restore/restore.ts";
import { recommendedImageFor } from "../../domain/spilo/image.ts";
import type { TaskOf } from "../../domain/steps/steps.ts";
import type { HarborSettings } from "../../settings/harbor.ts";

/** The options of a drill that its task is made of. */
export interface DrillTaskOptions {
  readonly bucketOwner?: string | undefined;
  readonly endpointUrl?: string | undefined;
  readonly targetTime?: string | undefined;
  readonly irsaRoleArn?: string | undefined;
  readonly image?: string | undefined;
  readonly rpo?: Duration | undefined;
  readonly rto?: Duration | undefined;
  readonly amcheck?: AmcheckMode | undefined;
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
  readonly volume?: string | undefined;
  readonly storageClass?: string | undefined;
  readonly keep?: true | undefined;
  readonly checkTimeout: Duration;
  readonly startTimeout: Duration;
  readonly restoreTimeout: Duration;
  readonly queryTimeout: Duration;
  readonly indexTimeout: Duration;
  readonly dumpTimeout: Duration;
  readonly removeTimeout: Duration;
}

/** What a drill is made of. */
export interface DrillParts {
  readonly cluster: ObjectName;
  readonly source: DrillSource;
  /** What the file of `--expect` says; undefined without one. */
  readonly expect: Expectation | undefined;
  /** What the stack says; undefined without one. Options win. */
  readonly declared: HarborSettings | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The task of a drill.
 *
 * @throws RecoveryError when the keys of the environment are temporary.
 */
export function drillTask(
  { cluster, declared, environment, expect, source }: DrillParts,
  options: DrillTaskOptions,
): TaskOf<"drill run"> {
  const drill = declared?.drill;
  const { irsaRoleArn } = options;
  const credentials: Credentials = irsaRoleArn === undefined ? (drill?.credentials ?? "secret") : { irsaRoleArn };
  const use = { restoredMajor: source.postgresVersion, irsa: credentials !== "secret" };
  return {
    cluster,
    image: options.image ?? declared?.spiloImage ?? recommendedImageFor(use),
    restore: {
      ...source,
      id: "drill",
      bucketOwner: options.bucketOwner ?? declared?.backup.bucketOwner,
      credentials,
      targetTime: options.targetTime,
    },
    keys: credentials === "secret" ? keysOf(environment) : undefined,
    endpointUrl: options.endpointUrl ?? declared?.endpointUrls.s3,
    targets: { rpo: options.rpo ?? drill?.rpo, rto: options.rto ?? drill?.rto },
    expect: expect ?? drill?.expect ?? { databases: [], queries: [] },
    amcheck: options.amcheck ?? drill?.amcheck ?? "if-installed",
    resources: {
      cpu: options.cpu ?? drill?.resources.cpu ?? "1",
      memory: options.memory ?? drill?.resources.memory ?? "2Gi",
      volume: options.volume ?? drill?.resources.volume,
      storageClass: options.storageClass ?? drill?.resources.storageClass,
    },
    keep: options.keep === true,
    timeLimits: {
      check: options.checkTimeout,
      start: options.startTimeout,
      restore: options.restoreTimeout,
      query: options.queryTimeout,
      indexes: options.indexTimeout,
      dump: options.dumpTimeout,
      remove: options.removeTimeout,
    },
  };
}

/** The keys of the environment; undefined when it has none. Those of a profile are not for a Pod. */
function keysOf({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_SESSION_TOKEN: token,
}: DrillParts["environment"]): AccessKeys | undefined {
  if (token !== undefined && token !== "") {
    throw new RecoveryError("drill-keys-temporary", "AWS_SESSION_TOKEN is set, and Spilo does not hand it to WAL-G", {
      next: "use the access keys of a user that may read the backups, or --irsa-role-arn",
    });
  }
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey };
}
