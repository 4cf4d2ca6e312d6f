import { z } from "zod";
import { clusterIdentitySchema } from "./cluster-identity.ts";
import { endpointUrlSchema } from "../aws/endpoint-url.ts";
import { durationSchema } from "../duration-schema.ts";
import { vitalSecretNames } from "../harbor/names.ts";
import { harborRequestSchema } from "../harbor/request.ts";
import type { ObjectName } from "../kubernetes/object-name.ts";

/** Which secrets a request is about. */
const base = harborRequestSchema.extend({
  also: z
    .array(z.string().min(1))
    .default([])
    .describe(
      "Secrets of the namespace besides the credentials of postgres, standby and harbor and Harbor's encryption key.",
    ),
});

const region = z
  .string()
  .min(1)
  .optional()
  .describe("Region of AWS Secrets Manager. Default: AWS_REGION, else that of the AWS profile.");

const endpointUrl = endpointUrlSchema
  .optional()
  .describe(
    "Address of AWS Secrets Manager, such as that of a VPC endpoint. Default: AWS's public address; AWS_ENDPOINT_URL is not used.",
  );

/** What `postgres-recovery secrets fingerprint --request -` reads from stdin. */
export const secretsFingerprintRequestSchema = base.extend({
  wait: durationSchema.optional().describe("How long to wait until all secrets exist. Default: not at all."),
});

/** What `postgres-recovery secrets keep --request -` reads from stdin. */
export const keepRequestSchema = base.extend({ region, endpointUrl });

/** What `postgres-recovery secrets restore --request -` reads from stdin. */
export const secretsRestoreRequestSchema = base.extend({
  region,
  endpointUrl,
  uid: z
    .string()
    .min(1)
    .optional()
    .describe(
      "UID of the lost postgresql resource whose copies are restored, whichever Kubernetes cluster kept them. Default: the newest copies of this Kubernetes cluster.",
    ),
  wait: durationSchema
    .prefault("15m")
    .describe(
      "How long to wait until the Zalando operator has finished deleting the lost database. It waits ten minutes for the Pods (pod_deletion_wait_timeout).",
    ),
});

/** Names of all secrets of a request, without duplicates. */
export function secretNames(harbor: ObjectName, also: readonly string[]): string[] {
  return [...new Set([...vitalSecretNames(harbor), ...also])];
}

/** What `postgres-recovery secrets fingerprint -o json` prints. */
export const secretsFingerprintReportSchema = z.object({
  version: z.literal(1),
  /** Changes whenever the content of a secret, or the database they belong to, changes. */
  fingerprint: z.string(),
  /** UID of the Kubernetes cluster's kube-system namespace, which is part of the copies' names. */
  kubernetes: z.string(),
});

/** What `postgres-recovery secrets keep -o json` prints. */
export const keepReportSchema = z.object({
  version: z.literal(1),
  /** Absent in reports of older versions. */
  context: z.string().optional(),
  cluster: clusterIdentitySchema,
  secrets: z.array(
    z.object({
      name: z.string(),
      /** Its name in Secrets Manager. */
      copy: z.string(),
      outcome: z.enum(["first copy", "content changed", "cluster changed", "moved", "unchanged"]),
    }),
  ),
});
export type KeepReport = z.infer<typeof keepReportSchema>;

/** What `postgres-recovery secrets restore -o json` prints. */
export const secretsRestoreReportSchema = z.object({
  version: z.literal(1),
  /** Absent in reports of older versions. */
  context: z.string().optional(),
  /** The database that the copies come from. */
  cluster: clusterIdentitySchema,
  secrets: z.array(z.object({ name: z.string(), copy: z.string(), outcome: z.enum(["created", "unchanged"]) })),
});
export type SecretsRestoreReport = z.infer<typeof secretsRestoreReportSchema>;
