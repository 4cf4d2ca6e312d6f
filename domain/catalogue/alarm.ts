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
      "It is not the JSON of `stanza list` or `harbor status`, nor the error that either prints with -o json, or it is of another check than --check names. Nothing was sent.",
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
    todo: "Name an SNS topic with --topic, a file with a webhook's URL with --webhook-file, CloudWatch with --metrics, or several of them.",
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
  "alarm-queue-missing": {
    title: "the queue that proves alarms does not exist",
    means: "SQS knows no queue of this URL.",
    matters: "Nobody knows whether alarms still arrive.",
    todo: "Check the URL of --queue. If the queue was deleted, create it again and subscribe it to the topic.",
    green: "Other subscribers may still get the topic's messages.",
  },
  "alarm-queue-not-subscribed": {
    title: "the queue does not subscribe to the topic",
    means: "The topic has no subscription of the queue. Nothing was sent.",
    matters: "Nobody knows whether alarms still arrive.",
    todo: "Subscribe the queue to the topic. If all subscriptions are gone, the topic was deleted and created again: subscribe people, too.",
    green: "The topic takes every message.",
  },
  "alarm-subscription-pending": {
    title: "the queue's subscription is not confirmed",
    means: "SNS sends nothing to a subscription before the receiver confirms it. Nothing was sent.",
    matters: "Nobody knows whether alarms still arrive.",
    todo: "Open the SubscribeURL of the message in the queue, or subscribe the queue from its own account.",
    green: "The topic takes every message.",
  },
  "alarm-not-arrived": {
    title: "the test message did not arrive",
    means:
      "SNS took the message, and it did not reach the queue in time. The queue's policy, a filter policy, the KMS key of the queue or another reader of the queue can be the cause.",
    matters: "A real alarm may be lost in the same way, without any error.",
    todo: "Check the queue's policy, the subscription's filter policy and its dead-letter queue, and CloudWatch's metric NumberOfNotificationsFailed of the topic.",
    green: "The topic exists, the queue subscribes to it, and publishing succeeds.",
  },
  "alarm-arrived-changed": {
    title: "the test message arrived with another content",
    means: "A message with the id of the test is in the queue, and its text is not the one that was sent.",
    matters: "Somebody else writes to the topic or to the queue.",
    todo: "Check the policies of both. Only the topic should be allowed to send to the queue.",
    green: "The topic, the queue and the subscription exist.",
  },
  "sqs-forbidden": {
    title: "SQS refuses the request",
    means: "The IAM policy or the queue's own policy does not allow it.",
    matters: "Nobody knows whether alarms still arrive.",
    todo: "Allow what the IAM policy in docs/alarm.md lists.",
    green: "Other subscribers may still get the topic's messages.",
  },
  "sqs-failed": {
    title: "SQS did not answer as expected",
    means: "It did not answer within 30 seconds, three times, or answered with an error; the message has its name.",
    matters: "Nobody knows whether alarms still arrive.",
    todo: "Check the network and the proxy, and try again.",
    green: "Other subscribers may still get the topic's messages.",
  },
  "cloudwatch-forbidden": {
    title: "CloudWatch refuses the request",
    means: "The IAM policy does not allow it.",
    matters: "Alarms on missing data go off, although the check runs.",
    todo: "Allow what the IAM policy in docs/alarm.md lists.",
    green: "The check itself ran, and its own output is complete.",
  },
  "cloudwatch-failed": {
    title: "CloudWatch did not answer as expected",
    means: "It did not answer within 30 seconds, three times, or answered with an error; the message has its name.",
    matters: "Alarms on missing data go off, although the check runs.",
    todo: "Check the network and the proxy, and try again.",
    green: "The check itself ran, and its own output is complete.",
  },
  "alarm-delivery-old": {
    title: "no delivery of the alarm was proven for too long",
    means: "The last test that arrived is older than --max-age, or there was none in seven days.",
    matters: "Nobody knows whether an alarm would still arrive.",
    todo: "Run `postgres-recovery alarm test`, on a schedule. If it fails, it names the part that does.",
    green: "The topic takes every message, also when it reaches nobody.",
  },
  "alarm-delivery-unread": {
    title: "it is not known when a delivery was last proven",
    means: "CloudWatch could not be asked, or its answer is in the future of this machine's clock.",
    matters: "Nobody knows whether an alarm would still arrive.",
    todo: "Allow cloudwatch:GetMetricData, and check the network and the clock.",
    green: "The topic takes every message, also when it reaches nobody.",
  },
  "alarm-without-subscriber": {
    title: "nobody gets the alarm's messages",
    means: "The topic has no confirmed subscription.",
    matters: "Every message is lost, without any error.",
    todo: "Subscribe somebody, and see that the subscription is confirmed.",
    green: "Publishing to the topic succeeds.",
  },
  "alarm-subscriptions-unread": {
    title: "the topic's subscriptions could not be listed",
    means: "SNS could not be asked.",
    matters: "Nobody knows who gets the alarm's messages.",
    todo: "Allow sns:ListSubscriptionsByTopic, and check the network.",
    green: "Publishing to the topic may succeed.",
  },
  "alarm-receiver-pending": {
    title: "a receiver of the alarm has not confirmed",
    means: "SNS sends nothing to a subscription before the receiver confirms it.",
    matters: "This person or system is not told.",
    todo: "Let the receiver follow the link in SNS's message, or remove the subscription.",
    green: "Other receivers get every message.",
  },
} satisfies Partial<Explanations>;
