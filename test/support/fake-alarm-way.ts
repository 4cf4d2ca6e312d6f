import type { Received } from "../../clients/aws/sqs.ts";
import type { CloudWatchValue } from "../../domain/alarm/cloudwatch.ts";
import { sentText, type TopicMessage } from "../../domain/alarm/topic-message.ts";
import type { AlarmWay } from "../../operations/alarm/test.ts";

/** An SNS topic with a queue that subscribes to it, in memory. Time passes only while somebody waits for a message. */
export class FakeAlarmWay implements AlarmWay {
  readonly topic = { arn: "arn:aws:sns:eu-west-2:123456789012:alerts", region: "eu-west-2", name: "alerts" };
  readonly queueUrl = "https://sqs.eu-west-2.amazonaws.com/123456789012/proof";
  readonly queueArn = "arn:aws:sqs:eu-west-2:123456789012:proof";
  /** Seconds since the start. */
  time = 0;
  /** How far AWS's clock is ahead. */
  skewSeconds = 0;
  /** The bodies in the queue, by their handles. */
  readonly queue = new Map<string, string>();
  /** Handles that others do not see. */
  readonly hidden = new Set<string>();
  readonly recorded: CloudWatchValue[] = [];
  readonly published: TopicMessage[] = [];
  subscriptions = [{ protocol: "sqs", endpoint: this.queueArn, arn: `${this.topic.arn}:1` as string | undefined }];
  settings = { isRaw: false, filterPolicy: undefined as string | undefined };
  /** What becomes of a message on its way into the queue; undefined: it is lost. */
  onTheWay: (text: string) => string | undefined = (text) => text;
  /** Calls that fail, by their name. */
  readonly failing = new Map<string, Error>();

  now(): Date {
    return new Date(1_764_000_000_000 + this.time * 1000);
  }

  #call<Result>(name: string, result: () => Result): Promise<Result> {
    const error = this.failing.get(name);
    return error === undefined ? Promise.resolve(result()) : Promise.reject(error);
  }

  readonly sns: AlarmWay["sns"] = {
    find: () => this.#call("find", () => undefined),
    subscriptions: () => this.#call("subscriptions", () => this.subscriptions),
    settings: () => this.#call("settings", () => this.settings),
    publish: (message) =>
      this.#call("publish", () => {
        this.published.push(message);
        const text = this.onTheWay(sentText(message));
        const body = this.settings.isRaw ? text : text && JSON.stringify({ Type: "Notification", Message: text });
        if (body !== undefined) this.queue.set(`handle ${this.queue.size}`, body);
        return { messageId: "m1", attempts: 1 };
      }),
  };

  readonly sqs: AlarmWay["sqs"] = {
    arn: () => this.#call("arn", () => this.queueArn),
    receive: (seconds) =>
      this.#call("receive", () => {
        this.time += Math.min(seconds, 1);
        const sentAt = this.now().getTime() + this.skewSeconds * 1000;
        const seen = [...this.queue].filter(([handle]) => !this.hidden.has(handle));
        for (const [handle] of seen) this.hidden.add(handle);
        return seen.map(([handle, body]): Received => ({ handle, body, sentAt }));
      }),
    delete: (handle) => this.#call("delete", () => void this.queue.delete(handle)),
    release: (handles) =>
      this.#call("release", () => {
        for (const handle of handles) this.hidden.delete(handle);
      }),
  };

  readonly record: AlarmWay["record"] = {
    namespace: "postgres-recovery",
    cloudWatch: { put: (_, values) => this.#call("put", () => void this.recorded.push(...values)) },
  };
}
