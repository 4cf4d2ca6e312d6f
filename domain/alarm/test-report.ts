import { z } from "zod";
import { errorKinds, type ErrorCode } from "../catalogue/error-codes.ts";

/** The parts of an alarm's way, in their order. */
export const hopNames = ["topic", "queue", "subscription", "publish", "arrival", "record", "deletion"] as const;
export type HopName = (typeof hopNames)[number];

const codes = Object.keys(errorKinds) as [ErrorCode, ...ErrorCode[]];

const hopSchema = z.object({
  hop: z.enum([...hopNames, "webhook"]).describe("A part of the way."),
  state: z
    .enum(["passed", "failed", "unproven", "not-reached"])
    .describe("`unproven`: a webhook accepted the message, which does not say that it arrived."),
  seconds: z.number().nullable().describe("How long it took; null when it was not reached."),
  detail: z.string(),
  code: z.enum(codes).nullable().describe("The error's code; null unless it failed."),
  next: z.string().nullable().describe("What to do; null unless it failed."),
});
export type Hop = z.infer<typeof hopSchema>;

/** What `alarm test -o json` prints. */
export const alarmTestReportSchema = z.object({
  version: z.literal(1),
  id: z.uuid().describe("The id of the test message."),
  topic: z.string().nullable().describe("The topic's ARN; null when only webhooks were named."),
  queue: z.string().nullable().describe("The queue's URL; null when only webhooks were named."),
  proven: z.boolean().describe("Whether the message arrived in the queue, unchanged."),
  clockSkewSeconds: z
    .number()
    .nullable()
    .describe("How far AWS's clock is ahead of this machine's; negative when it is behind; null when not known."),
  hops: z.array(hopSchema).describe("Each part of the way, in its order; then one for each webhook."),
});
export type AlarmTestReport = z.infer<typeof alarmTestReportSchema>;

/**
 * How far another clock is from ours, from one moment that both saw.
 *
 * @param theirs when it happened by the other clock, in milliseconds.
 * @param earliest when it can have happened at the earliest by ours, in milliseconds; `latest` likewise.
 * @returns whole seconds; 0 when the clocks may agree.
 * @example clockSkewSeconds(90_000, 1_000, 2_000) // → 88
 */
export function clockSkewSeconds(theirs: number, earliest: number, latest: number): number {
  const milliseconds = Math.max(0, theirs - latest) + Math.min(0, theirs - earliest);
  return Math.round(milliseconds / 1000);
}
