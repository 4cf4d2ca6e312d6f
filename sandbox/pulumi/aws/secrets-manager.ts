import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  RemoveRegionsFromReplicationCommand,
  ReplicateSecretToRegionsCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import type { ReplicaRegionType } from "@aws-sdk/client-secrets-manager";
import type { Properties } from "../property-diff.ts";
import { defined, list, object, optionalText, tagList, tagProperties, text, unlessMissing } from "./resource-type.ts";
import type { Clients, ResourceType } from "./resource-type.ts";

const missing = "ResourceNotFoundException";

/** aws.secretsmanager.Secret: the secret without its versions. Not imitated: policy, namePrefix, rotation. */
export const secret: ResourceType = {
  inputs: [
    "name",
    "description",
    "kmsKeyId",
    "recoveryWindowInDays",
    "replicas",
    "forceOverwriteReplicaSecret",
    "tags",
  ],
  outputs: ["arn", "tagsAll"],
  replaceOn: ["name"],
  autoName: "name",
  defaults: { forceOverwriteReplicaSecret: false, recoveryWindowInDays: 30 },

  async create(inputs, { secretsManager }) {
    const { ARN = "" } = await secretsManager.send(
      new CreateSecretCommand({
        Name: text(inputs, "name"),
        Description: optionalText(inputs, "description"),
        KmsKeyId: optionalText(inputs, "kmsKeyId"),
        Tags: tagList(inputs),
        ...(replicas(inputs).length > 0 && { AddReplicaRegions: replicas(inputs) }),
        ForceOverwriteReplicaSecret: inputs["forceOverwriteReplicaSecret"] === true,
      }),
    );
    return ARN;
  },

  async read(id, { secretsManager }) {
    const found = await unlessMissing(secretsManager.send(new DescribeSecretCommand({ SecretId: id })), missing);
    // The provider treats a secret that is scheduled for deletion as gone, although its name is still taken.
    if (found === undefined || found.DeletedDate !== undefined) return undefined;
    const tags = tagProperties(found.Tags);
    const regions = (found.ReplicationStatus ?? []).map(({ Region, KmsKeyId }) =>
      defined({ region: Region, kmsKeyId: KmsKeyId }),
    );
    const inputs = {
      name: found.Name,
      description: found.Description,
      kmsKeyId: found.KmsKeyId,
      tags,
      replicas: regions.length > 0 ? regions : undefined,
    };
    return { inputs: defined(inputs), outputs: { arn: found.ARN ?? id, tagsAll: tags ?? {} } };
  },

  async update(id, inputs, clients, olds) {
    const { secretsManager } = clients;
    await secretsManager.send(
      new UpdateSecretCommand({
        SecretId: id,
        Description: text(inputs, "description"),
        KmsKeyId: optionalText(inputs, "kmsKeyId"),
      }),
    );
    const dropped = Object.keys(object(olds["tags"])).filter((key) => !(key in object(inputs["tags"])));
    if (dropped.length > 0) await secretsManager.send(new UntagResourceCommand({ SecretId: id, TagKeys: dropped }));
    if (tagList(inputs).length > 0)
      await secretsManager.send(new TagResourceCommand({ SecretId: id, Tags: tagList(inputs) }));
    await updateReplicas(id, inputs, clients, olds);
  },

  async delete(id, clients, state) {
    const { secretsManager } = clients;
    // AWS does not delete a secret that has replicas.
    await unlessMissing(updateReplicas(id, {}, clients, state), missing);
    const days = Number(state["recoveryWindowInDays"] ?? 30);
    const window = days === 0 ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: days };
    await unlessMissing(secretsManager.send(new DeleteSecretCommand({ SecretId: id, ...window })), missing);
  },
};

async function updateReplicas(
  id: string,
  inputs: Properties,
  { secretsManager }: Clients,
  olds: Properties,
): Promise<void> {
  const [before, after] = [replicas(olds), replicas(inputs)];
  const added = after.filter(({ Region }) => !before.some((old) => old.Region === Region));
  const removed = before.flatMap(({ Region }) =>
    Region !== undefined && !after.some((kept) => kept.Region === Region) ? [Region] : [],
  );
  if (removed.length > 0)
    await secretsManager.send(new RemoveRegionsFromReplicationCommand({ SecretId: id, RemoveReplicaRegions: removed }));
  if (added.length > 0)
    await secretsManager.send(new ReplicateSecretToRegionsCommand({ SecretId: id, AddReplicaRegions: added }));
}

function replicas(inputs: Properties): ReplicaRegionType[] {
  return list(inputs["replicas"]).map((replica) => ({
    Region: text(object(replica), "region"),
    KmsKeyId: optionalText(object(replica), "kmsKeyId"),
  }));
}
