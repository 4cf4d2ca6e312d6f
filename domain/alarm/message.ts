import { z } from "zod";
import { severities } from "../catalogue/finding-codes.ts";
import { alarmChecks } from "./names.ts";

const alarmFindingSchema = z.object({
  severity: z.enum(severities),
  code: z.string().describe("A code of a finding or an error, or a status or flag of stanza list."),
  where: z.string(),
  what: z.string(),
  fix: z.string().describe("What to do about it. Empty when there is nothing to do, or no single step does it."),
});
export type AlarmFinding = z.infer<typeof alarmFindingSchema>;

/** The JSON that `alarm send` posts to a webhook and publishes to an SNS topic. Within one version, fields are only ever added. */
export const alarmMessageSchema = z.object({
  version: z.literal(1),
  id: z.uuid().describe("The same in every attempt to send this message, so that a receiver can drop a second copy."),
  check: z
    .enum(alarmChecks)
    .nullable()
    .describe("The check that made the report; null when it failed before it had one."),
  context: z
    .string()
    .nullable()
    .describe("Name of the kubeconfig's context, or what --cluster-name says; null when the check failed without it."),
  severity: z.enum(severities).describe("The gravest severity of all findings."),
  looked: z.int().describe("How many clusters were looked at."),
  findings: z.array(alarmFindingSchema).describe("Everything that is not okay, the gravest first."),
  leftOut: z.int().describe("How many of the least grave findings were left out, because SNS takes 256 KiB at most."),
  test: z.boolean().describe("Whether this only tests the alarm: nothing is wrong."),
  sentAt: z.iso.datetime().describe("When the first attempt to send it began (ISO 8601, UTC)."),
});
export type AlarmMessage = z.infer<typeof alarmMessageSchema>;

const deliverySchema = z.object({
  sink: z.enum(["webhook", "topic", "metrics"]).describe("What kind of receiver it is."),
  to: z
    .string()
    .describe("The file with the webhook's URL, the topic's ARN, or the namespace of CloudWatch's metrics."),
  attempts: z.int().describe("How many times it was sent until the sink accepted it."),
  answer: z
    .string()
    .describe("How the sink accepted it: the HTTP status of a webhook, the message's id in SNS, the number of values."),
});
export type Delivery = z.infer<typeof deliverySchema>;

/** What `alarm send -o json` prints. */
export const alarmSendReportSchema = z.object({
  version: z.literal(1),
  id: z.uuid().describe("The id of the message that was delivered."),
  severity: z.enum(severities).describe("The gravest severity of all findings."),
  findings: z.int().describe("How many findings the message has."),
  deliveries: z.array(deliverySchema).describe("One for each sink, in the order of the options."),
});
export type AlarmSendReport = z.infer<typeof alarmSendReportSchema>;
