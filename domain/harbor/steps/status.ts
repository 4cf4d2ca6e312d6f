import { z } from "zod";
import { endpointUrlSchema } from "../../aws/endpoint-url.ts";
import { severities } from "../../catalogue/finding-codes.ts";
import { findingSchema } from "../../finding-schema.ts";
import { runbookPgHba } from "../pg-hba.ts";
import { harborOperatorSchema, harborRequestSchema } from "../request.ts";

/** What `postgres-recovery harbor status --request -` reads from stdin. */
export const statusRequestSchema = harborRequestSchema.extend({
  operator: harborOperatorSchema.prefault({}),
  pgHba: z
    .array(z.string())
    .default([...runbookPgHba])
    .describe("The whole list of pg_hba as it should be."),
  alsoSecrets: z.array(z.string().min(1)).default([]).describe("Further Secrets that should be there."),
  backups: z
    .boolean()
    .default(true)
    .describe("Whether the database's backups in S3 are looked at, with the AWS credentials of whoever runs this."),
  endpointUrl: endpointUrlSchema
    .optional()
    .describe(
      "Address at which this machine reaches AWS S3, such as that of a VPC endpoint. Default: AWS's public address; AWS_ENDPOINT_URL is not used.",
    ),
});

/** What `postgres-recovery harbor status -o json` prints. It contains no value of a secret. */
export const statusReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  verdict: z.enum(severities),
  /** All findings, by subject. */
  sections: z.array(z.object({ title: z.string(), findings: z.array(findingSchema) })),
  pods: z.array(
    z.object({
      name: z.string(),
      role: z.enum(["leader", "replica", "none"]),
      ready: z.boolean(),
      current: z.boolean(),
    }),
  ),
  /** Names of the CLONE_ variables that a new Pod would get. Empty once a restore is finished. */
  clone: z.array(z.string()),
  checkedAt: z.iso.datetime(),
});
