import type { Explanations } from "./explanation.ts";

/** Alarms. */
export const alarms = {
  "webhook-unusable": {
    title: "the webhook's URL cannot be used",
    means: "The file of --webhook-file cannot be read, or holds something else than one https URL. Nothing was sent.",
    todo: "Put the URL into the file, and nothing else. The message does not quote it, because it may hold a token.",
  },
  "alarm-report-unreadable": {
    title: "the report to send cannot be read",
    means:
      "It is not the JSON of `stanza list` or `harbor status`, nor the error that either prints with -o json. Nothing was sent.",
    todo: "Pipe the check's output with `-o json`. If it is empty, see the check's stderr.",
  },
  "webhook-refused": {
    title: "the webhook refused the message",
    means:
      "It answered with another HTTP status than 200 to 299. 408, 429 and 5xx were tried three times. A redirect is not followed.",
    matters: "Nobody was told what the check found.",
    todo: "Check whether the URL is still valid, and whether the receiver takes JSON of this form.",
    green: "The check itself ran, and its own output is complete.",
  },
  "webhook-silent": {
    title: "the webhook did not answer",
    means:
      "No connection, no valid certificate, or no answer within ten seconds, three times; the message has the code.",
    matters: "Nobody was told what the check found. A message may have arrived although its answer was lost.",
    todo: "Check the network, the proxy and the receiver. Copies of one message have the same `id`.",
    green: "The check itself ran, and its own output is complete.",
  },
  "alarm-without-sink": {
    title: "no sink is named",
    means: "`alarm send` was not told where to send the message. Nothing was sent.",
    todo: "Name an SNS topic with --topic, a file with a webhook's URL with --webhook-file, or several of them.",
  },
  "alarm-not-delivered": {
    title: "several sinks did not get the message",
    means: "Each sink was tried. The message names those that failed, and why.",
    matters: "Those who listen only there were not told what the check found.",
    todo: "See what each sink's failure means under its own code: `webhook-refused`, `webhook-silent`, `sns-forbidden` and so on. `--debug` shows the codes.",
    green: "The check itself ran. Sinks that are not named got the message.",
  },
  "sns-topic-missing": {
    title: "the SNS topic does not exist",
    means: "SNS knows no topic of this ARN in its account and region.",
    matters: "Nobody was told what the check found, and nobody will be told by alarms that name this topic.",
    todo: "Check the ARN. If the topic was deleted, create it again: its subscriptions are lost with it.",
    green: "The check itself ran. CloudWatch alarms keep their states, and show failed actions only in their history.",
  },
  "sns-forbidden": {
    title: "SNS refuses the request",
    means:
      "The IAM policy, the topic's own policy or the policy of the KMS key that encrypts it does not allow the request.",
    matters: "Nobody was told what the check found.",
    todo: "Allow what the IAM policy in docs/alarm.md lists. An encrypted topic also needs kms:GenerateDataKey and kms:Decrypt for its key.",
    green: "The check itself ran, and its own output is complete.",
  },
  "sns-failed": {
    title: "SNS did not take the message",
    means: "It did not answer within 30 seconds, three times, or answered with an error; the message has its name.",
    matters: "Nobody was told what the check found. A message may have arrived although its answer was lost.",
    todo: "Check the network and the proxy. For an error whose name begins with KMS, check the key that encrypts the topic.",
    green: "The check itself ran, and its own output is complete.",
  },
} satisfies Partial<Explanations>;
