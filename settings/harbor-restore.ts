import { z } from "zod";
import { accountIdSchema } from "../domain/aws/account.ts";
import { kmsKeySchema } from "../domain/aws/kms-key.ts";
import { durationSchema } from "../domain/duration-schema.ts";
import { isWrittenByGo } from "../domain/restore/bare-moment.ts";
import type { DeclaredProof } from "../domain/restore/proof/request.ts";
import {
  bucketName,
  credentialsSchema,
  restoreFields,
  restoreSource,
  storeProblems,
  targetTimeProblem,
  type Restore,
} from "../domain/restore/restore.ts";
import { expectSettings, lostAtSetting, proofSettings } from "./proof.ts";
import { always, rule, type Problem } from "./rule.ts";

const oneSource = "exactly one of uid and prefix must be given";
/** The restore of a stack, with what its proof expects. */
export const restoreSettings = z
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

/** The restore with its store in full, and how it is to be proven. */
export function fullRestore(
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
  }: Omit<z.output<typeof restoreSettings>, "read" | "readTimeLimit">,
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
