import { z } from "zod";
import { severities } from "../catalogue/finding-codes.ts";

const alarmFindingSchema = z.object({
  severity: z.enum(severities),
  code: z.string().describe("A code of a finding or an error, or a status or flag of stanza list."),
  where: z.string(),
  what: z.string(),
  fix: z.string().describe("What to do about it. Empty when there is nothing to do, or no single step does it."),
});
export type AlarmFinding = z.infer<typeof alarmFindingSchema>;

/** The JSON that `alarm send` posts to a webhook. Within one version, fields are only ever added. */
export const alarmMessageSchema = z.object({
  version: z.literal(1),
  id: z.uuid().describe("The same in every attempt to send this message, so that a receiver can drop a second copy."),
  check: z
    .enum(["stanza list", "harbor status"])
    .nullable()
    .describe("The check that made the report; null when it failed before it had one."),
  context: z.string().nullable().describe("Name of the kubeconfig's context; null when the check failed."),
  severity: z.enum(severities).describe("The gravest severity of all findings."),
  looked: z.int().describe("How many clusters were looked at."),
  findings: z.array(alarmFindingSchema).describe("Everything that is not okay, the gravest first."),
  sentAt: z.iso.datetime().describe("When the first attempt to send it began (ISO 8601, UTC)."),
});
export type AlarmMessage = z.infer<typeof alarmMessageSchema>;

/** What `alarm send -o json` prints. */
export const alarmSendReportSchema = z.object({
  version: z.literal(1),
  id: z.uuid().describe("The id of the message that was delivered."),
  severity: z.enum(severities).describe("The gravest severity of all findings."),
  findings: z.int().describe("How many findings the message has."),
  attempts: z.int().describe("How many times it was posted until the webhook accepted it."),
  status: z.int().describe("The HTTP status that accepted it."),
});
export type AlarmSendReport = z.infer<typeof alarmSendReportSchema>;
