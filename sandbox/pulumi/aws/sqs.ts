import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import type { Properties } from "../property-diff.ts";
import { defined, optionalText, text, unlessMissing } from "./resource-type.ts";
import type { Clients, ResourceType } from "./resource-type.ts";

const missing = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

/** aws.sqs.Queue, with its retention and encryption. Not imitated: namePrefix, FIFO, redrive policies, tags. */
export const queue: ResourceType = {
  inputs: ["name", "messageRetentionSeconds", "sqsManagedSseEnabled"],
  outputs: ["arn", "url"],
  replaceOn: ["name"],
  autoName: "name",
  defaults: { messageRetentionSeconds: 345_600 },

  async create(inputs, { sqs }) {
    const command = new CreateQueueCommand({ QueueName: text(inputs, "name"), Attributes: attributesFrom(inputs) });
    return (await sqs.send(command)).QueueUrl ?? "";
  },

  async read(id, clients) {
    const attributes = await attributesOf(id, clients);
    if (attributes === undefined) return undefined;
    const inputs = {
      name: id.split("/").at(-1),
      messageRetentionSeconds: Number(attributes["MessageRetentionPeriod"]),
      sqsManagedSseEnabled: attributes["SqsManagedSseEnabled"] === "true" ? true : undefined,
    };
    return { inputs: defined(inputs), outputs: { arn: attributes["QueueArn"] ?? "", url: id } };
  },

  async update(QueueUrl, inputs, { sqs }) {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributesFrom(inputs) }));
  },

  async delete(QueueUrl, { sqs }) {
    await unlessMissing(sqs.send(new DeleteQueueCommand({ QueueUrl })), ...missing);
  },
};

function attributesFrom(inputs: Properties): Record<string, string> {
  return {
    MessageRetentionPeriod: String(Number(inputs["messageRetentionSeconds"])),
    SqsManagedSseEnabled: String(inputs["sqsManagedSseEnabled"] === true),
  };
}

async function attributesOf(QueueUrl: string, { sqs }: Clients): Promise<Record<string, string> | undefined> {
  const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  const answer = await unlessMissing(sqs.send(asked), ...missing);
  return answer && (answer.Attributes ?? {});
}

/** aws.sqs.QueuePolicy. */
export const queuePolicy: ResourceType = {
  inputs: ["queueUrl", "policy"],
  outputs: [],
  replaceOn: ["queueUrl"],

  async create(inputs, clients) {
    await setPolicy(text(inputs, "queueUrl"), text(inputs, "policy"), clients);
    return text(inputs, "queueUrl");
  },

  async read(id, clients) {
    const policy = optionalText((await attributesOf(id, clients)) ?? {}, "Policy");
    return policy === undefined ? undefined : { inputs: { queueUrl: id, policy }, outputs: {} };
  },

  update: (id, inputs, clients) => setPolicy(id, text(inputs, "policy"), clients),
  delete: (id, clients) => unlessMissing(setPolicy(id, "", clients), ...missing),
};

async function setPolicy(QueueUrl: string, Policy: string, { sqs }: Clients): Promise<void> {
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
}
