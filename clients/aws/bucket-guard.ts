import { GetBucketPolicyStatusCommand, GetPublicAccessBlockCommand, type S3Client } from "@aws-sdk/client-s3";
import { isAws, type DumpBucket, type PublicAccess } from "../../domain/dump/bucket.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { askS3 } from "./s3-error.ts";

/**
 * The account that the bucket must belong to. On AWS a bucket's name is anybody's, and whoever owns it reads the dump.
 * Undefined only for other stores, which have no such accounts.
 */
export async function ownerOf(
  client: S3Client,
  bucket: string,
  { endpointUrl, owner }: DumpBucket,
): Promise<string | undefined> {
  if (owner !== undefined || !isAws(endpointUrl)) return owner;
  const place = { bucket, region: "", endpoint: endpointUrl };
  const { accountId } = await askS3(place, "load the credentials", undefined, () => client.config.credentials());
  if (accountId !== undefined) return accountId;
  throw new RecoveryError(
    "s3-owner-unknown",
    `bucket ${bucket}: it is not known which AWS account must own it, and these credentials do not name theirs`,
    {
      next: "name the account with --bucket-owner, or in a stack with stanza.dumpBucket.owner; `aws sts get-caller-identity --query Account` prints yours",
    },
  );
}

/** What the bucket's settings say about public access. */
export async function publicAccess(
  client: S3Client,
  bucket: { readonly Bucket: string; readonly ExpectedBucketOwner: string | undefined },
  signal: AbortSignal,
): Promise<PublicAccess> {
  const options = { abortSignal: signal };
  const isBlocked = client
    .send(new GetPublicAccessBlockCommand(bucket), options)
    .then(
      ({ PublicAccessBlockConfiguration: blocks = {} }) =>
        blocks.BlockPublicAcls === true &&
        blocks.BlockPublicPolicy === true &&
        blocks.IgnorePublicAcls === true &&
        blocks.RestrictPublicBuckets === true,
      falseIf("NoSuchPublicAccessBlockConfiguration"),
    );
  const isPublic = client
    .send(new GetBucketPolicyStatusCommand(bucket), options)
    .then(({ PolicyStatus }) => PolicyStatus?.IsPublic, falseIf("NoSuchBucketPolicy"));
  const found = { isBlocked: await isBlocked, isPublic: await isPublic };
  signal.throwIfAborted();
  return found;
}

/** Any other error leaves the question open. The upload itself then says what is wrong with the bucket. */
function falseIf(name: string): (error: unknown) => false | undefined {
  return (error) => (error instanceof Error && error.name === name ? false : undefined);
}
