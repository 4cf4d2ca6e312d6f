import { z } from "zod";
import { endpointUrlSchema } from "../domain/aws/endpoint-url.ts";
import { kmsKeySchema } from "../domain/aws/kms-key.ts";
import { accessKeysSchema } from "../domain/aws/access-keys.ts";
import type { Finding } from "../domain/finding.ts";
import { longestNamespaceAndName } from "../domain/harbor/names.ts";
import { awsRegion, dnsLabel, restoreFields, type Backup } from "../domain/restore/restore.ts";
import { durationSchema } from "../domain/duration-schema.ts";
import { checkPgHba, requiredPgHba } from "../domain/harbor/pg-hba.ts";
import { rollTimeLimits } from "../domain/harbor/steps/roll.ts";
import { endpointProblem } from "../domain/aws/s3-location.ts";
import { checkSpiloImage } from "../domain/spilo/image.ts";
import { backupSettings, bucketSettings } from "./harbor-backup.ts";
import { drillSettings } from "./harbor-drill.ts";
import { fullRestore, restoreSettings } from "./harbor-restore.ts";
import { always, rule, type Problem } from "./rule.ts";
import { clusterNameSchema } from "../domain/kubernetes/object-name-schema.ts";
import { writtenReason } from "../domain/written-reason.ts";

const objectName = z
  .string()
  .regex(/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/, "must be a Kubernetes name: a-z, 0-9, - and .");

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
  backup: backupSettings,
  buckets: z
    .strictObject({
      artifacts: bucketSettings
        .optional()
        .describe("The bucket in which Harbor stores its artifacts. Default: this stack does not manage it."),
      databaseBackups: bucketSettings.describe("The bucket that holds the database's backups."),
    })
    .describe("The buckets in S3."),
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
  drill: drillSettings.prefault({}),
  restore: restoreSettings.optional(),
  endUnprovenRestore: writtenReason
    .optional()
    .describe("Why a restore is ended although its database was never proven. Without it such an end is refused."),
});

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

/** The AWS keys of a stack. No other setting may hold keys, and this one must be secret. */
export const databaseKeysSchema = z
  .strictObject({
    backup: accessKeysSchema.optional().describe("Keys that may write the backups."),
    restore: accessKeysSchema.optional().describe("Keys that may read the backups to restore."),
  })
  .describe("AWS keys for backup.credentials and restore.credentials if these say secret.");
