import { z } from "zod";
import { durationSchema } from "../duration-schema.ts";
import { severities } from "../catalogue/finding-codes.ts";
import { findingSchema } from "../finding-schema.ts";
import { harborOperatorSchema, harborRequestSchema } from "./request.ts";
import { runbookPgHba } from "./pg-hba.ts";

/** What `postgres-recovery harbor pg-hba --request -` reads from stdin. */
export const pgHbaRequestSchema = harborRequestSchema.extend({
  pgHba: z
    .array(z.string())
    .default([...runbookPgHba])
    .describe("The whole list of pg_hba. Default: the runbook's nine lines."),
  image: z
    .string()
    .min(1)
    .optional()
    .describe("Image that the database must have; nothing is written to another one. Default: any."),
  externalUrl: z.string().min(1).optional().describe("externalURL that the HarborCluster must have. Default: any."),
  timeLimit: durationSchema
    .prefault("15m")
    .describe("How long to wait for the Harbor operator to make the database's resource."),
});
export type PgHbaRequest = z.infer<typeof pgHbaRequestSchema>;

/** What `postgres-recovery harbor pg-hba -o json` prints. Within one version, fields are only ever added. */
export const pgHbaReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  outcome: z.enum(["applied", "already-in-place"]),
  /** UID of the `postgresql` resource that has the list. */
  uid: z.string(),
  /** Generation of the HarborCluster of which the Harbor operator wrote the resource; any later one puts its own list back. */
  generation: z.string().nullable(),
  pgHba: z.array(z.string()),
  /** Lines that were on the resource and are not any more. */
  dropped: z.array(z.string()),
  finishedAt: z.iso.datetime(),
});
export type PgHbaReport = z.infer<typeof pgHbaReportSchema>;

/** How long each part of a roll may take. */
export const rollTimeLimits = z.strictObject({
  operator: durationSchema
    .prefault("5m")
    .describe("Until the Zalando operator has taken pg_hba up into the StatefulSet."),
  pod: durationSchema
    .prefault("10m")
    .describe("Until a Pod that was made anew is ready, a clone is recovered, and the database has a leader."),
});

/** What `postgres-recovery harbor roll --request -` reads from stdin. */
export const rollRequestSchema = harborRequestSchema.extend({ timeLimits: rollTimeLimits.prefault({}) });
export type RollRequest = z.infer<typeof rollRequestSchema>;

/** What `postgres-recovery harbor roll -o json` prints. */
export const rollReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  outcome: z.enum(["rolled", "already-current"]),
  /** Pods that this run had made anew, in this order. */
  pods: z.array(z.string()),
  leader: z.string(),
  finishedAt: z.iso.datetime(),
});
export type RollReport = z.infer<typeof rollReportSchema>;

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
});
export type StatusRequest = z.infer<typeof statusRequestSchema>;

/** What `postgres-recovery harbor status -o json` prints. Nothing of it is a secret's value. */
export const statusReportSchema = z.object({
  version: z.literal(1),
  context: z.string(),
  cluster: z.string(),
  verdict: z.enum(severities),
  /** Everything that was looked at, by what it is about. */
  sections: z.array(z.object({ title: z.string(), findings: z.array(findingSchema) })),
  pods: z.array(
    z.object({
      name: z.string(),
      role: z.enum(["leader", "replica", "none"]),
      ready: z.boolean(),
      current: z.boolean(),
    }),
  ),
  /** Names of the CLONE_ variables that a new Pod would get; none once a restore is finished. */
  clone: z.array(z.string()),
  checkedAt: z.iso.datetime(),
});
export type StatusReport = z.infer<typeof statusReportSchema>;
