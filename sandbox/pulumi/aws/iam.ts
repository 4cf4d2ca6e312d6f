import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  ListPolicyVersionsCommand,
  TagPolicyCommand,
  UntagPolicyCommand,
} from "@aws-sdk/client-iam";
import { defined, object, optionalText, tagList, tagProperties, text, unlessMissing } from "./resource-type.ts";
import type { Clients, ResourceType } from "./resource-type.ts";

const missing = "NoSuchEntityException";

/** aws.iam.Policy. Not imitated: namePrefix, the delay after a create. */
export const policy: ResourceType = {
  inputs: ["name", "description", "path", "policy", "tags"],
  outputs: ["arn", "attachmentCount", "policyId", "tagsAll"],
  replaceOn: ["name", "description", "path"],
  autoName: "name",
  defaults: { path: "/" },

  async create(inputs, { iam }) {
    const { Policy } = await iam.send(
      new CreatePolicyCommand({
        PolicyName: text(inputs, "name"),
        PolicyDocument: text(inputs, "policy"),
        Path: optionalText(inputs, "path"),
        Description: optionalText(inputs, "description"),
        Tags: tagList(inputs),
      }),
    );
    return Policy?.Arn ?? "";
  },

  async read(id, { iam }) {
    const found = (await unlessMissing(iam.send(new GetPolicyCommand({ PolicyArn: id })), missing))?.Policy;
    if (found === undefined) return undefined;
    const { PolicyVersion } = await iam.send(
      new GetPolicyVersionCommand({ PolicyArn: id, VersionId: found.DefaultVersionId }),
    );
    const document = decodeURIComponent(PolicyVersion?.Document ?? "");
    const tags = tagProperties(found.Tags);
    const inputs = { name: found.PolicyName, path: found.Path, description: found.Description, policy: document, tags };
    return {
      inputs: defined(inputs),
      outputs: defined({
        arn: found.Arn,
        attachmentCount: found.AttachmentCount ?? 0,
        policyId: found.PolicyId,
        tagsAll: tags ?? {},
      }),
    };
  },

  async update(id, inputs, clients, olds) {
    const { iam } = clients;
    if (inputs["policy"] !== olds["policy"]) {
      // AWS keeps at most five versions.
      await deleteOtherVersions(id, clients);
      await iam.send(
        new CreatePolicyVersionCommand({ PolicyArn: id, PolicyDocument: text(inputs, "policy"), SetAsDefault: true }),
      );
    }
    const dropped = Object.keys(object(olds["tags"])).filter((key) => !(key in object(inputs["tags"])));
    if (dropped.length > 0) await iam.send(new UntagPolicyCommand({ PolicyArn: id, TagKeys: dropped }));
    if (tagList(inputs).length > 0) await iam.send(new TagPolicyCommand({ PolicyArn: id, Tags: tagList(inputs) }));
  },

  async delete(id, clients) {
    await unlessMissing(deleteOtherVersions(id, clients), missing);
    await unlessMissing(clients.iam.send(new DeletePolicyCommand({ PolicyArn: id })), missing);
  },
};

async function deleteOtherVersions(id: string, { iam }: Clients): Promise<void> {
  const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn: id }));
  for (const { VersionId, IsDefaultVersion } of Versions) {
    if (IsDefaultVersion !== true) await iam.send(new DeletePolicyVersionCommand({ PolicyArn: id, VersionId }));
  }
}
