import type { CloudWatch } from "../../clients/aws/cloudwatch.ts";
import type { Sns, SubscriptionSettings } from "../../clients/aws/sns.ts";
import type { Received, Sqs } from "../../clients/aws/sqs.ts";
import { arrivedMessage } from "../../domain/alarm/arrived.ts";
import { deliveryValue } from "../../domain/alarm/cloudwatch.ts";
import type { AlarmMessage } from "../../domain/alarm/message.ts";
import { clockSkewSeconds, hopNames, type AlarmTestReport, type Hop } from "../../domain/alarm/test-report.ts";
import { sentText, topicMessage } from "../../domain/alarm/topic-message.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import type { Surroundings } from "../surroundings.ts";
import { HopLog, realStopwatch, type Stopwatch } from "./hops.ts";
import type { Sink } from "./sink.ts";

/** The way of an alarm from a topic into a queue that subscribes to it. */
export interface AlarmWay {
  readonly topic: Topic;
  readonly sns: Sns;
  readonly queueUrl: string;
  readonly sqs: Sqs;
  /** Where a proven delivery is recorded; undefined: nowhere. */
  readonly record: { readonly cloudWatch: Pick<CloudWatch, "put">; readonly namespace: string } | undefined;
}

/** What to test. */
export interface AlarmTest {
  /** Marked as a test. */
  readonly message: AlarmMessage;
  /** Undefined when only webhooks are tested. */
  readonly way: AlarmWay | undefined;
  readonly webhooks: readonly Sink[];
  /** How long the message may take until it arrives. */
  readonly timeLimit: Duration;
}

type Arrival = Received & { readonly seconds: number; readonly skew: number };

/**
 * Sends a message that is marked as a test, waits until it arrives in the queue, and deletes it there. Other messages in the
 * queue stay. Every failure is a hop of the report.
 */
export async function testAlarm(
  { message, timeLimit, way, webhooks }: AlarmTest,
  surroundings: Surroundings,
  stopwatch: Stopwatch = realStopwatch,
): Promise<AlarmTestReport> {
  const log = new HopLog(stopwatch, surroundings.signal);
  const arrival = way && (await travel(way, message, timeLimit, surroundings, log, stopwatch));
  const reached = log.hops.map(({ hop }) => hop);
  const others = way === undefined ? [] : hopNames.filter((hop) => !reached.includes(hop) && hasHop(way, hop));
  const notReached = others.map((hop): Hop => ({ hop, state: "not-reached", seconds: null, ...nothing }));
  const webhookLog = new HopLog(stopwatch, surroundings.signal);
  for (const { deliver, name } of webhooks)
    await webhookLog.take(
      "webhook",
      () => deliver(message),
      ({ answer }) => `${name}: ${answer}: sent, arrival not proven`,
    );
  return {
    version: 1,
    id: message.id,
    topic: way?.topic.arn ?? null,
    queue: way?.queueUrl ?? null,
    proven: arrival !== undefined,
    clockSkewSeconds: arrival === undefined || Number.isNaN(arrival.skew) ? null : arrival.skew,
    hops: [...log.hops, ...notReached, ...webhookLog.hops],
  };
}

const nothing = { detail: "", code: null, next: null } as const;

function hasHop({ record }: AlarmWay, hop: Hop["hop"]): boolean {
  return hop !== "record" || record !== undefined;
}

/** The message's arrival; undefined when a hop before it failed. */
async function travel(
  way: AlarmWay,
  message: AlarmMessage,
  timeLimit: Duration,
  { now }: Surroundings,
  log: HopLog,
  stopwatch: Stopwatch,
): Promise<Arrival | undefined> {
  const { record, sns, sqs, topic } = way;
  const found = await log.take(
    "topic",
    () => sns.find(),
    () => topic.arn,
  );
  if (found === undefined) return undefined;
  const queue = await log.take(
    "queue",
    () => sqs.arn(),
    (arn) => arn,
  );
  if (queue === undefined) return undefined;
  const subscription = await log.take("subscription", () => subscriptionOf(way, queue.result), subscriptionText);
  if (subscription === undefined) return undefined;

  const sent = topicMessage(message);
  const [started, earliest] = [stopwatch(), now().getTime()];
  const published = await log.take(
    "publish",
    () => sns.publish(sent),
    ({ messageId }) => `message ${messageId}`,
  );
  if (published === undefined) return undefined;
  const { filterPolicy } = subscription.result;
  const arrived = await log.take(
    "arrival",
    async (): Promise<Arrival> => {
      const received = await receive(sqs, message.id, timeLimit, stopwatch, filterPolicy);
      if (arrivedMessage(received.body)?.text !== sentText(sent)) throw changed();
      const skew = clockSkewSeconds(received.sentAt, earliest, now().getTime());
      return { ...received, skew, seconds: stopwatch() - started };
    },
    ({ seconds }) => `unchanged, ${seconds.toFixed(3)} s after it was sent`,
  );
  if (arrived === undefined) return undefined;

  if (record !== undefined) {
    const value = deliveryValue(topic.name, arrived.result.seconds);
    await log.take(
      "record",
      () => record.cloudWatch.put(record.namespace, [value]),
      () => `${value.name} in CloudWatch's namespace ${record.namespace}`,
    );
  }
  await log.take(
    "deletion",
    () => sqs.delete(arrived.result.handle),
    () => "the test message is deleted from the queue",
  );
  return arrived.result;
}

async function subscriptionOf({ sns, topic }: AlarmWay, queueArn: string): Promise<SubscriptionSettings> {
  const all = await sns.subscriptions();
  const own = all.filter(({ endpoint, protocol }) => protocol === "sqs" && endpoint === queueArn);
  if (own.length === 0)
    throw new RecoveryError("alarm-queue-not-subscribed", `${queueArn} does not subscribe to the topic`, {
      next: `subscribe it: aws sns subscribe --region ${topic.region} --topic-arn ${topic.arn} --protocol sqs --notification-endpoint ${queueArn}`,
    });
  const arn = own.find((each) => each.arn !== undefined)?.arn;
  if (arn !== undefined) return sns.settings(arn);
  throw new RecoveryError("alarm-subscription-pending", `the subscription of ${queueArn} is not confirmed`, {
    next: "confirm it: the queue has a message with the address SubscribeURL",
  });
}

function subscriptionText({ filterPolicy, isRaw }: SubscriptionSettings): string {
  const form = isRaw ? "confirmed, raw delivery" : "confirmed, in SNS's envelope";
  return filterPolicy === undefined ? form : `${form}, only messages that match ${filterPolicy}`;
}

/** Our message. Every other one that was received is given back. */
async function receive(
  sqs: Sqs,
  id: string,
  timeLimit: Duration,
  stopwatch: Stopwatch,
  filterPolicy: string | undefined,
): Promise<Received> {
  const end = stopwatch() + timeLimit;
  const others = new Set<string>();
  try {
    for (let rest: number = timeLimit; rest > 0; rest = end - stopwatch()) {
      const received = await sqs.receive(Math.ceil(rest));
      const own = received.find(({ body }) => arrivedMessage(body)?.id === id);
      for (const { handle } of received) if (handle !== own?.handle) others.add(handle);
      if (own !== undefined) return own;
    }
  } finally {
    // Without this permission, others see the messages a few seconds later.
    await sqs.release([...others]).catch(() => undefined);
  }
  throw notArrived(timeLimit, filterPolicy);
}

function notArrived(seconds: Duration, filterPolicy: string | undefined): RecoveryError {
  return new RecoveryError("alarm-not-arrived", `the message did not arrive in the queue within ${seconds} s`, {
    next:
      filterPolicy === undefined
        ? "check that the queue's policy lets the topic send, and that nobody else receives from the queue"
        : "check whether the subscription's filter policy lets a message with the attribute test=true through",
  });
}

function changed(): RecoveryError {
  return new RecoveryError("alarm-arrived-changed", "a message with the right id arrived, with another content", {
    next: "check who can publish to the topic and send to the queue",
  });
}
