import { z } from "zod";
import { accountIdSchema } from "../aws/account.ts";
import { endpointUrlSchema } from "../aws/endpoint-url.ts";
import { kmsKeySchema } from "../aws/kms-key.ts";

/** What must be true of the bucket that takes dumps, and how to reach it. */
export const dumpBucketSchema = z.strictObject({
  owner: accountIdSchema
    .optional()
    .describe(
      "AWS account that the bucket must belong to. Default: the account of the credentials, where they name it; otherwise a dump into AWS is refused.",
    ),
  kmsKey: kmsKeySchema
    .optional()
    .describe("Customer-managed KMS key that encrypts the dumps. Default: the bucket's own encryption."),
  endpointUrl: endpointUrlSchema
    .optional()
    .describe(
      "https://HOST[:PORT] of an S3-compatible store or a VPC endpoint. Default: AWS; AWS_ENDPOINT_URL is not used.",
    ),
});
export type DumpBucket = z.infer<typeof dumpBucketSchema>;

/** How a bucket stands against access by everybody; undefined for what could not be seen. */
export interface PublicAccess {
  /** Whether all four blocks of public access are on. */
  readonly isBlocked: boolean | undefined;
  /** Whether its policy lets everybody in. */
  readonly isPublic: boolean | undefined;
}

/** What an S3 answer says about the encryption of the object that is written. */
export interface Encryption {
  /** `AES256`, `aws:kms` or `aws:kms:dsse`; undefined when the store does not say. */
  readonly algorithm: string | undefined;
}

/** A reason for not writing a dump, or something that a person should know. */
export interface BucketRemark {
  readonly kind: "refuse" | "note";
  readonly text: string;
}

/** Whether this is AWS itself, also behind a VPC endpoint, and not another S3-compatible store. */
export function isAws(endpointUrl: string | undefined): boolean {
  return endpointUrl === undefined || /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpointUrl).hostname);
}

/** What speaks against public access of the bucket. Only AWS has these settings. */
export function publicAccessRemark({ isBlocked, isPublic }: PublicAccess): BucketRemark | undefined {
  if (isBlocked === true) return undefined;
  if (isPublic === true)
    return { kind: "refuse", text: "its policy lets everybody in, and public access is not blocked" };
  if (isBlocked === false) return { kind: "note", text: "public access is not blocked by the bucket's own settings" };
  return { kind: "note", text: "it is not known whether public access is blocked: the credentials may not ask" };
}

/** What speaks against the encryption of a dump. */
export function encryptionRemark(
  { algorithm }: Encryption,
  { endpointUrl, kmsKey }: Pick<DumpBucket, "endpointUrl" | "kmsKey">,
): BucketRemark | undefined {
  if (kmsKey !== undefined && algorithm?.startsWith("aws:kms") !== true)
    return { kind: "refuse", text: "the store does not encrypt with the KMS key" };
  if (algorithm !== undefined) return undefined;
  const text = "the store does not confirm that it encrypts the dump";
  return { kind: isAws(endpointUrl) ? "refuse" : "note", text };
}
