import { z } from "zod";
import { accountIdSchema } from "../aws/account.ts";
import { kmsKeySchema } from "../aws/kms-key.ts";
import { anyRegionPattern, awsRegionPattern, bucketNamePattern, endpointProblem } from "../aws/s3-location.ts";
import { harborPostgresMajor } from "../spilo/image.ts";
import type { SpiloPath } from "../spilo/path.ts";

/** How the database's Pods prove who they are to S3. */
export const credentialsSchema = z.union(
  [
    z.literal("secret"),
    z.strictObject({
      irsaRoleArn: z
        .string()
        .regex(/^arn:aws[-a-z]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, "must be the ARN of an IAM role")
        .describe("IAM role that the Pods' service account may assume (IAM roles for service accounts)."),
    }),
  ],
  { error: `must be "secret" (keys in postgres-recovery:harborSecrets), or {irsaRoleArn: ARN of an IAM role}` },
);
export type Credentials = z.infer<typeof credentialsSchema>;

/** Whether any side uses an IAM role. */
export function usesRole(...sides: readonly ({ readonly credentials: Credentials } | undefined)[]): boolean {
  return sides.some((side) => side !== undefined && side.credentials !== "secret");
}

export const bucketName = z
  .string()
  .regex(bucketNamePattern, "must be a bucket's name alone: 3 to 63 of a-z, 0-9 and -");
export const awsRegion = z.string().regex(awsRegionPattern, "must be an AWS region such as eu-west-2");

/** An S3 store, and how to access it. */
const store = {
  bucket: bucketName,
  region: z.string(),
  endpoint: z.string().optional(),
  /** AWS account that the bucket must belong to; any when absent. */
  bucketOwner: accountIdSchema.optional(),
  credentials: credentialsSchema,
};

/** Where and how the database's backups are written. */
export const backupSchema = z.strictObject({
  ...store,
  /** Key with which S3 encrypts the backups; S3's own (AES256) when absent. */
  kmsKey: z.string().optional(),
  schedule: z.string(),
  retainDays: z.int(),
});
export type Backup = z.infer<typeof backupSchema>;

export const dnsLabel = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be at most 63 of a-z, 0-9 and -");

/** What names a restore and its source, each as it must be written. */
export const restoreFields = {
  id: dnsLabel,
  scope: dnsLabel,
  uid: z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "must be a UID in small letters, without slashes"),
  prefix: z.string().regex(/^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?-)?$/, "must be empty or NAMESPACE- with its hyphen"),
  postgresVersion: z.int().min(10).max(harborPostgresMajor),
  targetTime: z.string().refine((text) => targetTimeProblem(text) === undefined, {
    error: ({ input }) => targetTimeProblem(String(input)),
  }),
};

/** Which lost database's backups are meant: by the UID of its `postgresql` resource, or, for backups without one in their path, by the text before the scope. */
export const restoreSourceSchema = z.union(
  [z.strictObject({ uid: restoreFields.uid }), z.strictObject({ prefix: restoreFields.prefix })],
  {
    error: "must be a UID in small letters without slashes, or instead a prefix: empty, or NAMESPACE- with its hyphen",
  },
);
export type RestoreSource = z.infer<typeof restoreSourceSchema>;

/**
 * The source that a person names by one of two keys; undefined when both are given, or neither.
 *
 * @example restoreSource({ prefix: "harbor-cluster-" })  // → { prefix: "harbor-cluster-" }
 */
export function restoreSource({
  uid,
  prefix,
}: {
  readonly uid?: string | undefined;
  readonly prefix?: string | undefined;
}): RestoreSource | undefined {
  if (uid !== undefined) return prefix === undefined ? { uid } : undefined;
  return prefix === undefined ? undefined : { prefix };
}

/** The database that is to be cloned, and up to which moment. */
export const restoreSchema = z
  .strictObject({
    ...store,
    id: restoreFields.id,
    scope: restoreFields.scope,
    source: restoreSourceSchema,
    postgresVersion: restoreFields.postgresVersion,
    versionInPath: z.boolean(),
    targetTime: restoreFields.targetTime.optional(),
    /** Customer-managed key of the backups, for the policy of whoever reads them. S3 itself knows which key it is. */
    kmsKey: kmsKeySchema.optional(),
  })
  .check(({ value, issues }) => {
    for (const [path, message] of Object.entries(storeProblems(value)))
      issues.push({ code: "custom", input: value, path: [path], message });
  });
export type Restore = z.infer<typeof restoreSchema>;

/** What is wrong with region and endpoint together, by property; empty when they fit. */
export function storeProblems({
  bucket,
  region,
  endpoint,
}: Pick<Backup, "bucket" | "region" | "endpoint">): Partial<Record<"region" | "endpoint", string>> {
  const endpointIsWrong = endpoint === undefined ? undefined : endpointProblem(endpoint, bucket);
  const pattern = endpoint === undefined ? awsRegionPattern : anyRegionPattern;
  return {
    ...(!pattern.test(region) && { region: "must be the bucket's region, such as eu-west-2" }),
    ...(endpointIsWrong !== undefined && { endpoint: endpointIsWrong }),
  };
}

/** The source's place in the parts from which Spilo puts it together. */
export function restorePath({
  bucket,
  scope,
  source,
  postgresVersion,
  versionInPath,
}: Pick<Restore, "bucket" | "scope" | "source" | "postgresVersion" | "versionInPath">): SpiloPath {
  return {
    bucket,
    scope,
    scopePrefix: "prefix" in source ? source.prefix : "",
    scopeSuffix: "uid" in source ? `/${source.uid}` : "",
    postgresVersion: versionInPath ? postgresVersion.toString() : "",
  };
}

/** The moment up to which is restored, in milliseconds since 1970; undefined when it is as far as the WAL goes. */
export function targetOf({ targetTime }: Pick<Restore, "targetTime">): number | undefined {
  return targetTime === undefined ? undefined : Date.parse(targetTime.replace(" ", "T"));
}

/**
 * What is wrong with a moment to restore to; undefined when it is one that Spilo and PostgreSQL read alike. Spilo raises an
 * exception without an offset, and knows no zone names such as CET (clone_with_wale.py).
 */
export function targetTimeProblem(text: string): string | undefined {
  // zod knows the days of each month; seconds with more than six digits are beyond PostgreSQL.
  const isMoment = z.iso.datetime({ offset: true }).safeParse(text.replace(" ", "T")).success && !/\.\d{7}/.test(text);
  return isMoment ? undefined : "must be a moment with its offset from UTC, such as 2026-11-21T09:30:00+00:00";
}
