import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bucketPolicy } from "../../domain/backups/iam.ts";

export interface BucketArgs {
  /** Name of the bucket. */
  readonly name: string;
  /** Region of the bucket, such as `eu-west-2`. */
  readonly region: string;
  /**
   * `true` for a bucket that exists already and is somebody else's: it is looked up, and neither it nor one of its
   * settings is ever changed or deleted. To hand a bucket over to this stack for good, see docs/buckets.md. Default: false.
   */
  readonly adopt?: boolean | undefined;
  /** ARN or alias of a customer-managed KMS key that encrypts what is stored. Default: S3's own keys (AES256). */
  readonly kmsKey?: string | undefined;
  /** How long each version of an object cannot be deleted, and whether a privileged user may all the same. Default: no lock. */
  readonly objectLock?: { readonly mode: "governance" | "compliance"; readonly days: number } | undefined;
  /** Days after which a version that was overwritten or deleted is gone for good. Default: 90. */
  readonly noncurrentDays?: number | undefined;
  /** Whether `pulumi destroy` refuses while the bucket is in the stack. Default: true. When false, it is left in place. */
  readonly protect?: boolean | undefined;
}

/** Days after which the parts of an upload that was never finished are removed. */
const unfinishedUploadDays = 7;

/**
 * A bucket with everything that keeps its content from getting lost or public: versioning, encryption, no public access,
 * no ACLs, TLS only, an optional Object Lock, and a lifecycle that only removes versions that are not current any more and
 * uploads that were never finished. No rule touches a live object: one that expired `archive.info` or a sentinel would
 * make all backups worthless (pgbackrest/pgbackrest#1907).
 *
 * Each setting is a resource of its own, as the provider wants it. Whatever happens to the stack, the bucket stays.
 */
abstract class SafeBucket extends pulumi.ComponentResource {
  /** Name of the bucket. */
  readonly bucket: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  protected constructor(type: string, name: string, args: BucketArgs, options?: pulumi.ComponentResourceOptions) {
    super(type, name, {}, options);
    const { region } = args;
    const bucket =
      args.adopt === true
        ? // Under another name than its own, which stays free for the day on which it is imported.
          aws.s3.Bucket.get(`${name}-adopted`, args.name, { region }, { parent: this })
        : new aws.s3.Bucket(
            name,
            { bucket: args.name, region },
            { parent: this, protect: args.protect ?? true, retainOnDelete: true },
          );
    if (args.adopt !== true) this.#secure(name, bucket, args);
    this.bucket = bucket.bucket;
    this.arn = bucket.arn;
    this.registerOutputs({ bucket: this.bucket, arn: this.arn });
  }

  #secure(name: string, { bucket }: aws.s3.Bucket, args: BucketArgs): void {
    const place = { bucket, region: args.region };
    // What stays must stay as safe as it is.
    const options = { parent: this, retainOnDelete: true };
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { ...place, versioningConfiguration: { status: "Enabled" } },
      options,
    );
    new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      { ...place, rules: [encryptionRule(args.kmsKey)] },
      options,
    );
    const publicAccess = new aws.s3.BucketPublicAccessBlock(
      `${name}-public-access`,
      { ...place, blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true },
      options,
    );
    new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { ...place, rule: { objectOwnership: "BucketOwnerEnforced" } },
      options,
    );
    // S3 refuses two changes of a bucket's access at the same time.
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      { ...place, policy: JSON.stringify(bucketPolicy(args.name)) },
      { ...options, dependsOn: publicAccess },
    );
    // Before there are versions there is nothing to expire.
    const versioned = { ...options, dependsOn: versioning };
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      { ...place, rules: lifecycleRules(args.noncurrentDays ?? 90) },
      versioned,
    );
    if (args.objectLock === undefined) return;
    const { mode, days } = args.objectLock;
    // As a setting, not as `objectLockEnabled` of the bucket, whose change would replace the bucket.
    new aws.s3.BucketObjectLockConfiguration(
      `${name}-object-lock`,
      { ...place, rule: { defaultRetention: { mode: mode.toUpperCase(), days } } },
      versioned,
    );
  }
}

/** The bucket in which Harbor stores its artifacts. */
export class ArtifactsBucket extends SafeBucket {
  constructor(name: string, args: BucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:backups:ArtifactsBucket", name, args, options);
  }
}

/** The bucket in which the database's backups lie, below `spilo/`. */
export class DatabaseBackupsBucket extends SafeBucket {
  constructor(name: string, args: BucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:backups:DatabaseBackupsBucket", name, args, options);
  }
}

function encryptionRule(kmsKey: string | undefined): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  return kmsKey === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : // The bucket's own data key saves nearly all calls to KMS: WAL comes in thousands of objects.
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKey },
        bucketKeyEnabled: true,
      };
}

function lifecycleRules(noncurrentDays: number): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  const wholeBucket = { status: "Enabled", filter: { prefix: "" } };
  return [
    { id: "expire-noncurrent-versions", ...wholeBucket, noncurrentVersionExpiration: { noncurrentDays } },
    {
      id: "abort-unfinished-uploads",
      ...wholeBucket,
      abortIncompleteMultipartUpload: { daysAfterInitiation: unfinishedUploadDays },
    },
  ];
}
