import type { Sns } from "../../clients/aws/sns.ts";
import { topicMessage } from "../../domain/alarm/topic-message.ts";
import type { Topic } from "../../domain/aws/topic-arn.ts";
import type { Sink } from "./sink.ts";

/** Publishes messages to an SNS topic. It fails with the codes of SNS and of AWS's credentials. */
export function topicSink({ publish }: Pick<Sns, "publish">, { arn }: Topic): Sink {
  return {
    name: "the topic",
    async deliver(message) {
      const { attempts, messageId } = await publish(topicMessage(message));
      return { sink: "topic", to: arn, attempts, answer: `message ${messageId}` };
    },
  };
}
