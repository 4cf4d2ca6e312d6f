import type { ErrorCode } from "../../domain/catalogue/error-codes.ts";
import { messageOf, RecoveryError } from "../../domain/errors.ts";
import { noRegion } from "./no-region.ts";

/** Which code each kind of failure of one AWS service has. */
export interface ServiceCodes {
  /** The service, for people. */
  readonly name: string;
  /** What does not exist, by the name of AWS's error. */
  readonly missing: Readonly<Record<string, { readonly code: ErrorCode; readonly next: string }>>;
  readonly forbidden: { readonly code: ErrorCode; readonly next: string };
  /** Everything else. */
  readonly failed: ErrorCode;
}

const logIn = "log in to AWS: set AWS_PROFILE, or run `aws sso login`";
/** What the credentials are, by the name of AWS's error. Each service has names of its own for the same. */
const credentials: Readonly<Record<string, ErrorCode>> = {
  CredentialsProviderError: "aws-credentials-missing",
  ExpiredToken: "aws-credentials-rejected",
  ExpiredTokenException: "aws-credentials-rejected",
  InvalidClientTokenId: "aws-credentials-rejected",
  SignatureDoesNotMatch: "aws-credentials-rejected",
  UnrecognizedClientException: "aws-credentials-rejected",
};
const forbidden = /^(AccessDenied|AuthorizationError)(Exception)?$|^KMSAccessDenied/i;

/** Milliseconds for each of the SDK's three attempts. */
export const requestLimits = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/**
 * The answer of an AWS service. Its errors become errors of this program, with what to do. AWS's texts contain no secret.
 *
 * @param what what was asked, such as a topic's ARN.
 */
export async function answered<Answer>(
  what: string,
  codes: ServiceCodes,
  signal: AbortSignal,
  request: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await request();
  } catch (error) {
    signal.throwIfAborted();
    const missing = noRegion(error);
    if (missing !== undefined) throw missing;
    const name = error instanceof Error ? error.name : "";
    const { code, next } = meaningOf(name, codes);
    throw new RecoveryError(code, `${codes.name}: ${what}: ${name}: ${messageOf(error)}`, { next, cause: error });
  }
}

function meaningOf(name: string, codes: ServiceCodes): { code: ErrorCode; next?: string } {
  const known = codes.missing[name];
  if (known !== undefined) return known;
  const rejected = credentials[name];
  if (rejected !== undefined) return { code: rejected, next: logIn };
  return forbidden.test(name) ? codes.forbidden : { code: codes.failed };
}
