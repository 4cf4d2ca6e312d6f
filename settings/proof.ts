import { z } from "zod";
import {
  amcheckSchema,
  expectationSchema,
  expectedQuerySchema,
  harborAnswerSchema,
  proofTimeLimits,
  registryProofSchema,
} from "../domain/restore/proof/request.ts";
import { writtenReason } from "../domain/written-reason.ts";

const query = z
  .strictObject({
    ...expectedQuerySchema.shape,
    equals: z
      .union([z.string(), z.number().transform(String)])
      .optional()
      .describe("The result as text: a row per line, `|` between its values."),
  })
  .superRefine((value, context) => {
    const { error } = expectedQuerySchema.safeParse(value);
    for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
  });

/** What the restored database must hold: `restore.expect`. */
export const expectSettings = z
  .strictObject({
    ...expectationSchema.shape,
    queries: z.array(query).default([]).describe("Queries with the result that they must have."),
    systemIdentifier: z
      .string()
      .regex(/^\d+$/, "must be decimal digits, in quotes")
      .optional()
      .describe("System identifier of the lost database, for backups that do not name it."),
  })
  .describe("What the restored database must hold. `pulumi up` fails if it does not.");

/** What a drill's clone must hold: `drill.expect`. */
export const drillExpectSettings = expectSettings
  .omit({ systemIdentifier: true })
  .describe("What the clone must hold. The drill fails if it does not.");

/** How a restore is proven: `restore.proof`. */
export const proofSettings = z
  .strictObject({
    skip: writtenReason
      .optional()
      .describe("Why the restored database is not verified at all. Default: it is verified."),
    amcheck: amcheckSchema,
    harbor: harborAnswerSchema.prefault({}).describe("How Harbor itself is asked."),
    registry: registryProofSchema
      .prefault({})
      .describe("How the registry in the bucket artifacts is compared with the restored database."),
    timeLimits: proofTimeLimits.prefault({}).describe("How long each part of the proof may take."),
  })
  .describe("How the restored database is verified, at the end of the `pulumi up` that restores it.");

/** When the database was lost: `restore.lostAt`. */
export const lostAtSetting = z.iso
  .datetime({ offset: true, error: "must be a moment with its offset from UTC, such as 2026-11-21T09:30:00+00:00" })
  .describe("When the database was lost. The proof then says how much was lost.");
