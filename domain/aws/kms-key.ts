import { z } from "zod";

/** A customer-managed KMS key, by its ARN, id or alias. */
export const kmsKeySchema = z
  .string()
  .regex(
    /^(arn:aws[-a-z]*:kms:[-a-z0-9]+:\d{12}:(key|alias)\/\S+|[0-9a-f-]{36}|mrk-[0-9a-f]{32}|alias\/\S+)$/,
    "must be a KMS key's ID, alias or ARN",
  );
