/** The account in the ARN of a topic or a queue. */
function accountOf(arn: string): string {
  return arn.split(":")[4] ?? "";
}

/**
 * The policy of an alarm's topic: CloudWatch's alarms of the same account may publish, and nobody without TLS. The IAM
 * policies of the account decide about everybody else.
 */
export function topicPolicy(topicArn: string): object {
  return document([
    {
      Sid: "CloudWatchAlarms",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Resource: topicArn,
      Condition: { StringEquals: { "aws:SourceAccount": accountOf(topicArn) } },
    },
    onlyTls("sns:Publish", topicArn),
  ]);
}

/** The policy of the queue that proves deliveries: only the topic may send to it. */
export function queuePolicy(queueArn: string, topicArn: string): object {
  return document([
    {
      Sid: "Topic",
      Effect: "Allow",
      Principal: { Service: "sns.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: queueArn,
      Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
    },
    {
      Sid: "NobodyElse",
      Effect: "Deny",
      Principal: "*",
      Action: "sqs:SendMessage",
      Resource: queueArn,
      Condition: { ArnNotEquals: { "aws:SourceArn": topicArn } },
    },
    onlyTls("sqs:*", queueArn),
  ]);
}

function onlyTls(Action: string, Resource: string): object {
  const Condition = { Bool: { "aws:SecureTransport": "false" } };
  return { Sid: "OnlyTls", Effect: "Deny", Principal: "*", Action, Resource, Condition };
}

function document(Statement: readonly object[]): object {
  return { Version: "2012-10-17", Statement };
}
