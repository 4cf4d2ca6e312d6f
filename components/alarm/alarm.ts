import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { declaredAlarms, type DeclaredAlarm, type WatchedChecks } from "../../domain/alarm/declared-alarms.ts";
import { metricsNamespace } from "../../domain/alarm/names.ts";
import { queuePolicy, topicPolicy } from "../../domain/alarm/policies.ts";

export interface AlarmArgs extends Omit<WatchedChecks, "topic"> {
  /** Name of the topic; the queue and the alarms have names that begin with it. */
  readonly name: string;
  /** Region of everything, such as `eu-west-2`. */
  readonly region: string;
  /** ARN, id or alias of the customer-managed KMS key that encrypts the topic. Its policy must let CloudWatch use it. */
  readonly kmsKey: string;
  /** Who gets e-mails, once they have confirmed it. */
  readonly emails: readonly string[];
  /** https endpoints that get the messages, once they have confirmed it. */
  readonly webhooks: readonly string[];
  /** A topic that something else manages, and that every alarm goes to as well. Default: none. */
  readonly secondTopic?: string | undefined;
}

/** Seconds for which the queue keeps what nobody has fetched: an hour. */
const retention = 3600;

/**
 * What watches the checks from outside of the cluster: an SNS topic with its subscribers, an SQS queue in which `alarm test`
 * sees that messages arrive, and CloudWatch alarms that also go off when there is no data.
 */
export class Alarm extends pulumi.ComponentResource {
  readonly topicArn: pulumi.Output<string>;
  /** URL of the queue that proves deliveries. */
  readonly queueUrl: pulumi.Output<string>;

  constructor(name: string, args: AlarmArgs, options?: pulumi.ComponentResourceOptions) {
    super("postgres-recovery:alarm:Alarm", name, {}, options);
    const { region } = args;
    const child = { parent: this };
    const topic = new aws.sns.Topic(name, { name: args.name, region, kmsMasterKeyId: args.kmsKey }, child);
    new aws.sns.TopicPolicy(
      `${name}-topic`,
      { arn: topic.arn, region, policy: topic.arn.apply((arn) => JSON.stringify(topicPolicy(arn))) },
      child,
    );
    const queue = this.#proofQueue(name, args, topic.arn);
    for (const [protocol, endpoints] of [
      ["email", args.emails],
      ["https", args.webhooks],
    ] as const)
      for (const endpoint of endpoints)
        new aws.sns.TopicSubscription(`${name}-${endpoint}`, { topic: topic.arn, region, protocol, endpoint }, child);

    const actions = [topic.arn, ...(args.secondTopic === undefined ? [] : [args.secondTopic])];
    for (const alarm of declaredAlarms({ ...args, topic: args.name })) this.#metricAlarm(name, args, alarm, actions);
    this.topicArn = topic.arn;
    this.queueUrl = queue.url;
    this.registerOutputs({ topicArn: this.topicArn, queueUrl: this.queueUrl });
  }

  #proofQueue(name: string, args: AlarmArgs, topicArn: pulumi.Output<string>): aws.sqs.Queue {
    const { region } = args;
    const child = { parent: this };
    const queue = new aws.sqs.Queue(
      `${name}-proof`,
      { name: `${args.name}-proof`, region, messageRetentionSeconds: retention, sqsManagedSseEnabled: true },
      child,
    );
    const policy = pulumi.all([queue.arn, topicArn]).apply((arns) => JSON.stringify(queuePolicy(...arns)));
    const allowed = new aws.sqs.QueuePolicy(`${name}-proof-policy`, { queueUrl: queue.url, region, policy }, child);
    new aws.sns.TopicSubscription(
      `${name}-proof-subscription`,
      { topic: topicArn, region, protocol: "sqs", endpoint: queue.arn },
      { ...child, dependsOn: allowed },
    );
    return queue;
  }

  #metricAlarm(name: string, args: AlarmArgs, alarm: DeclaredAlarm, actions: pulumi.Input<string>[]): void {
    new aws.cloudwatch.MetricAlarm(
      `${name}-${alarm.suffix}`,
      {
        name: `${args.name}-${alarm.suffix}`,
        region: args.region,
        alarmDescription: alarm.description,
        namespace: metricsNamespace,
        metricName: alarm.metric,
        dimensions: { ...alarm.dimensions },
        statistic: alarm.statistic,
        comparisonOperator: alarm.comparison,
        threshold: alarm.threshold,
        period: alarm.period,
        evaluationPeriods: alarm.periods,
        treatMissingData: "breaching",
        alarmActions: actions,
        okActions: actions,
      },
      { parent: this },
    );
  }
}
