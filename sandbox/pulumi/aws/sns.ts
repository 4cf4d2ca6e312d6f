import {
  CreateTopicCommand,
  DeleteTopicCommand,
  GetSubscriptionAttributesCommand,
  GetTopicAttributesCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
  UnsubscribeCommand,
} from "@aws-sdk/client-sns";
import { defined, text, unlessMissing } from "./resource-type.ts";
import type { Clients, Live, ResourceType } from "./resource-type.ts";

const missing = "NotFoundException";

/** aws.sns.Topic, with its name and its key. Not imitated: namePrefix, FIFO, delivery policies, tags. */
export const topic: ResourceType = {
  inputs: ["name", "kmsMasterKeyId"],
  outputs: ["arn", "owner"],
  replaceOn: ["name"],
  autoName: "name",

  async create(inputs, clients) {
    const { TopicArn = "" } = await clients.sns.send(new CreateTopicCommand({ Name: text(inputs, "name") }));
    await setKey(TopicArn, text(inputs, "kmsMasterKeyId"), clients);
    return TopicArn;
  },

  async read(id, clients) {
    const attributes = await attributesOf(id, clients);
    if (attributes === undefined) return undefined;
    const key = attributes["KmsMasterKeyId"];
    return {
      inputs: defined({ name: id.split(":").at(-1), kmsMasterKeyId: key === "" ? undefined : key }),
      outputs: { arn: id, owner: attributes["Owner"] ?? "" },
    };
  },

  update: (id, inputs, clients) => setKey(id, text(inputs, "kmsMasterKeyId"), clients),

  async delete(id, { sns }) {
    await unlessMissing(sns.send(new DeleteTopicCommand({ TopicArn: id })), missing);
  },
};

async function setKey(TopicArn: string, AttributeValue: string, { sns }: Clients): Promise<void> {
  await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "KmsMasterKeyId", AttributeValue }));
}

async function attributesOf(TopicArn: string, { sns }: Clients): Promise<Record<string, string> | undefined> {
  const answer = await unlessMissing(sns.send(new GetTopicAttributesCommand({ TopicArn })), missing);
  return answer && (answer.Attributes ?? {});
}

/** aws.sns.TopicPolicy. Not imitated: putting AWS's own policy back on delete. */
export const topicPolicy: ResourceType = {
  inputs: ["arn", "policy"],
  outputs: ["owner"],
  replaceOn: ["arn"],

  async create(inputs, clients) {
    await setPolicy(text(inputs, "arn"), text(inputs, "policy"), clients);
    return text(inputs, "arn");
  },

  async read(id, clients) {
    const attributes = await attributesOf(id, clients);
    return attributes && { inputs: defined({ arn: id, policy: attributes["Policy"] }), outputs: {} };
  },

  update: (id, inputs, clients) => setPolicy(id, text(inputs, "policy"), clients),
  delete: () => Promise.resolve(),
};

async function setPolicy(TopicArn: string, AttributeValue: string, { sns }: Clients): Promise<void> {
  await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "Policy", AttributeValue }));
}

/** aws.sns.TopicSubscription. Not imitated: filter policies, raw delivery, confirmation. Every change replaces it. */
export const topicSubscription: ResourceType = {
  inputs: [
    "topic",
    "protocol",
    "endpoint",
    "confirmationTimeoutInMinutes",
    "endpointAutoConfirms",
    "rawMessageDelivery",
  ],
  outputs: ["arn", "pendingConfirmation"],
  replaceOn: ["topic", "protocol", "endpoint"],
  defaults: { confirmationTimeoutInMinutes: 1, endpointAutoConfirms: false, rawMessageDelivery: false },

  async create(inputs, { sns }) {
    const { SubscriptionArn = "" } = await sns.send(
      new SubscribeCommand({
        TopicArn: text(inputs, "topic"),
        Protocol: text(inputs, "protocol"),
        Endpoint: text(inputs, "endpoint"),
        ReturnSubscriptionArn: true,
      }),
    );
    return SubscriptionArn;
  },

  async read(SubscriptionArn, { sns }): Promise<Live | undefined> {
    const asked = new GetSubscriptionAttributesCommand({ SubscriptionArn });
    const answer = await unlessMissing(sns.send(asked), missing);
    if (answer === undefined) return undefined;
    const { Endpoint, PendingConfirmation, Protocol, TopicArn } = answer.Attributes ?? {};
    return {
      inputs: defined({ topic: TopicArn, protocol: Protocol, endpoint: Endpoint }),
      outputs: { arn: SubscriptionArn, pendingConfirmation: PendingConfirmation === "true" },
    };
  },

  update: () => Promise.resolve(),

  async delete(SubscriptionArn, { sns }) {
    await unlessMissing(sns.send(new UnsubscribeCommand({ SubscriptionArn })), missing);
  },
};
