import { z } from "zod";
import { firstLine } from "../../domain/text.ts";
import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { messageOf, RecoveryError, type ErrorDetails } from "../../domain/errors.ts";

/** The bucket that a request goes to, for its errors. */
export interface S3Place {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  /** AWS account that the bucket must belong to. S3 answers a wrong owner like a missing permission. */
  readonly bucketOwner?: string | undefined;
  /** Advice for a caller without permission: what the credentials must be allowed to do. Default: to read backups. */
  readonly needs?: string;
}

/** The codes of failed requests to S3. */
export type S3Code = Extract<ErrorCode, `s3-${string}` | `aws-credentials-${string}`>;

/** A request to S3 that got no usable answer. It never contains a key. */
export class S3Error extends RecoveryError {
  override readonly code: S3Code;

  constructor(code: S3Code, message: string, details: ErrorDetails) {
    super(code, message, details);
    this.code = code;
  }
}

/** What the SDK throws when S3 answers with an error. `Region` comes with AuthorizationHeaderMalformed. */
const answerSchema = z.object({
  name: z.string(),
  $metadata: z.object({ httpStatusCode: z.int().optional() }),
  Region: z.string().optional(),
  $response: z
    .object({ headers: z.record(z.string(), z.string()).default({}) })
    .optional()
    .catch(undefined),
});
const codedSchema = z.object({ code: z.string() });

/**
 * What an error of the SDK means, and what to do about it.
 *
 * @param what the request in words, such as `list spilo/db/wal`.
 */
export function s3Error(
  { bucket, bucketOwner, region, endpoint, needs }: S3Place,
  what: string,
  error: unknown,
): S3Error {
  const store = endpoint ?? `AWS, region ${region}`;
  const failure = (code: S3Code, problem: string, next: string): S3Error =>
    new S3Error(code, `bucket ${bucket} (${store}): ${problem} (${what})`, { next, cause: error });
  const forbidden = (standard: string): S3Error => {
    const advice = needs ?? standard;
    return failure(
      "s3-forbidden",
      "access is denied",
      bucketOwner === undefined ? advice : `check that account ${bucketOwner} owns the bucket; ${advice}`,
    );
  };
  const answer = answerSchema.safeParse(error).data;
  const name = answer?.name ?? (error instanceof Error ? error.name : "");
  const wrongRegion = (): S3Error => {
    const actual = answer?.Region ?? answer?.$response?.headers["x-amz-bucket-region"];
    if (actual === undefined)
      return failure("s3-region-wrong", `the region ${region} is not the bucket's`, "correct the region");
    return failure(
      "s3-region-wrong",
      `the bucket is in the region ${actual}, not ${region}`,
      `set the region to ${actual}`,
    );
  };

  switch (name) {
    case "NoSuchBucket":
      return failure(
        "s3-bucket-missing",
        "there is no such bucket",
        "check the bucket's name, and the endpoint if there is one",
      );
    case "NoSuchKey":
      return failure("s3-object-gone", "the object is gone", "list the bucket again");
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
    case "IllegalLocationConstraintException":
      return wrongRegion();
    case "AccessDenied":
    case "AllAccessDisabled":
      return forbidden(
        "the credentials need s3:ListBucket on the bucket and s3:GetObject below the prefix; docs/buckets.md has the policy",
      );
    case "InvalidAccessKeyId":
    case "SignatureDoesNotMatch":
    case "ExpiredToken":
    case "InvalidToken":
    case "TokenRefreshRequired":
    case "RequestTimeTooSkewed":
      return failure(
        "aws-credentials-rejected",
        `the credentials are not accepted: ${credentialProblem[name]}`,
        "correct the keys (or log in again), then check again",
      );
    case "CredentialsProviderError":
    case "ProviderError":
      return failure(
        "aws-credentials-missing",
        "there are no AWS credentials",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or log in with `aws sso login`",
      );
    case "InvalidObjectState":
      return failure(
        "s3-object-archived",
        "the object is in an archive class",
        "restore it from there first: aws s3api restore-object",
      );
    case "PreconditionFailed":
    case "ConditionalRequestConflict":
      return failure("s3-object-exists", "an object of that name exists; it was not changed", "run again");
  }
  const status = answer?.$metadata.httpStatusCode;
  // The answer to a HEAD has no body, and some stores never send one. Then only the status is left.
  if (status === 301) return wrongRegion();
  if (status === 403) return forbidden("give the credentials the policy in docs/buckets.md");
  if (status !== undefined)
    return failure("s3-failed", `S3 answered ${name} (HTTP ${status})`, "look in the logs of the store");
  const network = networkProblem(error);
  if (network !== undefined)
    return failure("s3-unreachable", `no answer: ${network}`, "check the network, proxy and endpoint from here to it");
  return failure(
    "s3-answer-unreadable",
    `the answer cannot be used: ${firstLine(messageOf(error))}`,
    "check whether the endpoint is an S3 store",
  );
}

/**
 * Runs a request of the SDK. Its error names the request and the bucket.
 *
 * @throws S3Error, or the signal's reason.
 */
export async function askS3<T>(
  place: S3Place,
  what: string,
  signal: AbortSignal | undefined,
  request: () => Promise<T>,
): Promise<T> {
  try {
    return await request();
  } catch (error) {
    signal?.throwIfAborted();
    throw s3Error(place, what, error);
  }
}

const credentialProblem = {
  InvalidAccessKeyId: "the access key ID is unknown",
  SignatureDoesNotMatch: "the secret access key is not that of the access key ID",
  ExpiredToken: "they have expired",
  InvalidToken: "the session token is not valid",
  TokenRefreshRequired: "they have expired",
  RequestTimeTooSkewed: "this machine's clock is wrong",
};

function networkProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { data } = codedSchema.safeParse(error.cause instanceof Error ? error.cause : error);
  if (data !== undefined) return messageOf(error) || data.code;
  return error.name === "TimeoutError" ? error.message : undefined;
}
