import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { endpointSettings } from "./endpoint.ts";
import { answered, requestLimits, type ServiceCodes } from "./service-error.ts";

/** A message that was received, and that others do not see for a few seconds. */
export interface Received {
  readonly handle: string;
  readonly body: string;
  /** When SQS got it, by AWS's clock, in milliseconds since 1970. */
  readonly sentAt: number;
}

/** The parts of one SQS queue that a test of an alarm needs. */
export interface Sqs {
  /** The queue's ARN, which also shows that it exists. */
  arn(): Promise<string>;
  /** Up to ten messages, after at most this many seconds; empty when there are none. */
  receive(seconds: number): Promise<Received[]>;
  delete(handle: string): Promise<void>;
  /** Lets others see messages again at once. */
  release(handles: readonly string[]): Promise<void>;
}

/** Seconds in which others do not see a message that was received. If this program is killed, they see it after that. */
const hiddenSeconds = 5;
/** SQS takes no more in one request. */
const mostEntries = 10;
const longestWait = 20;

const missing = {
  code: "alarm-queue-missing",
  next: "check the queue's URL: its account, its region and its name",
} as const;
const codes: ServiceCodes = {
  name: "SQS",
  missing: { QueueDoesNotExist: missing, "AWS.SimpleQueueService.NonExistentQueue": missing, InvalidAddress: missing },
  forbidden: { code: "sqs-forbidden", next: "see the IAM policy in docs/alarm.md, and the queue's own policy" },
  failed: "sqs-failed",
};

/**
 * A client for one queue, with the credentials that the AWS CLI would use.
 *
 * @param endpoint address of SQS. Default: AWS's own.
 */
export function connectSqs(
  { region, url: QueueUrl }: { readonly url: string; readonly region: string },
  endpoint: string | undefined,
  signal: AbortSignal,
): Sqs {
  const client = new SQSClient({ region, ...endpointSettings(endpoint), requestHandler: requestLimits });
  const options = { abortSignal: signal };
  const ask = <Answer>(request: () => Promise<Answer>) => answered(QueueUrl, codes, signal, request);
  return {
    async arn() {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] });
      const { Attributes } = await ask(() => client.send(command, options));
      return Attributes?.QueueArn ?? "";
    },

    async receive(seconds) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        WaitTimeSeconds: Math.min(longestWait, seconds),
        VisibilityTimeout: hiddenSeconds,
        MaxNumberOfMessages: mostEntries,
        MessageSystemAttributeNames: ["SentTimestamp"],
      });
      const { Messages = [] } = await ask(() => client.send(command, options));
      return Messages.map(({ Attributes, Body = "", ReceiptHandle = "" }) => ({
        handle: ReceiptHandle,
        body: Body,
        sentAt: Number(Attributes?.SentTimestamp),
      }));
    },

    async delete(ReceiptHandle) {
      await ask(() => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }), options));
    },

    async release(handles) {
      for (let first = 0; first < handles.length; first += mostEntries) {
        const batch = handles.slice(first, first + mostEntries);
        const Entries = batch.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }));
        await ask(() => client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }), options));
      }
    },
  };
}
