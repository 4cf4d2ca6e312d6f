import { z } from "zod";
import { severities } from "../catalogue/finding-codes.ts";
import { findingSchema } from "../finding-schema.ts";
import { findingsAt, gravest, type Finding } from "../finding.ts";
import { formatDuration, type Duration } from "../duration.ts";
import type { Gathered } from "../gathered.ts";

/** What `alarm status -o json` prints. */
export const alarmStatusReportSchema = z.object({
  version: z.literal(1),
  topic: z.string().describe("The topic's ARN."),
  provenAt: z.iso
    .datetime()
    .nullable()
    .describe("When the last delivery was proven, by CloudWatch's clock; null when none is known of the last 7 days."),
  ageSeconds: z.number().nullable().describe("How long ago that was; null when it is not known."),
  subscriptions: z
    .object({
      confirmed: z.int().describe("Receivers that get the topic's messages."),
      pending: z.int().describe("Receivers that have not confirmed, and get nothing."),
    })
    .nullable()
    .describe("Null when they could not be listed."),
  verdict: z.enum(severities).describe("The gravest severity of all findings."),
  findings: z.array(findingSchema),
});
export type AlarmStatusReport = z.infer<typeof alarmStatusReportSchema>;

/** What is known of an alarm's way. */
export interface AlarmState {
  readonly topic: string;
  /** When the last delivery was proven; undefined when none was in the days that CloudWatch was asked for. */
  readonly provenAt: Gathered<Date | undefined>;
  /** Those that are not confirmed have no ARN. */
  readonly subscriptions: Gathered<readonly { readonly arn: string | undefined }[]>;
}

/** Further in the future than clocks may differ. */
const wrongClockSeconds = 300;

/** The age of the last proven delivery, and the subscriptions, judged. */
export function alarmStatus(state: AlarmState, maxAge: Duration, now: Date): AlarmStatusReport {
  const { provenAt, subscriptions, topic } = state;
  const proven = "found" in provenAt ? provenAt.found : undefined;
  const ageSeconds = proven === undefined ? null : Math.round((now.getTime() - proven.getTime()) / 1000);
  const findings = [...deliveryFindings(state, ageSeconds, maxAge), ...subscriptionFindings(state)];
  return {
    version: 1,
    topic,
    provenAt: proven?.toISOString() ?? null,
    ageSeconds,
    subscriptions: "found" in subscriptions ? counted(subscriptions.found) : null,
    verdict: gravest(findings),
    findings,
  };
}

function deliveryFindings({ provenAt, topic }: AlarmState, age: number | null, maxAge: Duration): Finding[] {
  const at = findingsAt(topic);
  const test = "run `postgres-recovery alarm test` with this topic and its queue";
  if ("failed" in provenAt)
    return [at.unknown("alarm-delivery-unread", `CloudWatch did not say: ${provenAt.failed}`, "see the error")];
  if (age === null) return [at.refuse("alarm-delivery-old", "no delivery was proven in the last 7 days", test)];
  if (age < -wrongClockSeconds)
    return [
      at.unknown("alarm-delivery-unread", `the last proof is ${-age} s in the future`, "set this machine's clock"),
    ];
  const what = `the last delivery was proven ${Math.max(0, age)} s ago`;
  if (age <= maxAge) return [at.ok("alarm-delivery-proven", what)];
  return [at.refuse("alarm-delivery-old", `${what}, and may be at most ${formatDuration(maxAge)} old`, test)];
}

function subscriptionFindings({ subscriptions, topic }: AlarmState): Finding[] {
  const at = findingsAt(topic);
  if ("failed" in subscriptions)
    return [at.unknown("alarm-subscriptions-unread", `SNS did not say: ${subscriptions.failed}`, "see the error")];
  const { confirmed, pending } = counted(subscriptions.found);
  const confirm = "let each receiver follow the link in SNS's message";
  return [
    ...(confirmed === 0
      ? [at.refuse("alarm-without-subscriber", "nobody gets its messages", "subscribe somebody")]
      : []),
    ...(pending > 0
      ? [at.warn("alarm-receiver-pending", `${pending} have not confirmed, and get nothing`, confirm)]
      : []),
  ];
}

function counted(subscriptions: readonly { readonly arn: string | undefined }[]) {
  const confirmed = subscriptions.filter(({ arn }) => arn !== undefined).length;
  return { confirmed, pending: subscriptions.length - confirmed };
}
