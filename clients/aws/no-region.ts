import { messageOf, RecoveryError } from "../../domain/errors.ts";

/** The error for a person when the SDK finds no region; undefined for every other error. */
export function noRegion(error: unknown): RecoveryError | undefined {
  if (!/^region is missing/i.test(messageOf(error))) return undefined;
  return new RecoveryError("aws-region-missing", "no AWS region is set", {
    next: "set AWS_REGION, or the region of the AWS profile",
    cause: error,
  });
}
