import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
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

/** The parts of AWS SNS that alarms need. */
export interface Sns {
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
  return {
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
      const { $metadata, MessageId = "" } = await answered(arn, codes, signal, () => client.send(command, options));
      return { messageId: MessageId, attempts: $metadata.attempts ?? 1 };
    },
  };
}
