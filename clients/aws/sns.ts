import {
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  SNSClient,
  type Subscription as ListedSubscription,
} from "@aws-sdk/client-sns";
import type { TopicMessage } from "../../domain/alarm/topic-message.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import { endpointSettings } from "./endpoint.ts";
import { answered, requestLimits, type ServiceCodes } from "./service-error.ts";

/** What became of a message: SNS has it, and delivers it to the subscriptions. */
export interface Published {
  readonly messageId: string;
  /** How many times it was sent until SNS answered. */
  readonly attempts: number;
}

/** Who gets the messages of a topic. */
export interface Subscription {
  readonly protocol: string;
  readonly endpoint: string;
  /** Undefined until the receiver has confirmed it. */
  readonly arn: string | undefined;
}

/** What becomes of a message on its way to one receiver. */
export interface SubscriptionSettings {
  /** Whether the receiver gets the message without SNS's envelope. */
  readonly isRaw: boolean;
  /** Set when it gets only messages that match a policy. */
  readonly filterPolicy: string | undefined;
}

/** The parts of AWS SNS that alarms need. */
export interface Sns {
  /** Shows that the topic exists. */
  find(): Promise<void>;
  subscriptions(): Promise<Subscription[]>;
  /** @param subscription its ARN. */
  settings(subscription: string): Promise<SubscriptionSettings>;
  /** Publishes a message. When an answer is lost, the message is sent again, and may arrive twice. */
  publish(message: TopicMessage): Promise<Published>;
}

const checkPolicy = "see the IAM policy in docs/alarm.md; an encrypted topic also needs the use of its KMS key";
const codes: ServiceCodes = {
  name: "SNS",
  missing: {
    NotFoundException: { code: "sns-topic-missing", next: "check the ARN: its account, its region and its name" },
  },
  forbidden: { code: "sns-forbidden", next: checkPolicy },
  failed: "sns-failed",
};

/**
 * A client for one topic, in its own region, with the credentials that the AWS CLI would use.
 *
 * @param endpoint address of SNS. Default: AWS's own.
 */
export function connectSns({ arn, region }: Topic, endpoint: string | undefined, signal: AbortSignal): Sns {
  const client = new SNSClient({ region, ...endpointSettings(endpoint), requestHandler: requestLimits });
  const options = { abortSignal: signal };
  const ask = <Answer>(request: () => Promise<Answer>) => answered(arn, codes, signal, request);
  return {
    async find() {
      await ask(() => client.send(new GetTopicAttributesCommand({ TopicArn: arn }), options));
    },

    async subscriptions() {
      const found: ListedSubscription[] = [];
      let NextToken: string | undefined;
      do {
        const command = new ListSubscriptionsByTopicCommand({ TopicArn: arn, NextToken });
        const answer = await ask(() => client.send(command, options));
        found.push(...(answer.Subscriptions ?? []));
        NextToken = answer.NextToken === "" ? undefined : answer.NextToken;
      } while (NextToken !== undefined);
      return found.map(({ Endpoint = "", Protocol = "", SubscriptionArn = "" }) => ({
        protocol: Protocol,
        endpoint: Endpoint,
        arn: SubscriptionArn.startsWith("arn:") ? SubscriptionArn : undefined,
      }));
    },

    async settings(SubscriptionArn) {
      const command = new GetSubscriptionAttributesCommand({ SubscriptionArn });
      const { Attributes = {} } = await ask(() => client.send(command, options));
      return { isRaw: Attributes["RawMessageDelivery"] === "true", filterPolicy: Attributes["FilterPolicy"] };
    },

    async publish({ attributes, body, subject }) {
      const MessageAttributes = Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: "String", StringValue }]),
      );
      const command = new PublishCommand({
        TopicArn: arn,
        Subject: subject,
        Message: body,
        MessageStructure: "json",
        MessageAttributes,
      });
      const { $metadata, MessageId = "" } = await ask(() => client.send(command, options));
      return { messageId: MessageId, attempts: $metadata.attempts ?? 1 };
    },
  };
}
