import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { bucketPolicy } from "../../domain/backups/iam.ts";

export interface BucketArgs {
  /** Name of the bucket. */
  readonly name: string;
  /** Region of the bucket, such as `eu-west-2`. */
  readonly region: string;
  /**
   * `true` for an existing bucket that something else manages: it is only looked up. The bucket and its settings are
   * never changed or deleted. To let this stack manage an existing bucket, see docs/buckets.md. Default: false.
   */
  readonly adopt?: boolean | undefined;
  /** ARN or alias of a customer-managed KMS key that encrypts the objects. Default: S3's own keys (AES256). */
  readonly kmsKey?: string | undefined;
  /**
   * How long each version of an object cannot be deleted. In governance mode a privileged user still can. Default: no
   * lock.
   */
  readonly objectLock?: { readonly mode: "governance" | "compliance"; readonly days: number } | undefined;
  /** Days after which a version that was overwritten or deleted is removed for good. Default: 90. */
  readonly noncurrentDays?: number | undefined;
  /**
   * Whether `pulumi destroy` refuses while the bucket is in the stack. Default: true. When false, it is left in place.
   */
  readonly protect?: boolean | undefined;
}

/** Days after which the parts of an upload that was never finished are removed. */
const unfinishedUploadDays = 7;

/**
 * A bucket whose content can neither get lost nor become public: versioning, encryption, no public access, no ACLs, TLS
 * only, and an optional Object Lock. Its lifecycle rules remove only noncurrent versions, the delete markers that
 * are left of them, and unfinished uploads. They
 * never touch a current object: a rule that expired `archive.info` or a sentinel would make all backups worthless
 * (pgbackrest/pgbackrest#1907).
 *
 * Each setting is a resource of its own, as the provider requires. The bucket stays whatever happens to the stack.
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
        ? // Not under the plain name, which stays free in case the bucket is imported later.
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
    // The bucket stays when the stack is destroyed, so its protection must stay, too.
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
    // S3 refuses two changes to a bucket's access at the same time.
    new aws.s3.BucketPolicy(
      `${name}-policy`,
      { ...place, policy: JSON.stringify(bucketPolicy({ bucket: args.name, region: args.region })) },
      { ...options, dependsOn: publicAccess },
    );
    // Both settings below work on versions, so versioning comes first.
    const versioned = { ...options, dependsOn: versioning };
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      { ...place, rules: lifecycleRules(args.noncurrentDays ?? 90) },
      versioned,
    );
    if (args.objectLock === undefined) return;
    const { mode, days } = args.objectLock;
    // Not with `objectLockEnabled` of the bucket: changing that would replace the bucket.
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

/** The bucket that holds the database's backups, below `spilo/`. */
export class DatabaseBackupsBucket extends SafeBucket {
  constructor(name: string, args: BucketArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:backups:DatabaseBackupsBucket", name, args, options);
  }
}

function encryptionRule(kmsKey: string | undefined): aws.types.input.s3.BucketServerSideEncryptionConfigurationRule {
  return kmsKey === undefined
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : // A bucket key avoids nearly all calls to KMS: WAL consists of thousands of objects.
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKey },
        bucketKeyEnabled: true,
      };
}

function lifecycleRules(noncurrentDays: number): aws.types.input.s3.BucketLifecycleConfigurationRule[] {
  const wholeBucket = { status: "Enabled", filter: { prefix: "" } };
  return [
    {
      id: "expire-noncurrent-versions",
      ...wholeBucket,
      noncurrentVersionExpiration: { noncurrentDays },
      // Removes only delete markers that hide nothing any more. WAL-G's retention leaves one for each object.
      expiration: { expiredObjectDeleteMarker: true },
    },
    {
      id: "abort-unfinished-uploads",
      ...wholeBucket,
      abortIncompleteMultipartUpload: { daysAfterInitiation: unfinishedUploadDays },
    },
  ];
}
