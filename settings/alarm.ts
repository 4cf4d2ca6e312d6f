import { z } from "zod";
import { alarmChecks } from "../domain/alarm/names.ts";
import { kmsKeySchema } from "../domain/aws/kms-key.ts";
import { parseTopicArn, topicArnProblem } from "../domain/aws/topic-arn.ts";
import { durationSchema } from "../domain/duration-schema.ts";
import { awsRegion } from "../domain/restore/restore.ts";

const minute = 60;
const hour = 3600;
const day = 86_400;

/** An https address without the places where tokens are. */
const publicAddress = z
  .url({ protocol: /^https$/, error: "must be an https address" })
  .refine((text) => !/[?@#]/.test(text), {
    error: "must be without user, query and fragment: a token does not belong into a stack file",
  });

/** Who is told what the checks find, and when they no longer run. */
export const alarmSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,70}$/, "must be at most 70 letters, digits, - and _")
      .describe("Name of the SNS topic. The names of the queue and of the CloudWatch alarms begin with it."),
    region: awsRegion.describe("Region of the topic, the queue and the alarms, such as eu-west-2."),
    clusterName: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, "must be at most 200 characters of ASCII, without spaces")
      .describe("Name of the Kubernetes cluster, as `alarm send --cluster-name` says it. No two clusters share one."),
    kmsKey: kmsKeySchema
      .refine((key) => !/(^|:)alias\/aws\//.test(key), {
        error: "must be a key of your own: CloudWatch cannot publish to a topic that a key of AWS encrypts",
      })
      .describe("Customer-managed KMS key that encrypts the topic. Its policy must let CloudWatch use it."),
    checks: z
      .array(z.enum(alarmChecks))
      .min(1, "name at least one check")
      .default(["stanza list"])
      .describe("The checks that run on a schedule and report with `alarm send --metrics`."),
    every: durationSchema
      .refine((seconds) => seconds % minute === 0 && seconds <= 3 * day, {
        error: "must be whole minutes, at most 3d: CloudWatch looks back seven days",
      })
      .prefault("1h")
      .describe("How often the checks run. An alarm goes off when none has reported for twice as long."),
    proofMaxAge: durationSchema
      .refine((seconds) => seconds % hour === 0, { error: "must be whole hours" })
      .prefault("2d")
      .describe("How old the last delivery may be that `alarm test` has proven: whole hours, at most 7d."),
    emails: z
      .array(z.email("must be an e-mail address"))
      .default([])
      .describe("Who gets e-mails. Each has to confirm it once."),
    webhooks: z
      .array(publicAddress)
      .default([])
      .describe("https addresses that get the messages. Each has to confirm it once."),
    secondTopic: z
      .string()
      .refine((arn) => parseTopicArn(arn) !== undefined, { error: topicArnProblem })
      .optional()
      .describe("ARN of another topic that every alarm goes to as well, so that the loss of the first is told."),
  })
  .describe("Who is told what the checks find, and when they no longer run: an SNS topic and CloudWatch alarms.");
