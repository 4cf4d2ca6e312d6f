import { z } from "zod";
import { endpointUrlSchema } from "../domain/aws/endpoint-url.ts";
import { accountIdSchema } from "../domain/aws/account.ts";
import { kmsKeySchema } from "../domain/aws/kms-key.ts";
import { accessKeysSchema } from "../domain/aws/access-keys.ts";
import type { Finding } from "../domain/finding.ts";
import { longestNamespaceAndName } from "../domain/harbor/names.ts";
import {
  awsRegion,
  bucketName,
  credentialsSchema,
  dnsLabel,
  restoreFields,
  restoreSource,
  storeProblems,
  targetTimeProblem,
  type Backup,
  type Restore,
} from "../domain/restore/restore.ts";
import { isWrittenByGo } from "../domain/restore/bare-moment.ts";
import { durationSchema } from "../domain/duration-schema.ts";
import { checkPgHba, requiredPgHba } from "../domain/harbor/pg-hba.ts";
import { rollTimeLimits } from "../domain/harbor/steps/roll.ts";
import { endpointProblem } from "../domain/aws/s3-location.ts";
import { scheduleProblem } from "../domain/spilo/schedule.ts";
import { checkSpiloImage } from "../domain/spilo/image.ts";
import type { DeclaredProof } from "../domain/restore/proof/request.ts";
import { expectSettings, lostAtSetting, proofSettings } from "./proof.ts";
import { always, rule, type Problem } from "./rule.ts";
import { clusterNameSchema } from "../domain/kubernetes/object-name-schema.ts";
import { writtenReason } from "../domain/written-reason.ts";

const objectName = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, "must be a Kubernetes name: a-z, 0-9, - and .");

const bucket = z.strictObject({
  name: bucketName.describe("Name of the bucket."),
  region: awsRegion.describe("Region of the bucket, such as eu-west-2."),
  adopt: z
    .boolean()
    .default(false)
    .describe("true for a bucket that already exists. It is used as it is, and not created."),
  kmsKey: kmsKeySchema
    .optional()
    .describe("Customer-managed KMS key that encrypts the bucket. Default: S3's own keys."),
  noncurrentDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(90)
    .describe("Days after which an overwritten or deleted version is removed for good."),
  objectLock: z
    .strictObject({
      mode: z
        .enum(["governance", "compliance"])
        .describe("compliance: nobody can delete a version before its days are over."),
      days: z.int().min(1).max(36_500).describe("Days for which each version is kept."),
    })
    .optional()
    .describe("Protects every version from deletion. Only for a bucket that this stack creates."),
});

const backup = z
  .strictObject({
    endpoint: z
      .string()
      .optional()
      .describe(
        "http(s)://HOST[:PORT] of an S3-compatible store that the database's Pods can reach. Never for AWS itself.",
      ),
    schedule: z
      .string()
      .refine((text) => scheduleProblem(text) === undefined, {
        error: ({ input }) =>
          `${scheduleProblem(String(input))}: must be five fields that cron runs, such as 0 1 * * *`,
      })
      .default("0 1 * * *")
      .describe("When base backups are taken: five cron fields, UTC."),
    retainDays: z
      .int()
      .min(2)
      .default(5)
      .describe("Days after which base backups and their WAL are deleted; at least 2."),
    bucketOwner: accountIdSchema
      .optional()
      .describe("AWS account that owns the bucket databaseBackups. A bucket of another account is refused."),
    credentials: credentialsSchema.describe(
      "How the database writes its backups: secret (keys in postgres-recovery:harborSecrets) or an IAM role.",
    ),
  })
  .describe("The database's own backups. They go to the bucket databaseBackups.");

const oneSource = "exactly one of uid and prefix must be given";
const restore = z
  .strictObject({
    id: restoreFields.id.describe(
      "A name for this restore. A new id is a new restore; the same id does nothing again.",
    ),
    scope: restoreFields.scope.describe(
      "Folder of the lost database below spilo/ in the bucket: the name of its postgresql resource.",
    ),
    uid: restoreFields.uid.optional().describe("UID of the lost postgresql resource: the folder below the scope."),
    prefix: restoreFields.prefix
      .optional()
      .describe(
        "Instead of uid, for backups without a UID in their path: the text before the scope, usually NAMESPACE-.",
      ),
    postgresVersion: restoreFields.postgresVersion.describe("PostgreSQL major version of the backups; Harbor's is 12."),
    versionInPath: z
      .boolean()
      .default(true)
      .describe(
        "false for backups of Spilo before 2.0-p2 (Harbor's default image up to 1.3), which are in wal/ itself.",
      ),
    targetTime: z
      .string()
      .refine((text) => targetTimeProblem(text) === undefined, {
        error: ({ input }) =>
          isWrittenByGo(String(input))
            ? "must be in quotes: without them Pulumi takes the moment for a date and writes it in another form"
            : targetTimeProblem(String(input)),
      })
      .optional()
      .describe("Moment to restore to, with its offset from UTC. Default: the end of the WAL."),
    bucket: bucketName
      .optional()
      .describe("Bucket of the backups. Default: the bucket databaseBackups, with its region and endpoint."),
    region: z.string().optional().describe("Region of that bucket; needed with bucket."),
    endpoint: z.string().optional().describe("Endpoint of that bucket's store, when it is not AWS."),
    bucketOwner: accountIdSchema
      .optional()
      .describe("AWS account that owns the bucket of the backups. A bucket of another account is refused."),
    kmsKey: kmsKeySchema
      .optional()
      .describe("Customer-managed KMS key of that bucket, for the reader's IAM policy. Default: none."),
    read: z
      .boolean()
      .default(false)
      .describe(
        "Whether the check before the restore downloads the backup and its WAL, and reads them to the end. Nothing is kept.",
      ),
    readTimeLimit: durationSchema.prefault("12h").describe("How long that may take: 30m, 6h; at most 7d."),
    credentials: credentialsSchema.describe(
      "How the database reads the backups: secret (keys in postgres-recovery:harborSecrets) or an IAM role.",
    ),
    lostAt: lostAtSetting.optional(),
    expect: expectSettings.prefault({}),
    proof: proofSettings.prefault({}),
  })
  .superRefine(
    rule(z.object({ uid: z.string().optional(), prefix: z.string().optional() }), ({ uid, prefix }) =>
      restoreSource({ uid, prefix }) === undefined ? [{ path: ["uid"], message: oneSource }] : [],
    ),
    always,
  )
  .superRefine(
    rule(
      z.object({ bucket: z.string().optional(), region: z.string().optional(), endpoint: z.string().optional() }),
      otherStoreProblems,
    ),
    always,
  )
  .describe("The restore to carry out. Without this key every CLONE_ value is removed: the restore is finished.");

const secrets = z
  .strictObject({
    also: z
      .array(objectName)
      .default([])
      .describe(
        "Secrets of Harbor's namespace to keep besides the database's credentials and Harbor's encryption key.",
      ),
    kmsKeyId: kmsKeySchema.optional().describe("Customer-managed KMS key for the copies. Default: aws/secretsmanager."),
    region: awsRegion
      .optional()
      .describe("Region of AWS Secrets Manager. Default: that of the bucket databaseBackups."),
    adopt: z
      .boolean()
      .default(false)
      .describe(
        "true if an earlier stack has created the secrets in AWS that hold the copies. They are looked up, and never created or changed.",
      ),
    replicas: z
      .array(
        z.strictObject({
          region: awsRegion.describe("Region of the replica."),
          kmsKeyId: kmsKeySchema.optional().describe("Its own KMS key. Default: aws/secretsmanager."),
        }),
      )
      .default([])
      .describe("Regions that hold a replica of each copy."),
    restore: z
      .boolean()
      .default(true)
      .describe(
        "Whether a restore first puts the kept Secrets back. false if they were never kept, or if somebody else puts them back.",
      ),
    restoreUid: restoreFields.uid
      .optional()
      .describe(
        "UID of the lost postgresql resource whose Secrets a restore puts back, when restore names a prefix. Default: restore.uid, else the newest copies of this Kubernetes cluster.",
      ),
    recoveryWindowDays: z.int().min(7).max(30).default(30).describe("Days in which a deleted copy can be recovered."),
  })
  .describe("Copies, in AWS Secrets Manager, of the Secrets that a restored database cannot be used without.");

const timeLimits = rollTimeLimits.extend({
  resource: durationSchema
    .prefault("15m")
    .describe("Until the Harbor operator has created the database's resource, and both operators the Secrets."),
});

const harborInput = z.strictObject({
  hold: writtenReason
    .optional()
    .describe("Why nothing of this is declared yet. Preview and outputs show it. Use it only before the first `up`."),
  cluster: clusterNameSchema("NAMESPACE/NAME")
    .refine(({ namespace, name }) => namespace.length + name.length <= longestNamespaceAndName, {
      error: `namespace and name must have at most ${longestNamespaceAndName} characters together: the Zalando operator refuses longer names`,
    })
    .describe("The HarborCluster, as NAMESPACE/NAME."),
  operatorNamespace: dnsLabel.default("harbor-operator-ns").describe("Namespace of the Harbor and Zalando operators."),
  podConfig: objectName
    .default("pod-config")
    .describe("ConfigMap that the Zalando operator's pod_environment_configmap names."),
  podSecret: objectName
    .default("pod-secret")
    .describe("Secret that the Zalando operator's pod_environment_secret names."),
  externalUrl: z.url({ protocol: /^https?$/ }).describe("Where people reach Harbor: externalURL of the HarborCluster."),
  spiloImage: z
    .string()
    .describe("Image of the database's Pods: spec.database.spec.zlandoPostgreSql.image of the HarborCluster."),
  backup,
  buckets: z.strictObject({
    artifacts: bucket
      .optional()
      .describe("The bucket in which Harbor stores its artifacts. Default: this stack does not manage it."),
    databaseBackups: bucket.describe("The bucket that holds the database's backups."),
  }),
  iamPolicies: z
    .boolean()
    .default(true)
    .describe(
      "Whether to create IAM policies for writing and for reading the backups. Not for an S3-compatible store.",
    ),
  secrets: secrets.prefault({}),
  endpointUrls: z
    .strictObject({
      s3: endpointUrlSchema.optional().describe("Of S3. The database's Pods do not use it."),
      secretsManager: endpointUrlSchema.optional().describe("Of Secrets Manager."),
    })
    .prefault({})
    .describe(
      "Addresses at which this machine reaches AWS, such as those of VPC endpoints. Default: AWS's public addresses; AWS_ENDPOINT_URL is not used.",
    ),
  pgHba: z
    .array(z.string())
    .default([])
    .describe(
      "Your own pg_hba lines, placed before the runbook's nine. The whole list must still let the cluster itself in.",
    ),
  timeLimits: timeLimits.prefault({}).describe("How long the operators may take: 30s, 10m, 2h; at most 7d."),
  restore: restore.optional(),
  endUnprovenRestore: writtenReason
    .optional()
    .describe("Why a restore is ended although its database was never proven. Without it such an end is refused."),
});

function otherStoreProblems({
  bucket,
  region,
  endpoint,
}: {
  bucket?: string | undefined;
  region?: string | undefined;
  endpoint?: string | undefined;
}): Problem[] {
  if (bucket === undefined) {
    const given = [...(region === undefined ? [] : ["region"]), ...(endpoint === undefined ? [] : ["endpoint"])];
    return given.map((path) => ({ path: [path], message: "only together with bucket" }));
  }
  if (region === undefined) return [{ path: ["region"], message: "required together with bucket" }];
  return Object.entries(storeProblems({ bucket, region, endpoint })).map(([path, message]) => ({
    path: [path],
    message,
  }));
}

const graveProblems = (findings: readonly Finding[], path: string): Problem[] =>
  findings
    .filter(({ severity }) => severity === "refuse" || severity === "unknown")
    .map(({ what, fix }) => ({ path: [path], message: `${what}: ${fix}` }));

const bucketNames = z.object({
  buckets: z.object({ artifacts: z.object({ name: z.string() }), databaseBackups: z.object({ name: z.string() }) }),
});
const foreignStore = z.object({
  backup: z.object({ endpoint: z.string() }),
  buckets: z.object({ databaseBackups: z.object({ name: z.string(), adopt: z.literal(false).default(false) }) }),
});
const ownEndpoint = z.object({
  backup: z.object({ endpoint: z.string() }),
  buckets: z.object({ databaseBackups: z.object({ name: z.string() }) }),
});
const imageAndRoles = z.object({
  spiloImage: z.string(),
  backup: z.looseObject({ credentials: z.unknown() }).optional().catch(undefined),
  restore: z.looseObject({ credentials: z.unknown() }).optional().catch(undefined),
});

/** The Harbor settings of a stack, with every default filled in. `backup` and `restore` name their stores in full. */
export const harborSchema = harborInput
  .superRefine(
    rule(bucketNames, ({ buckets: { artifacts, databaseBackups } }) =>
      artifacts.name === databaseBackups.name
        ? [{ path: ["buckets", "artifacts", "name"], message: "must be a different bucket from that of the backups" }]
        : [],
    ),
    always,
  )
  .superRefine(
    rule(ownEndpoint, ({ backup: { endpoint }, buckets }) => {
      const message = endpointProblem(endpoint, buckets.databaseBackups.name);
      return message === undefined ? [] : [{ path: ["backup", "endpoint"], message }];
    }),
    always,
  )
  .superRefine(
    rule(foreignStore, () => [
      {
        path: ["buckets", "databaseBackups", "adopt"],
        message: "must be true with backup.endpoint: this stack can create buckets only in AWS",
      },
    ]),
    always,
  )
  .superRefine(
    rule(imageAndRoles, ({ spiloImage, backup, restore }) => {
      const irsa = [backup?.credentials, restore?.credentials].some((credentials) => typeof credentials === "object");
      return graveProblems(checkSpiloImage(spiloImage, { restoredMajor: undefined, irsa }), "spiloImage");
    }),
    always,
  )
  .superRefine(
    rule(z.object({ pgHba: z.array(z.string()) }), ({ pgHba }) =>
      graveProblems(checkPgHba(requiredPgHba(pgHba)), "pgHba"),
    ),
    always,
  )
  .transform(({ backup, restore: declared, pgHba: ownPgHbaLines, ...rest }) => {
    const { name: bucket, region, kmsKey } = rest.buckets.databaseBackups;
    const ownStore = { bucket, region, endpoint: backup.endpoint, bucketOwner: backup.bucketOwner };
    const fullBackup: Backup = { ...backup, ...ownStore, kmsKey };
    const secrets = { ...rest.secrets, region: rest.secrets.region ?? region };
    const common = { ...rest, ownPgHbaLines, secrets, backup: fullBackup };
    if (declared === undefined)
      return { ...common, restore: undefined, restoreReadTimeLimit: undefined, proof: undefined };
    const { read, readTimeLimit, ...source } = declared;
    return {
      ...common,
      ...fullRestore(source, ownStore),
      /** Undefined when the backup is not read before the restore. */
      restoreReadTimeLimit: read ? readTimeLimit : undefined,
    };
  })
  .describe("Harbor's database: its backups, secrets and buckets, and a restore while one is declared.");
export type HarborSettings = z.output<typeof harborSchema>;

/** The restore with its store in full, and how it is to be proven. */
function fullRestore(
  {
    uid,
    prefix,
    bucket,
    region,
    endpoint,
    bucketOwner,
    expect,
    lostAt,
    proof,
    ...rest
  }: Omit<z.output<typeof restore>, "read" | "readTimeLimit">,
  ownStore: Pick<Restore, "bucket" | "bucketOwner" | "region" | "endpoint">,
): { restore: Restore; proof: DeclaredProof } {
  const store =
    bucket === undefined || region === undefined
      ? { ...ownStore, bucketOwner: bucketOwner ?? ownStore.bucketOwner }
      : { bucket, region, endpoint, bucketOwner };
  const source = restoreSource({ uid, prefix });
  if (source === undefined) throw new TypeError(oneSource);
  const { systemIdentifier, ...expectation } = expect;
  return {
    restore: { ...rest, ...store, source },
    proof: { ...proof, lostAt, systemIdentifier, expect: expectation },
  };
}

/** The AWS keys of a stack. No other setting may hold keys, and this one must be secret. */
export const databaseKeysSchema = z
  .strictObject({
    backup: accessKeysSchema.optional().describe("Keys that may write the backups."),
    restore: accessKeysSchema.optional().describe("Keys that may read the backups to restore."),
  })
  .describe("AWS keys for backup.credentials and restore.credentials if these say secret.");
